//! Where it says it listens, and that it does so there and nowhere else.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, TcpStream};

use crate::harness::{Process, Program, free_port, ipv6};

const LOOPBACKS: [IpAddr; 2] = [IpAddr::V4(Ipv4Addr::LOCALHOST), IpAddr::V6(Ipv6Addr::LOCALHOST)];

/// Which of the two loopback addresses a server answers on.
fn open(server: &Process) -> [bool; 2] {
    LOOPBACKS.map(|address| TcpStream::connect((address, server.announced().port())).is_ok())
}

fn assert_listens(options: &[&str], announced: &str, expected: [bool; 2]) {
    let port = free_port().to_string();
    let server = Process::start(&[options, &["-p", &port]].concat());
    assert_eq!(server.announcement(), format!("rrserver: listening on {}\n", announced.replace("PORT", &port)));
    assert_eq!(open(&server), expected, "{options:?}");
}

#[test]
fn both_families_unless_one_is_asked_for() {
    if !ipv6() {
        return;
    }
    assert_listens(&[], "[::]:PORT (IPv4 and IPv6)", [true, true]);
    assert_listens(&["-6"], "[::]:PORT (IPv6)", [false, true]);
    assert_listens(&["-L", "::1"], "[::1]:PORT (IPv6)", [false, true]);
    assert_listens(&["-L", ",6"], "[::]:PORT (IPv6)", [false, true]);
}

#[test]
fn ipv4_alone() {
    assert_listens(&["-4"], "0.0.0.0:PORT (IPv4)", [true, false]);
    assert_listens(&["-L", "127.0.0.1"], "127.0.0.1:PORT (IPv4)", [true, false]);
    assert_listens(&["-L", "localhost,4"], "127.0.0.1:PORT (IPv4)", [true, false]);
}

fn assert_cannot_listen(options: &[&str], complaint: &str, hint: &str) {
    let mut program = Program::run(options);
    assert_eq!(program.exit_code(), Some(1), "{options:?}");
    assert_eq!(program.stdout(), "");
    let stderr = program.stderr();
    assert!(stderr.contains(complaint) && stderr.contains(hint), "{stderr}");
}

#[test]
fn a_port_in_use_is_an_error_that_says_what_to_do() {
    for family in ["-4", "-6"].into_iter().filter(|&family| family == "-4" || ipv6()) {
        let first = Process::start(&[family]);
        let port = first.announced().port().to_string();
        let complaint = format!("cannot listen on {}", first.announced());
        assert_cannot_listen(&[family, "-p", &port], &complaint, "-p");
        assert_eq!(first.stop(), [""; 0]);
    }
}

#[test]
fn half_of_a_port_is_not_taken_for_the_whole() {
    if !ipv6() {
        return;
    }
    // With IPv4 in use, a server for both families must not serve IPv6 alone.
    let first = Process::start(&["-4"]);
    assert_cannot_listen(&["-p", &first.announced().port().to_string()], "cannot listen on", "-p");
}

#[test]
fn an_address_of_another_host_is_an_error_that_says_what_to_do() {
    // Reserved for documentation (RFC 5737): no host has it.
    assert_cannot_listen(&["-p", "0", "-L", "192.0.2.1"], "cannot listen on 192.0.2.1:0", "ip address");
}
