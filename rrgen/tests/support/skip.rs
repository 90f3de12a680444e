//! Tests that a machine cannot run say why and pass; where everything should be there, they fail.

use std::io::{self, Write};
use std::net::TcpListener;
use std::{env, thread};

/// Set where all that the tests need is installed, as `.ci/run` does.
const COMPLETE: &str = "RRGEN_CI";

/// Notes that a test is not run because of `reason`; a failure where nothing should be missing.
pub(crate) fn skip(reason: &str) {
    assert!(env::var_os(COMPLETE).is_none(), "{COMPLETE} is set, and a test would be skipped: {reason}");
    let thread = thread::current();
    let message = format!("skipped {}: {reason}\n", thread.name().unwrap_or("a test"));
    // Not by a macro: the test harness would keep that to itself.
    let _ = io::stderr().write_all(message.as_bytes());
}

/// Whether this machine has an IPv6 loopback address; skips if not.
pub(crate) fn has_ipv6() -> bool {
    let there = TcpListener::bind("[::1]:0").is_ok();
    if !there {
        skip("no IPv6 loopback address");
    }
    there
}
