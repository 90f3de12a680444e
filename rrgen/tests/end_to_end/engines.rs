//! `--engine`: the same test, whichever way either end asks the kernel; and a kernel that will not be asked is told.

use std::process::Command;

use rustix::process::Signal;
use serde_json::Value;

use crate::flows::{assert_sound, flows};
use crate::support::{Client, Running, Server, ServerKind, listening_port, rows, rrgen, rrserver, run, skip, strace};

/// Every choice that has io_uring somewhere.
const PAIRINGS: [&str; 3] = ["uring", "uring,epoll", "epoll,uring"];

/// Whether this kernel has io_uring; skips if not.
pub(crate) fn has_uring() -> bool {
    let refusal = rrserver::data::uring_available().err();
    if let Some(refusal) = &refusal {
        skip(&refusal.to_string());
    }
    refusal.is_none()
}

#[test]
fn every_pairing_counts_warms_up_bursts_and_takes_messages_of_any_size() {
    if !has_uring() {
        return;
    }
    let server = Server::rrserver(&[]);
    for engine in PAIRINGS {
        for (threads, options) in [
            ("1", &["-l", "-3000"][..]),
            ("2", &["-l", "-3000", "--warmup", "500", "--", "-b", "8"]),
            ("2", &["-l", "-300", "--ramp", "20ms", "--", "-r", "200000,100000"]),
            ("1", &["-l", "-600", "--wait", "spin,block", "--", "-r", "3,70000", "-b", "3"]),
        ] {
            let common = ["--flows", "64", "--engine", engine, "--threads", threads];
            let finished = flows(&server.port(), &[&common[..], options].concat());
            let transactions = options[1].trim_start_matches('-').parse().expect("a count");
            assert_sound(&finished, 64, threads.parse().expect("a count"), transactions);
        }
    }
}

#[test]
fn a_thousand_flows_in_two_threads() {
    if !has_uring() {
        return;
    }
    let server = Server::rrserver(&[]);
    let words = ["--flows", "1000", "--threads", "2", "--engine", "uring", "-l", "-20000"];
    assert_sound(&flows(&server.port(), &words), 1000, 2, 20_000);
}

#[test]
fn a_hook_sees_every_message_at_either_end() {
    if !has_uring() {
        return;
    }
    let server = Server::rrserver(&[]);
    for side in ["target", "client"] {
        let hook = ["--flows", "12", "--engine", "uring", "-l", "-600", "--hook", "native", "--hook-side", side];
        let finished = flows(&server.port(), &hook);
        assert_sound(&finished, 12, 1, 600);
        assert!(finished.stderr.contains(": 600 calls, 600 passes"), "{side}: {finished}");
    }
}

#[test]
fn an_open_loop_is_offered_and_json_says_by_what() {
    if !has_uring() {
        return;
    }
    let server = Server::rrserver(&[]);
    for engine in PAIRINGS {
        let words = ["-H", "127.0.0.1", "-p", &server.port(), "--flows", "32", "--engine", engine];
        let finished = run(rrgen().args(words).args(["--rate", "2000", "-l", "-500", "--json"]));
        assert_eq!(finished.code(), 0, "{finished}");
        let document: Value = serde_json::from_str(&finished.stdout).expect("JSON");
        let (client, server) = engine.split_once(',').unwrap_or((engine, engine));
        assert_eq!(
            (&document["load"]["client_engine"], &document["load"]["server_engine"]),
            (&client.into(), &server.into())
        );
        let counts = |key: &str| document["open_loop"][key].as_u64().expect(key);
        assert_eq!((counts("arrivals"), counts("unsent"), counts("unanswered")), (500, 0, 0), "{finished}");
        assert_eq!(document["open_loop"]["service_time"]["count"], 500, "{finished}");
    }
}

#[test]
fn sigint_ends_it_with_results_and_a_server_that_dies_without() {
    if !has_uring() {
        return;
    }
    for dies in [false, true] {
        let mut server = Server::rrserver(&[]);
        let words = ["-p", &server.port(), "--flows", "64", "--threads", "2", "--engine", "uring", "-l", "0"];
        let mut running = Running::start(rrgen().args(["-H", "127.0.0.1", "-D", "-0.05"]).args(words));
        running.wait_for("Interim result:");
        if dies {
            server.kill();
        } else {
            running.signal(Signal::INT);
        }
        let finished = running.finish();
        assert_eq!((finished.code() != 0, !finished.stdout.contains("Local /Remote")), (dies, dies), "{finished}");
    }
}

#[test]
fn a_stock_netserver_serves_a_client_with_io_uring() {
    let Some(server) = Server::start(ServerKind::Netserver, "127.0.0.1", &[]) else { return };
    if !has_uring() {
        return;
    }
    let refused = flows(&server.port(), &["--flows", "4", "--engine", "uring", "-l", "-100"]);
    assert!(refused.code() == 1 && refused.stderr.contains("stock netserver"), "{refused}");
    let words = ["--flows", "8", "--engine", "uring,", "--control-per-flow", "-l", "-400"];
    assert_sound(&flows(&server.port(), &words), 8, 1, 400);
}

/// `program` on a kernel that denies io_uring.
fn denied(program: &Command) -> Option<Command> {
    hindered(program, "io_uring_setup:error=EPERM")
}

/// `program` on a kernel whose system calls fail like that.
fn hindered(program: &Command, calls: &str) -> Option<Command> {
    let mut strace = strace()?;
    strace.args(["-D", "-f", "-o", "/dev/null", "-e", &format!("inject={calls}")]);
    strace.arg(program.get_program()).args(program.get_args());
    Some(strace)
}

#[test]
fn a_kernel_that_denies_it_is_told_before_the_test_with_its_end() {
    let words = |port: &str| {
        ["-H", "127.0.0.1", "-p", port, "--flows", "4", "--engine", "uring", "-l", "-100"].map(str::to_owned)
    };
    let server = Server::rrserver(&[]);
    let Some(mut client) = denied(rrgen().args(words(&server.port()))) else { return };
    let Some(mut denied_server) = denied(&rrserver("127.0.0.1")) else { return };
    let refused = run(&mut client);
    assert!(refused.code() == 1 && rows(&refused.stdout).is_empty(), "{refused}");
    for text in ["--engine: at the client ", "EPERM", "kernel.io_uring_disabled", "epoll"] {
        assert!(refused.stderr.contains(text), "{text}: {refused}");
    }
    if !has_uring() {
        return;
    }
    let mut running = Running::start(&mut denied_server);
    let port = listening_port(&running.wait_for("rrserver: listening")).to_string();
    let refused = run(rrgen().args(words(&port)));
    assert!(refused.code() == 1 && rows(&refused.stdout).is_empty(), "{refused}");
    for text in ["--engine: at the server ", "EPERM", "kernel.io_uring_disabled", "epoll"] {
        assert!(refused.stderr.contains(text), "{text}: {refused}");
    }
    running.signal(Signal::TERM);
    running.finish();
}

#[test]
fn a_kernel_that_takes_nothing_is_asked_again_and_holds_up_no_end() {
    if !has_uring() {
        return;
    }
    let server = Server::rrserver(&[]);
    for (errno, calls, length) in [("EBUSY", "10..30", "-900"), ("EINTR", "10..30", "-900"), ("EBUSY", "10+", "1")] {
        let words = ["-H", "127.0.0.1", "-p", &server.port(), "--flows", "32", "--engine", "uring", "-l", length];
        let calls = format!("io_uring_enter:error={errno}:when={calls}");
        let Some(mut client) = hindered(rrgen().args(words).args(["--", "-b", "2"]), &calls) else { return };
        let finished = Running::start(&mut client).finish();
        // Whether each flow had its turn before the kernel took nothing any more is chance.
        let is_whole = finished.code() == 0 && !rows(&finished.stdout).is_empty();
        assert!(is_whole || calls.ends_with('+'), "{calls}: {finished}");
    }
}

#[test]
fn netperf_knows_nothing_of_it() {
    let mut command = Client::RrgenAsNetperf.command().expect("always there");
    let finished = run(command.args(["--engine", "epoll"]));
    assert!(finished.code() != 0 && !finished.stderr.contains("engine: "), "{finished}");
}
