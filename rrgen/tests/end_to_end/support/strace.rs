//! strace, which counts the system calls of a program.

use std::process::{Command, Stdio};

use super::common::{is_installed, skip};

/// strace, if installed and allowed to trace.
pub(crate) fn strace() -> Option<Command> {
    if !is_installed("strace") {
        return None;
    }
    let mut attempt = Command::new("strace");
    attempt.args(["-o", "/dev/null", "true"]).stdout(Stdio::null()).stderr(Stdio::null());
    let allowed = attempt.status().is_ok_and(|status| status.success());
    if !allowed {
        skip("strace may not trace here");
    }
    allowed.then(|| Command::new("strace"))
}
