//! What an rrserver does for a test beyond netperf's request: it waits as it is told, leaves a warm-up out of its CPU
//! figures, and reports what the test took at its end.

use rrserver::data::{CpuList, Wait};
use rrserver::extension::LoadRequest;
use rrserver::load::{LoadReport, REPORT_MAX};
use rrserver::{EndReport, LoadTerms};

use super::extension::{ask, fetch};
use super::{RunFailure, WarmedUp};
use crate::control::Control;
use crate::plan::RrTest;

/// Sets the terms of the next test, if it needs any; whether the server keeps them.
///
/// # Errors
/// The server refuses them, or is a stock one and they cannot be done without.
pub(super) fn agree(control: &mut Control, test: &RrTest) -> Result<bool, RunFailure> {
    let wait = test.wait.remote;
    let cpu_after_warm_up = test.warm_up.is_some() && test.cpu_rate.remote.is_some();
    if wait == Wait::Block && !test.report && !cpu_after_warm_up {
        return Ok(false);
    }
    let terms = LoadTerms::new(1, None, CpuList::default(), wait).map_err(|e| RunFailure::Setup(e.to_string()))?;
    match ask(control, &LoadRequest::Terms(terms).encode())? {
        Some(_) => Ok(true),
        None if wait == Wait::Block => Ok(false),
        None => Err(RunFailure::Setup(format!(
            "--wait: the peer is a stock netserver, which only blocks: run rrserver there, or write `--wait {},block`",
            test.wait.local
        ))),
    }
}

/// Tells a server that keeps terms that the warm-up is over.
pub(super) fn begin_measuring(control: &mut Control) {
    // A server that is gone is noticed when its results are missing.
    let _ = control.send(&LoadRequest::Measure.encode());
}

/// The server's report of the test that has just ended, without what the warm-up did.
///
/// # Errors
/// The server is gone, or the report is none.
pub(super) fn report(control: &mut Control, warmed_up: Option<WarmedUp>) -> Result<EndReport, RunFailure> {
    let json = fetch(control, |offset| LoadRequest::Report { offset }.encode(), REPORT_MAX)?;
    let report = LoadReport::from_json(json.as_bytes()).map_err(|e| RunFailure::Setup(e.to_string()))?.end;
    Ok(match warmed_up {
        None => report,
        Some(WarmedUp { transactions, traffic }) => EndReport {
            transactions: report.transactions.saturating_sub(transactions),
            bytes_received: report.bytes_received.saturating_sub(traffic.bytes_sent),
            bytes_sent: report.bytes_sent.saturating_sub(traffic.bytes_received),
            ..report
        },
    })
}
