//! `--wait`: the same test, however either end waits; and every way of waiting ends.

use std::io::{Read, Write};
use std::sync::mpsc::{Sender, channel};

use compat::wire::OmniResults;
use rustix::process::Signal;

use crate::support::{
    Client, Mock, PATIENCE, Pairing, RoundTrips, Running, Server, data_listener, read_message, rrgen, run,
};

const WAYS: [&str; 6] = ["block", "spin", "spin,block", "block,spin", "busy-poll:20", "spin,busy-poll:20"];

/// Message sizes: the smallest, and some of many segments.
const SIZES: [&str; 3] = ["1", "64K", "64K,1M"];

#[test]
fn every_way_with_messages_of_any_size_a_warm_up_and_a_hook() {
    let server = Server::rrserver(&[]);
    for (index, wait) in WAYS.into_iter().enumerate() {
        let hook = ["none", "native", "null"][index % 3];
        for size in SIZES {
            let mut command = rrgen();
            command.args(["-H", "127.0.0.1", "-p", &server.port(), "-l", "-30", "--warmup", "5", "--wait", wait]);
            let finished = run(command.args(["--hook", hook, "-P", "0", "-v", "0", "--", "-r", size]));
            assert_eq!(finished.code(), 0, "{wait} {hook} {size}: {finished}");
            let says = |text: &str| finished.stderr.matches(text).count();
            assert_eq!(says("35 calls, 35 passes"), usize::from(hook != "none"), "{finished}");
            let polled = wait.split(',').filter(|half| half.starts_with("busy-poll")).count();
            let ends = if wait.contains(',') { polled } else { 2 * polled };
            assert_eq!(says("there is no device queue to poll"), ends, "loopback has none: {finished}");
        }
    }
}

#[test]
fn of_many_flows_and_of_an_open_loop_it_is_said_too_that_nothing_was_polled() {
    let server = Server::rrserver(&[]);
    for load in [&["--flows", "4", "--threads", "2"][..], &["--rate", "3k"]] {
        let options = ["-H", "127.0.0.1", "-p", &server.port(), "-l", "-60", "--wait", "busy-poll:20"];
        let finished = run(rrgen().args(options).args(load));
        let said = finished.stderr.matches("; waited as with block").count();
        assert_eq!((finished.code(), said), (0, 2), "{finished}");
    }
}

#[test]
fn datagrams_spin_too_and_lost_ones_are_given_up() {
    let server = Server::rrserver(&[]);
    for wait in ["spin", "spin,block", "block,spin"] {
        let mut command = rrgen();
        command.args(["-H", "127.0.0.1", "-p", &server.port(), "-t", "UDP_RR", "-l", "-30", "--wait", wait, "-v", "2"]);
        let finished = run(command.args(["--", "-e", "1", "-r", "1,1000"]));
        assert_eq!(finished.code(), 0, "{wait}: {finished}");
        assert_eq!(RoundTrips::read(&finished.stderr).transactions, 30, "{wait}: {finished}");
    }
}

#[test]
fn both_ends_report_what_the_test_took() {
    let server = Server::rrserver(&[]);
    let finished =
        run(rrgen().args(["-H", "127.0.0.1", "-p", &server.port(), "-l", "-300", "-v", "2", "--warmup", "9"]));
    assert_eq!(RoundTrips::read(&finished.stderr).transactions, 300, "{finished}");
    for line in ["client CPU: ", "server CPU: ", "client TCP: ", "server TCP: "] {
        assert_eq!(finished.stderr.matches(line).count(), 1, "{finished}");
    }
}

#[test]
fn a_stock_server_only_blocks_and_reports_nothing() {
    let Some((mut client, server)) = Pairing::RRGEN_NETSERVER.start("127.0.0.1", &[]) else { return };
    let refused = run(client.args(["-H", "127.0.0.1", "-p", &server.port(), "--wait", "spin"]));
    assert_eq!(refused.code(), 1, "{refused}");
    assert!(refused.stderr.contains("stock netserver") && refused.stderr.contains("`--wait spin,block`"), "{refused}");
    let mut client = Client::Rrgen.command().expect("ours");
    let words = ["--wait", "spin,block", "-l", "-50", "-v", "2", "-C", "--warmup", "5"];
    let finished = run(client.args(["-H", "127.0.0.1", "-p", &server.port()]).args(words));
    assert_eq!(finished.code(), 0, "{finished}");
    assert!(finished.stderr.contains("client CPU: ") && !finished.stderr.contains("server CPU: "), "{finished}");
    assert!(finished.stderr.contains("-C: the server knows of no warm-up"), "{finished}");
}

#[test]
fn what_no_test_can_do_is_refused() {
    for words in [&["--wait", "sleep"][..], &["--wait", "spin", "-t", "TCP_CRR"], &["--wait", ",spin", "-N"]] {
        let finished = run(rrgen().args(words));
        assert_eq!((finished.code(), finished.stdout.as_str()), (1, ""), "{finished}");
        assert!(finished.stderr.starts_with("rrgen: --wait: "), "{finished}");
    }
    let finished = run(Client::RrgenAsNetperf.command().expect("ours").args(["-t", "TCP_RR", "--wait", "spin"]));
    assert!(finished.stderr.starts_with("netperf: unrecognized option '--wait'"), "{finished}");
}

/// A server that takes a request and says nothing; told when the request is there.
fn silent(told: Sender<()>) -> Mock {
    Mock::start(move |mut control| {
        let (listener, answer) = data_listener();
        read_message(&mut control)?;
        control.write_all(answer.as_bytes())?;
        let (mut data, _client) = listener.accept()?;
        data.read_exact(&mut [0])?;
        let _ = told.send(());
        data.read_to_end(&mut Vec::new())?;
        let results = OmniResults::default();
        control.write_all(results.encode().as_bytes())
    })
}

#[test]
fn a_spinning_run_ends_with_its_time_and_with_a_signal_though_nothing_comes() {
    for (length, signal) in [("1", None), ("0", Some(Signal::INT))] {
        let (told, request) = channel();
        let server = silent(told);
        let running = Running::start(rrgen().args([
            "-H",
            "127.0.0.1",
            "-p",
            &server.port(),
            "-l",
            length,
            "--wait",
            "spin,block",
        ]));
        request.recv_timeout(PATIENCE).expect("a request");
        if let Some(signal) = signal {
            running.signal(signal);
        }
        let finished = running.finish();
        assert_eq!(finished.code(), 1, "{finished}");
        assert!(finished.stderr.starts_with("rrgen: not one transaction"), "{finished}");
    }
}
