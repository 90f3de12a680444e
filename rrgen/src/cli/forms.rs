//! The forms of output that netperf does not have.

use std::path::PathBuf;

use compat::text::failure::Report;

use super::own::{Own, OwnId, last};
use super::refused;
use crate::plan::Style;

/// `style` with the forms that were asked for; `interim` results will be there.
///
/// # Errors
/// The options contradict each other.
pub(super) fn add(style: Style, own: &Own, interim: bool) -> Result<Style, Report> {
    let given = |wanted| own.iter().any(|(id, _)| *id == wanted);
    let (json, interim_latency) = (given(OwnId::Json), given(OwnId::InterimLatency));
    if json && style.output.is_some() {
        return Err(refused("--json is an output of its own: leave out -- -o, -k or -O, or leave out --json"));
    }
    if interim_latency && !interim {
        return Err(refused("--interim-latency belongs to interim results: ask for them, as in -D 1"));
    }
    let hdr_log = last(own, OwnId::HdrLog).map(PathBuf::from);
    Ok(Style { json, interim_latency, hdr_log, ..style })
}
