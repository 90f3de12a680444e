//! The forms of output that netperf does not have.

use std::path::PathBuf;

use compat::args::IntervalArg;
use compat::text::failure::Report;

use super::own::{Own, OwnId, last};
use super::refused;
use crate::plan::Style;

/// The shortest interval with a histogram of its own, s: long enough for the control plane to look at it meanwhile, or
/// the data thread would wait for it.
const SHORTEST_S: f64 = 0.001;

/// `style` with the forms that were asked for, of a run with such interim results.
///
/// # Errors
/// The options contradict each other.
pub(super) fn add(style: Style, own: &Own, interim: Option<IntervalArg>) -> Result<Style, Report> {
    let given = |wanted| own.iter().any(|(id, _)| *id == wanted);
    let (json, interim_latency) = (given(OwnId::Json), given(OwnId::InterimLatency));
    if json && style.output.is_some() {
        return Err(refused("--json is an output of its own: leave out -- -o, -k or -O, or leave out --json"));
    }
    if interim_latency && interim.is_none() {
        return Err(refused("--interim-latency belongs to interim results: ask for them, as in -D 1"));
    }
    let hdr_log = last(own, OwnId::HdrLog).map(PathBuf::from);
    let kept = json || interim_latency || hdr_log.is_some();
    if kept && interim.is_some_and(|interval| interval.seconds < SHORTEST_S) {
        return Err(refused(
            "-D: with --json, --interim-latency or --hdr-log every interval has a histogram of its own; make it 0.001 s or longer",
        ));
    }
    Ok(Style { json, interim_latency, hdr_log, ..style })
}
