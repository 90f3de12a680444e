//! Ports that nobody else listens on, on any address.
//!
//! A port that the kernel chose is free on one address only: a test that looks whether a server can be reached
//! elsewhere would find the server of another test there.

use std::io::ErrorKind;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, TcpListener};
use std::ops::Range;
use std::sync::LazyLock;
use std::sync::atomic::{AtomicU16, Ordering};

/// Below the ports that Linux gives away unasked (ip_local_port_range).
const NEVER_CHOSEN: Range<u16> = 10_000..30_000;

/// Where to look next; no two tests of one run get the same port.
static NEXT: LazyLock<AtomicU16> = LazyLock::new(|| AtomicU16::new(fastrand::u16(..)));

/// A port that is free on every address, and that no other test will be given.
pub(crate) fn free_port() -> u16 {
    let span = NEVER_CHOSEN.end - NEVER_CHOSEN.start;
    let mut candidates = (0..span).map(|_| NEVER_CHOSEN.start + NEXT.fetch_add(1, Ordering::Relaxed) % span);
    candidates.find(|&port| is_free(port)).expect("a free port")
}

fn is_free(port: u16) -> bool {
    let wildcards: [IpAddr; 2] = [Ipv6Addr::UNSPECIFIED.into(), Ipv4Addr::UNSPECIFIED.into()];
    // Where a family is missing nobody listens on it either.
    let taken = |address| TcpListener::bind((address, port)).is_err_and(|e| e.kind() == ErrorKind::AddrInUse);
    !wildcards.into_iter().any(taken)
}
