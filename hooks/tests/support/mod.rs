//! What the tests of kernel hooks share: skipping with a reason, and network namespaces of their own.

use std::io::Write;

/// Set where everything is there that a test may need, so that a skip there is a failure.
const CI: &str = "RRGEN_CI";

/// Whether this process is root; if not, says that the test is skipped.
#[must_use]
pub(crate) fn is_root() -> bool {
    // SAFETY: takes nothing and cannot fail.
    let root = unsafe { libc::geteuid() } == 0;
    if !root {
        skip("it needs root");
    }
    root
}

/// Says why a test does not run here.
///
/// # Panics
///
/// On CI.
pub(crate) fn skip(reason: &str) {
    assert!(std::env::var_os(CI).is_none(), "{CI} is set, but a test cannot run: {reason}");
    let thread = std::thread::current();
    let message = format!("skipped {}: {reason}\n", thread.name().unwrap_or("a test"));
    // Not by a macro: the test harness would keep that to itself.
    std::io::stderr().write_all(message.as_bytes()).unwrap();
}
