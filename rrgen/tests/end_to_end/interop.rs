//! Either half can be exchanged for the stock program: every form of a run, in every pairing with one of ours.

use socket2::{Domain, Socket, Type};

use crate::support::{COUNTED_LENGTH, Client, FORMS, Pairing, Sample, Server, netperf, rows, run};

fn every_form(pairing: Pairing) {
    for form in FORMS.iter().filter(|form| form.is_possible()) {
        let Some((mut command, server)) = pairing.start(form.host, form.server) else { return };
        let arguments = Sample::load(form.sample).arguments(&["-p", &server.port(), "-l", form.length]);
        form.assert_printed(pairing.client, &run(command.args(arguments)));
    }
}

#[test]
fn rrgen_against_netserver() {
    every_form(Pairing::RRGEN_NETSERVER);
}

#[test]
fn netperf_against_rrserver() {
    every_form(Pairing::NETPERF_RRSERVER);
}

#[test]
fn rrgen_against_rrserver() {
    every_form(Pairing::RRGEN_RRSERVER);
}

/// What the kernel makes of a wish for socket buffers, as both ends print it: send, receive.
fn kernels(send: Option<usize>, recv: Option<usize>) -> String {
    let socket = Socket::new(Domain::IPV4, Type::STREAM, None).expect("a socket");
    if let Some(bytes) = send {
        socket.set_send_buffer_size(bytes).expect("SO_SNDBUF");
    }
    if let Some(bytes) = recv {
        socket.set_recv_buffer_size(bytes).expect("SO_RCVBUF");
    }
    let (send, recv) = (socket.send_buffer_size().expect("SO_SNDBUF"), socket.recv_buffer_size().expect("SO_RCVBUF"));
    format!("{send} {recv}")
}

#[test]
fn buffers_are_printed_as_the_kernel_made_them() {
    let kib = |count: usize| Some(count << 10);
    let wishes: [(&[&str], _, _); 3] = [
        (&[], kernels(None, None), kernels(None, None)),
        (&["--", "-s", "32K", "-S", "32K"], kernels(kib(32), kib(32)), kernels(kib(32), kib(32))),
        (&["--", "-s", "24K,40K", "-S", ",20K"], kernels(kib(24), kib(40)), kernels(None, kib(20))),
    ];
    for pairing in [Pairing::RRGEN_NETSERVER, Pairing::NETPERF_RRSERVER, Pairing::RRGEN_RRSERVER] {
        for (options, local, remote) in &wishes {
            let Some((mut command, server)) = pairing.start("127.0.0.1", &[]) else { break };
            command.args(["-H", "127.0.0.1", "-p", &server.port(), "-t", "TCP_RR", "-l", COUNTED_LENGTH]);
            let finished = run(command.args(*options));
            let rows = rows(&finished.stdout);
            assert_eq!([rows[0][..2].join(" "), rows[1].join(" ")], [&**local, remote], "{pairing:?}: {finished}");
        }
    }
}

#[test]
fn segments_are_as_large_as_netperf_finds_them() {
    let server = Server::rrserver(&[]);
    for options in [&[][..], &["-G", "1000"]] {
        for test in ["TCP_RR", "TCP_CRR"] {
            let [stock, ours] = [Client::Netperf, Client::RrgenAsNetperf].map(|client| {
                let mut command = client.command()?;
                command.args(["-H", "127.0.0.1", "-p", &server.port(), "-t", test, "-l", COUNTED_LENGTH, "-P", "0"]);
                Some(run(command.args(["--", "-k", "TRANSPORT_MSS"]).args(options)).stdout)
            });
            assert!(ours.as_ref().is_some_and(|ours| !ours.contains("=-1")), "{test}: {ours:?}");
            assert!(stock.is_none() || stock == ours, "{test} {options:?}: {ours:?}, netperf has {stock:?}");
        }
    }
}

#[test]
fn netperf_repeats_its_test_on_one_control_connection() {
    let server = Server::rrserver(&[]);
    // Prints, at its end, how many iterations there were.
    let sample = Sample::load("a7-i-C-k");
    let Some(mut netperf) = netperf() else { return };
    let finished = run(netperf.args(sample.arguments(&["-p", &server.port(), "-l", COUNTED_LENGTH])));
    assert_eq!((finished.code(), finished.stderr.as_str()), (0, ""), "{finished}");
    let keys = |stdout: &str| stdout.lines().map(|line| line.split('=').next().map(str::to_owned)).collect::<Vec<_>>();
    assert_eq!(keys(&finished.stdout), keys(&sample.stdout), "{finished}");
    assert_eq!(finished.stdout.lines().last(), Some("CONFIDENCE_ITERATION=3"), "{finished}");
}
