//! HdrHistogram's own Python package, if installed.

use std::process::Command;

use super::common::is_installed;

/// A Python that can import `hdrh`; `None`, after a skip, if it is not installed.
pub(crate) fn hdrhistogram() -> Option<Command> {
    is_installed("python-hdrhistogram").then(|| Command::new("python-hdrhistogram"))
}
