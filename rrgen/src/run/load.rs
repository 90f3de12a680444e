//! Agreeing with the server on how many flows a test has and how it serves them.

use rrserver::extension::{LoadRequest, Reply};
use rrserver::load::REPORT_MAX;
use rrserver::{LoadReport, LoadTerms};

use super::RunFailure;
use super::extension::{ask, reply, report};
use super::negotiate::receive;
use crate::control::Control;

const STOCK: &str = "which serves one connection per test and chooses itself how it waits: run rrserver there, or leave \
                     out --flows, --threads and lists in -T; `--control-per-flow` opens a control connection for every \
                     flow, each with a netserver of its own";

/// Sets the terms of the next test.
///
/// # Errors
/// The server refuses them, or is a stock one.
pub(super) fn agree(control: &mut Control, terms: &LoadTerms) -> Result<(), RunFailure> {
    ask(control, &LoadRequest::Terms(terms.clone()).encode(), STOCK).map(drop)
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
