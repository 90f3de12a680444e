//! Signals and a closed stdout: a run ends early without losing what it has.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::sync::mpsc::channel;
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::Signal;

use crate::support::{
    Client, Finished, Mock, PATIENCE, Running, Sample, Server, data_listener, mask, read_message, rrgen, serve_data,
};

/// Lengths that no test waits for: timed, counted, endless.
const LENGTHS: [&str; 3] = ["3600", "-2000000000", "0"];

/// Between two looks at whether a program has ended.
const POLL: Duration = Duration::from_millis(20);

const INTERIM: &str = "Interim result:";

/// What a shell reports for a program that SIGINT ended.
const INTERRUPTED: i32 = 128 + Signal::INT.as_raw();

/// A run that prints interim lines, in the middle of its measuring.
fn measuring(port: &str, length: &str) -> Running {
    let mut running = Running::start(rrgen().args(["-H", "127.0.0.1", "-p", port, "-l", length, "-D", "-0.05"]));
    running.wait_for(INTERIM);
    running
}

/// Sends a signal again and again until the program ends.
fn insist(mut running: Running, signal: Signal) -> Finished {
    let deadline = Instant::now() + PATIENCE;
    while !running.has_ended() {
        assert!(Instant::now() < deadline, "does not end");
        running.signal(signal);
        thread::sleep(POLL);
    }
    running.finish()
}

fn assert_results(finished: &Finished) {
    let sample = Sample::load("bs-sigint-l10");
    assert_eq!((finished.code(), finished.stderr.as_str()), (0, ""), "{finished}");
    assert_eq!(mask(&finished.stdout), mask(&sample.stdout), "{finished}");
}

#[test]
fn sigint_and_sigalrm_end_a_run_and_print_its_results() {
    let server = Server::rrserver(&[]);
    for signal in [Signal::INT, Signal::ALARM] {
        for length in LENGTHS {
            let running = measuring(&server.port(), length);
            running.signal(signal);
            assert_results(&running.finish());
        }
    }
}

#[test]
fn sigint_ends_a_run_with_the_server_inside() {
    let mut running = Running::start(rrgen().args(["--local", "-l", "0", "-D", "-0.05"]));
    running.wait_for(INTERIM);
    running.signal(Signal::INT);
    assert_results(&running.finish());
}

#[test]
fn a_second_sigint_gives_up_on_a_server_without_results() {
    let (ended, end) = channel();
    let server = Mock::start(move |mut control| {
        let (listener, answer) = data_listener();
        read_message(&mut control)?;
        control.write_all(answer.as_bytes())?;
        serve_data(&listener)?;
        let _ = ended.send(());
        // The client leaves first.
        control.read_exact(&mut [0])
    });
    let running = measuring(&server.port(), "0");
    running.signal(Signal::INT);
    end.recv_timeout(PATIENCE).expect("the client closes its data connection");
    // The first of them come with the first SIGINT and count as one; a user who means it insists.
    let finished = insist(running, Signal::INT);
    assert_eq!((finished.code(), finished.stderr.as_str()), (INTERRUPTED, ""), "{finished}");
}

/// A client in the middle of its measuring, and ended by SIGTERM.
fn terminated(client: Client) -> Finished {
    let (reached, measuring) = channel();
    let server = Mock::start(move |mut control| {
        let (listener, answer) = data_listener();
        read_message(&mut control)?;
        control.write_all(answer.as_bytes())?;
        let (mut data, _client) = listener.accept()?;
        // The client has written its banner by now, wherever that is.
        let _ = reached.send(());
        data.read_to_end(&mut Vec::new()).map(drop)
    });
    let mut command = client.command().expect("always there");
    let running = Running::start(command.args(["-H", "127.0.0.1", "-p", &server.port(), "-t", "TCP_RR"]));
    measuring.recv_timeout(PATIENCE).expect("the client connects");
    running.signal(Signal::TERM);
    running.finish()
}

/// netperf's stdio still holds the banner then; under our own name users see it at once.
#[test]
fn sigterm_kills_a_netperf_before_its_first_line() {
    for (client, lines) in [(Client::RrgenAsNetperf, 0), (Client::Rrgen, 1)] {
        let finished = terminated(client);
        assert_eq!(finished.code(), 128 + Signal::TERM.as_raw(), "{finished}");
        assert_eq!((finished.stdout.lines().count(), finished.stderr.as_str()), (lines, ""), "{finished}");
    }
}

/// `timeout` signals its child, and then its child's group, the child among them.
#[test]
fn two_signals_at_once_are_one() {
    let mut running = Running::start(rrgen().args(["--local", "-l", "0", "-D", "-0.05"]));
    running.wait_for("Interim result:");
    running.signal(Signal::INT);
    running.signal(Signal::INT);
    let finished = running.finish();
    assert_eq!((finished.code(), finished.stderr.as_str()), (0, ""), "{finished}");
    assert!(finished.stdout.contains("Local /Remote"), "{finished}");
}

#[test]
fn a_reader_that_has_seen_enough_ends_nothing_badly() -> io::Result<()> {
    let (reader, writer) = io::pipe()?;
    let running = Running::start_with_stdout(rrgen().args(["--local", "-l", "0", "-D", "-0.05"]), writer);
    let mut line = String::new();
    BufReader::new(reader).read_line(&mut line)?;
    assert!(line.starts_with("MIGRATED TCP REQUEST/RESPONSE TEST"), "{line}");
    let finished = running.finish();
    assert_eq!((finished.code(), finished.stderr.as_str()), (1, ""), "{finished}");
    Ok(())
}
