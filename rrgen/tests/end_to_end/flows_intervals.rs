//! `-D` with many flows: every interval has the round trips that completed in it, and together they are the run's.

use std::path::Path;

use rustix::process::Signal;
use serde_json::Value;

use crate::support::{Finished, RoundTrips, Running, Server, rrgen, run};

const MANY: [&str; 4] = ["--flows", "8", "--threads", "2"];

/// A run of many flows as a document, and in a log.
fn logged(port: &str, log: &Path, options: &[&str]) -> Value {
    let command = &mut rrgen();
    let command = command.args(["-H", "127.0.0.1", "-p", port, "--json", "--hdr-log"]).arg(log).args(MANY);
    document(&run(command.args(options)))
}

fn document(finished: &Finished) -> Value {
    assert_eq!(finished.code(), 0, "{finished}");
    serde_json::from_str(finished.stdout.lines().last().expect("a line")).expect("JSON")
}

fn number(of: &Value, pointer: &str) -> u64 {
    of.pointer(pointer).and_then(Value::as_u64).unwrap_or_else(|| panic!("no {pointer} in {of}"))
}

/// Every transaction of the run is in one interval, with its round trip; the log has the same intervals.
fn assert_whole(run: &Value, log: &Path) {
    let interims = run["interims"].as_array().expect("rows");
    let sum = |pointer: &str| interims.iter().map(|interim| number(interim, pointer)).sum::<u64>();
    let whole = number(run, "/transactions");
    assert_eq!((sum("/transactions"), sum("/round_trip/count")), (whole, whole), "{run}");
    // To the microsecond; an open loop may end with nothing to do.
    assert!(sum("/elapsed_ns") <= number(run, "/elapsed_ns") + 1_000, "{run}");
    let merged = merge(log);
    assert_eq!(merged["tags"][0]["round_trip"], run["round_trip"], "{run}");
    assert_eq!(merged["tags"][0]["intervals"], interims.len(), "{run}");
}

fn merge(log: &Path) -> Value {
    document(&run(rrgen().arg("merge").arg(log).arg("--json")))
}

#[test]
fn every_interval_has_its_percentiles() {
    let server = Server::rrserver(&[]);
    let words = ["-H", "127.0.0.1", "-p", &server.port(), "-l", "1", "-D", "-0.2", "--interim-latency", "-v", "2"];
    let finished = run(rrgen().args(words).args(MANY));
    assert_eq!(finished.code(), 0, "{finished}");
    let read = |line: &str| RoundTrips::read(&format!("{line}\n"));
    let (interims, others): (Vec<_>, Vec<_>) = finished
        .stderr
        .lines()
        .filter(|line| line.contains("round trip (us, "))
        .partition(|line| line.contains("interim"));
    let lines = finished.stdout.lines().filter(|line| line.starts_with("Interim result:")).count();
    assert!(interims.len() == lines && lines > 0, "{finished}");
    let interims = interims.iter().map(|line| read(&line.replace("interim ", "")));
    let count = |round_trips: RoundTrips| {
        round_trips.assert_consistent();
        round_trips.transactions
    };
    assert_eq!(interims.map(count).sum::<u64>(), read(others[0]).transactions, "{finished}");
}

#[test]
fn intervals_add_up_to_the_run_in_closed_and_open_loops_whatever_ends_them() {
    let server = Server::rrserver(&[]);
    let directory = tempfile::tempdir().expect("a directory");
    for options in [
        &["-l", "1", "-D", "-0.1"][..],
        &["-l", "1", "-D", "0.3", "--warmup", "200ms"],
        // Threads that do not end together.
        &["-l", "-3001", "-D", "-0.01", "--", "-b", "2"],
        &["-l", "1", "-D", "-0.1", "--rate", "2k", "--ramp", "100ms"],
        // Most intervals have nothing.
        &["-l", "1", "-D", "-0.001", "--rate", "50", "--arrivals", "poisson"],
    ] {
        let log = directory.path().join("log");
        assert_whole(&logged(&server.port(), &log, options), &log);
    }
}

#[test]
fn an_interval_is_as_long_as_was_asked_for() {
    let server = Server::rrserver(&[]);
    let directory = tempfile::tempdir().expect("a directory");
    let run = logged(&server.port(), &directory.path().join("log"), &["-l", "1", "-D", "-0.25"]);
    let interims = run["interims"].as_array().expect("rows");
    assert!((1..=4).contains(&interims.len()), "no splinter at the end: {run}");
    let others = &interims[..interims.len() - 1];
    // One is longer if nothing completed in it.
    assert!(others.iter().all(|interim| number(interim, "/elapsed_ns").is_multiple_of(250_000_000)), "{run}");
}

#[test]
fn an_interrupted_run_of_many_flows_leaves_its_intervals() {
    let server = Server::rrserver(&[]);
    let directory = tempfile::tempdir().expect("a directory");
    let log = directory.path().join("log");
    let words = ["-H", "127.0.0.1", "-p", &server.port(), "-l", "0", "-D", "-0.05", "--interim-latency", "-v", "2"];
    let mut running = Running::start(rrgen().args(words).args(MANY).arg("--hdr-log").arg(&log));
    running.wait_for("Interim result:");
    running.signal(Signal::INT);
    let finished = running.finish();
    assert_eq!(finished.code(), 0, "{finished}");
    let lines = finished.stdout.lines().filter(|line| line.starts_with("Interim result:")).count();
    let merged = merge(&log);
    assert_eq!(merged["tags"][0]["intervals"], lines, "{finished}");
    let count = number(&merged, "/tags/0/round_trip/count");
    assert!(finished.stderr.contains(&format!("rrgen: round trip (us, {count} transactions)")), "{finished}");
}
