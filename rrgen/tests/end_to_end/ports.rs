//! Data ports: what a firewall lets through, and the same one at both ends of one host.

use std::net::TcpListener;

use crate::support::{Pairing, Server, free_port, rows, rrgen, run};

#[test]
fn the_same_port_at_both_ends_of_one_host_is_no_connection_to_ourselves() {
    for pairing in [Pairing::RRGEN_NETSERVER, Pairing::RRGEN_RRSERVER, Pairing::NETPERF_RRSERVER] {
        let Some((mut command, server)) = pairing.start("127.0.0.1", &[]) else { continue };
        let port = free_port().to_string();
        command.args(["-H", "127.0.0.1", "-p", &server.port(), "-t", "TCP_RR", "-l", "-200", "--"]);
        let finished = run(command.args(["-P", &port, "-k", "REMOTE_RECV_CALLS"]));
        assert_eq!(finished.code(), 0, "{finished}");
        // netperf connects to itself, and its server receives nothing.
        assert_eq!(finished.stdout.lines().last(), Some("REMOTE_RECV_CALLS=200"), "{finished}");
    }
}

#[test]
fn an_operator_decides_on_which_port_data_comes() {
    let port = free_port().to_string();
    let server = Server::rrserver(&["--data-port", &port]);
    for test in ["TCP_RR", "TCP_CRR", "UDP_RR"] {
        let options = ["-H", "127.0.0.1", "-p", &server.port(), "-t", test, "-l", "-100", "--", "-P", ",1"];
        let finished = run(rrgen().args(options));
        assert_eq!((finished.code(), rows(&finished.stdout).len()), (0, 2), "{test}: {finished}");
    }
    // While somebody else has it, no test is to be had: none slips to another port.
    let _taken = TcpListener::bind(("127.0.0.1", port.parse::<u16>().expect("a port"))).expect("free again");
    let finished = run(rrgen().args(["-H", "127.0.0.1", "-p", &server.port(), "-l", "-100"]));
    assert_eq!(finished.code(), 255, "{finished}");
    assert!(finished.stderr.starts_with("Address already in use\n"), "{finished}");
}

#[test]
fn data_goes_over_the_control_port_where_the_server_can() {
    for options in [&[][..], &["-Z", "secret"]] {
        let server = Server::rrserver(options);
        let words = ["-H", "127.0.0.1", "-p", &server.port(), "-l", "-200", "--single-port"];
        let finished = run(rrgen().args(words).args(options).args(["-i", "3,3", "--", "-k", "REMOTE_RECV_CALLS"]));
        assert_eq!((finished.code(), finished.stderr.as_str()), (0, ""), "{finished}");
        assert_eq!(finished.stdout.lines().last(), Some("REMOTE_RECV_CALLS=200"), "{finished}");
    }
    let Some((mut command, stock)) = Pairing::RRGEN_NETSERVER.start("127.0.0.1", &[]) else { return };
    let finished = run(command.args(["-H", "127.0.0.1", "-p", &stock.port(), "-l", "-200", "--single-port"]));
    assert_eq!(finished.code(), 1, "{finished}");
    assert!(finished.stderr.contains("stock netserver"), "{finished}");
}
