//! flent, if installed.

use std::process::Command;

use super::common::is_installed;

/// flent without arguments; `None`, after a skip, if it is not installed.
pub(crate) fn flent() -> Option<Command> {
    is_installed("flent").then(|| Command::new("flent"))
}
