//! Well-formed requests that ask for what cannot be had: an errno in the response, one line, and the session goes on.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use compat::wire::{ERRNO_UNKNOWN_REQUEST, Family, OmniRequest, SocketType};
use rrserver::data::MAX_MESSAGE;
use rustix::io::Errno;

use crate::harness::{Client, counted, ipv6, unharmed};

/// Asks for these on one connection, and then for a test that can be had: each request must be refused with
/// `errno` and a line that says `why`.
fn assert_refused(requests: &[OmniRequest], errno: i32, why: &str) {
    let log = unharmed(|server| {
        let before = server.footprint();
        let mut client = Client::connect(server.address());
        for request in requests {
            assert_eq!(client.ask(request).errno, errno, "{request:?}");
        }
        assert_eq!(server.footprint().threads, before.threads);
        assert_eq!(client.run(&counted(5), 5).transactions, 5);
    });
    assert_eq!(log.len(), requests.len(), "{log:#?}");
    assert!(log.iter().all(|line| line.contains(why)), "{log:#?}");
}

#[test]
fn sizes_that_no_message_has() {
    for size in [0, -1, i32::MIN, MAX_MESSAGE as i32 + 1, i32::MAX] {
        let requests =
            [OmniRequest { request_size: size, ..counted(1) }, OmniRequest { response_size: size, ..counted(1) }];
        assert_refused(&requests, Errno::MSGSIZE.raw_os_error(), &format!("size {size} is out of range"));
    }
}

#[test]
fn the_largest_message_is_served() {
    let log = unharmed(|server| {
        let size = MAX_MESSAGE as i32;
        let request = OmniRequest { request_size: size, response_size: size, ..counted(1) };
        assert_eq!(Client::connect(server.address()).run(&request, 1).transactions, 1);
    });
    assert_eq!(log, [""; 0]);
}

#[test]
fn addresses_that_are_not_ours() {
    // Reserved for documentation (RFC 5737, RFC 3849): no host has them.
    assert_not_ours(Family::Inet, Ipv4Addr::new(192, 0, 2, 1).into());
    if ipv6() {
        assert_not_ours(Family::Inet6, Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 1).into());
    }
}

fn assert_not_ours(family: Family, address: IpAddr) {
    let request = OmniRequest { family, server_address: Some(address), ..counted(1) };
    // With a port of its own too: there is no other port to fall back to.
    let with_port = OmniRequest { data_port: u16::MAX, ..request.clone() };
    assert_refused(&[request, with_port], Errno::ADDRNOTAVAIL.raw_os_error(), &address.to_string());
}

#[test]
fn tests_that_are_not_offered() {
    const UDP: u32 = 17;
    /// netperf's direction of a stream from the client.
    const RECEIVE: u32 = 4;
    let datagrams = OmniRequest { socket_type: SocketType::Datagram, protocol: UDP, ..counted(1) };
    let requests = [
        OmniRequest { direction: RECEIVE, ..counted(1) },
        OmniRequest { connection_test: true, ..datagrams.clone() },
        OmniRequest { socket_type: SocketType::Stream, ..datagrams },
        OmniRequest { socket_type: SocketType::Other(u32::MAX), ..counted(1) },
    ];
    assert_refused(&requests, ERRNO_UNKNOWN_REQUEST, "other than TCP_RR");
}
