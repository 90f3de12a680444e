//! Runs that cannot start, and runs whose server goes away: netperf's words, then what to do.

use std::io::Write;
use std::net::{SocketAddr, TcpListener};
use std::time::Duration;

use socket2::{Domain, Socket, Type};

use crate::support::{
    Finished, Mock, Pairing, Running, Sample, Server, answer, assert_advised, assert_failed_like, has_ipv6, mask,
    read_message, refusing_port, rrgen, run,
};

/// The server's port when the samples were captured.
const CAPTURED_PORT: &str = "12999";

/// A name that the resolver refuses by its form: the answer is the same with and without a name server.
const NO_HOST: &str = "-no.such.host.invalid";

/// How long a connection to a loopback port with room for it may take.
const FILL_PATIENCE: Duration = Duration::from_millis(100);

fn rerun(sample: &Sample, port: &str) -> Finished {
    run(rrgen().args(sample.arguments(&["-p", port])))
}

#[test]
fn nothing_listening() {
    for name in ["80-noserver", "81-noserver-default-host"] {
        let (_socket, port) = refusing_port();
        let port = port.to_string();
        let sample = Sample::load(name).replace(CAPTURED_PORT, &port);
        assert_failed_like(&sample, &rerun(&sample, &port), "rrserver");
    }
}

/// Each was checked with netperf 2.7.0; where nothing can listen, that is all there is to say.
#[test]
fn nothing_listening_at_an_end_of_some_family() {
    let (_socket, port) = refusing_port();
    for (options, local, remote) in [
        (
            &["-H", "127.0.0.1", "-4"][..],
            "0.0.0.0 port 0 address family AF_INET",
            "127.0.0.1 port P address family AF_INET",
        ),
        (&["-6"], "::0 port 0 address family AF_INET6", "::1 port P address family AF_INET6"),
        (&["-H", "::1"], "::0 port 0 address family AF_UNSPEC", "::1 port P address family AF_INET6"),
        (&["-L", ",6"], "::0 port 0 address family AF_INET6", "::1 port P address family AF_UNSPEC"),
        (
            &["-L", "127.0.0.1"],
            "127.0.0.1 port 0 address family AF_UNSPEC",
            "localhost port P address family AF_UNSPEC",
        ),
    ] {
        if local.starts_with(':') && !has_ipv6() {
            continue;
        }
        let finished = run(rrgen().arg("-p").arg(port.to_string()).args(options));
        let ends = format!("could not establish the control connection from {local} to {remote}\n");
        assert!(finished.stdout.contains(&ends.replace("port P", &format!("port {port}"))), "{options:?}: {finished}");
        assert_eq!(finished.code(), 255, "{finished}");
    }
}

#[test]
fn unknown_host() {
    let sample = Sample::load("83-unknown-host").replace("no.such.host.invalid", NO_HOST);
    let finished = run(rrgen().args(sample.arguments(&[])));
    assert_failed_like(&sample, &finished, "-H");
}

#[test]
fn unknown_data_host() {
    let server = Server::rrserver(&[]);
    let sample = Sample::load("93-unknown-data-host").replace("no.such.host.invalid", NO_HOST);
    assert_failed_like(&sample, &rerun(&sample, &server.port()), "-H");
}

#[test]
fn a_missing_passphrase() {
    for pairing in [Pairing::RRGEN_RRSERVER, Pairing::RRGEN_NETSERVER] {
        let Some((_, server)) = pairing.start("127.0.0.1", &["-Z", "right"]) else { continue };
        let sample = Sample::load("94-Z-missing");
        assert_failed_like(&sample, &rerun(&sample, &server.port()), "-Z");
    }
}

/// A server that closes before it has read the request, too, resets the connection: then netperf says that instead.
#[test]
fn a_wrong_passphrase() {
    for pairing in [Pairing::RRGEN_RRSERVER, Pairing::RRGEN_NETSERVER] {
        let Some((_, server)) = pairing.start("127.0.0.1", &["-Z", "right"]) else { continue };
        let mut sample = Sample::load("94-Z-wrong");
        let finished = rerun(&sample, &server.port());
        let reset = "recv_response: Connection reset by peer\n";
        if finished.stderr.starts_with(reset) {
            sample.stderr = reset.to_owned();
        }
        assert_failed_like(&sample, &finished, "-Z");
    }
}

#[test]
fn a_server_killed_during_the_test() {
    let mut server = Server::rrserver(&[]);
    let options = ["-H", "127.0.0.1", "-p", &server.port(), "-l", "3600", "-D", "-0.05"];
    let mut running = Running::start(rrgen().args(options));
    running.wait_for("Interim result:");
    server.kill();
    let finished = running.finish();
    assert_eq!(finished.code(), 1, "{finished}");
    // What the kernel says of a connection whose other end is gone depends on what was under way.
    let netperfs = [
        "recv_response: partial response received: 0 bytes\n",
        "recv_response: Connection reset by peer\n",
        "netperf: send_omni: recv_data failed: Connection reset by peer\n",
    ];
    let expected = netperfs.iter().find(|text| finished.stderr.starts_with(**text));
    assert_advised(&finished.stderr, expected.unwrap_or_else(|| panic!("{finished}")), "server");
    let interim_sample = Sample::load("bs-sigint-l10").stdout;
    assert!(mask(&interim_sample).starts_with(&mask(&finished.stdout)), "{finished}");
}

#[test]
fn a_data_port_that_refuses() {
    let server = Mock::start(|mut control| {
        let (_socket, data_port) = refusing_port();
        read_message(&mut control)?;
        control.write_all(answer(data_port).as_bytes())?;
        // Until the client has been refused.
        read_message(&mut control)
    });
    let sample = Sample::load("b6-data-refused");
    assert_failed_like(&sample, &rerun(&sample, &server.port()), "-P");
}

/// A listener whose queue is full, so that the kernel drops every further attempt; and what fills the queue.
fn swallowing_listener() -> (TcpListener, Vec<Socket>) {
    let socket = Socket::new(Domain::IPV4, Type::STREAM, None).expect("a socket");
    socket.bind(&SocketAddr::from(([127, 0, 0, 1], 0)).into()).expect("a loopback port");
    socket.listen(0).expect("the shortest queue");
    let address = socket.local_addr().expect("an address");
    let mut filling = Vec::new();
    loop {
        let client = Socket::new(Domain::IPV4, Type::STREAM, None).expect("a socket");
        if client.connect_timeout(&address, FILL_PATIENCE).is_err() {
            return (socket.into(), filling);
        }
        filling.push(client);
    }
}

#[test]
fn a_data_port_that_swallows_everything() {
    let (listener, _filling) = swallowing_listener();
    let data_port = listener.local_addr().expect("an address").port();
    let server = Mock::start(move |mut control| {
        read_message(&mut control)?;
        control.write_all(answer(data_port).as_bytes())?;
        read_message(&mut control)
    });
    let finished = run(rrgen().args(["-H", "127.0.0.1", "-p", &server.port(), "-l", "1"]));
    assert_eq!(finished.code(), 1, "{finished}");
    let expected = "netperf: send_omni: connect_data_socket failed: Connection timed out\n";
    assert_advised(&finished.stderr, expected, &format!("127.0.0.1:{data_port}"));
}
