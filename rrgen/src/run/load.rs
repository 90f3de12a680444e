//! Agreeing with the server on how many flows a test has, how it serves them and waits; and its report.
//!
//! Whoever only wants the report, or a warm-up kept out of the server's CPU figures, does without from a stock server.

use rrserver::LoadReport;
use rrserver::extension::{LoadRequest, Reply};
use rrserver::load::REPORT_MAX;

use super::RunFailure;
use super::extension::{ask, offer, reply, report};
use super::negotiate::receive;
use crate::control::Control;
use crate::plan::RrTest;

const STOCK: &str = "which serves one connection per test and chooses itself how it waits: run rrserver there, or leave \
                     out --flows, --threads and lists in -T; `--control-per-flow` opens a control connection for every \
                     flow, each with a netserver of its own";

/// Sets the terms of the next test, if it needs any; whether the server keeps them and will report.
///
/// # Errors
/// The server refuses them, or is a stock one and the test cannot be had without.
pub(super) fn agree(control: &mut Control, test: &RrTest) -> Result<bool, RunFailure> {
    let cpu_after_warm_up = (test.warm_up.is_some() || test.ramp.is_some()) && test.cpu_rate.remote.is_some();
    let is_welcome = !test.load.control_per_flow && (test.report || cpu_after_warm_up);
    let terms = &test.load.remote;
    let request = LoadRequest::Terms(terms.clone()).encode();
    match test.load.is_agreed() {
        true if terms.flows > 1 => ask(control, &request, STOCK).map(|_| true),
        true => {
            let own = test.load.local.wait;
            ask(control, &request, &format!("which only blocks: run rrserver there, or write `--wait {own},block`"))
                .map(|_| true)
        }
        false if is_welcome => offer(control, &request).map(|reply| reply.is_some()),
        false => Ok(false),
    }
}

/// Tells a server that keeps terms that the warm-up is over.
pub(super) fn begin_measuring(control: &mut Control) {
    // A server that is gone is noticed when its results are missing.
    let _ = control.send(&LoadRequest::Measure.encode());
}

/// Waits until the server has all flows of the test.
///
/// # Errors
/// It gave the test up, which its log has a reason for, or does not answer.
pub(super) fn all_here(control: &mut Control) -> Result<(), RunFailure> {
    match reply(&receive(control)?) {
        Ok(Reply::Done(_)) => Ok(()),
        Err(refused @ RunFailure::Netperf { .. }) => Err(refused),
        _ => Err(RunFailure::Setup("the server gave the test up before all flows were there; its log says why".into())),
    }
}

/// What the server did in the test that has just ended.
///
/// # Errors
/// It has no report, or does not answer.
pub(super) fn fetch(control: &mut Control) -> Result<LoadReport, RunFailure> {
    let json = report(control, |offset| LoadRequest::Report { offset }.encode(), REPORT_MAX, STOCK)?;
    LoadReport::from_json(json.as_bytes()).map_err(|e| RunFailure::Setup(e.to_string()))
}
