//! Whether this host can run the IPv6 tests.

use std::env;
use std::net::{Ipv6Addr, TcpListener};

/// Set in CI, where a test that skips is a failure.
const CI: &str = "RRGEN_CI";

/// Whether the loopback device has an IPv6 address; says so if not.
///
/// # Panics
/// It has none, in CI.
pub(crate) fn ipv6() -> bool {
    let Err(e) = TcpListener::bind((Ipv6Addr::LOCALHOST, 0)) else { return true };
    assert!(env::var_os(CI).is_none(), "CI needs IPv6 on loopback: {e}");
    eprintln!("skipped: no IPv6 on loopback: {e}");
    false
}
