//! `--rate`: the load is offered whatever the server makes of it, and what it makes of it is told.

use std::io::{self, Read, Write};
use std::net::TcpListener;
use std::sync::mpsc::channel;
use std::thread;
use std::time::{Duration, Instant};

use compat::wire::OmniResults;
use rustix::process::Signal;
use serde_json::Value;

use crate::support::{Finished, Mock, PATIENCE, Running, Server, ServerKind, data_listener, read_message, rrgen, run};

/// How long the stalling server stands still, and from when to when.
const STALL: Duration = Duration::from_millis(100);
const EVERY: Duration = Duration::from_secs(1);

/// Echoes one byte at a time, and once in every second nothing for a tenth of it.
fn stall_at_times(listener: &TcpListener) -> io::Result<()> {
    let (mut data, _client) = listener.accept()?;
    data.set_nodelay(true)?;
    let mut next_stall = Instant::now() + EVERY / 2;
    let mut request = [0];
    while data.read(&mut request)? > 0 {
        if Instant::now() >= next_stall {
            thread::sleep(STALL);
            next_stall += EVERY;
        }
        data.write_all(&request)?;
    }
    Ok(())
}

/// The 99.9th percentile against that server, µs.
fn p999_us(options: &[&str]) -> (f64, Finished) {
    let server = Mock::start(|mut control| {
        read_message(&mut control)?;
        let (listener, response) = data_listener();
        control.write_all(response.as_bytes())?;
        stall_at_times(&listener)?;
        control.write_all(OmniResults::default().encode().as_bytes())
    });
    let words = ["-H", "127.0.0.1", "-p", &server.port(), "-l", "3", "-P", "0"];
    let finished = run(rrgen().args(words).args(options).args(["--", "-k", "P999_LATENCY"]));
    let value = finished.stdout.trim().strip_prefix("P999_LATENCY=").and_then(|text| text.parse().ok());
    (value.unwrap_or_else(|| panic!("{finished}")), finished)
}

/// What `--rate` is for: users who would have come during the stall waited for its end.
#[test]
fn a_stall_is_in_the_percentiles_of_an_open_loop_and_not_in_those_of_a_closed_one() {
    let (open, finished) = p999_us(&["--rate", "500"]);
    assert!(open >= 50_000.0, "{finished}");
    assert!(finished.stderr.contains("found every flow busy"), "{finished}");
    let (closed, finished) = p999_us(&[]);
    assert!(closed * 2.0 < open, "{closed} against {open}: {finished}");
}

fn document(port: &str, words: &[&str]) -> Value {
    let finished = run(rrgen().args(["-H", "127.0.0.1", "-p", port, "--json"]).args(words));
    assert_eq!(finished.code(), 0, "{finished}");
    serde_json::from_str(&finished.stdout).expect("JSON")
}

fn number(of: &Value, pointer: &str) -> u64 {
    of.pointer(pointer).and_then(Value::as_u64).unwrap_or_else(|| panic!("no {pointer} in {of}"))
}

#[test]
fn every_arrival_is_answered_waiting_or_on_its_way() {
    let server = Server::rrserver(&[]);
    for words in [
        &["--rate", "2k", "-l", "1"][..],
        &["--rate", "2k", "--arrivals", "poisson", "--seed", "5", "-l", "1", "--flows", "7", "--threads", "2,1"],
        // More than any machine answers: most of it is never sent.
        &["--rate", "5M", "-l", "1", "--flows", "2", "--wait", "spin,block"],
    ] {
        let run = document(&server.port(), words);
        let open = &run["open_loop"];
        let answered = number(&run, "/transactions");
        let rest = number(open, "/unsent") + number(open, "/unanswered");
        assert_eq!(number(open, "/arrivals"), answered + rest, "{run}");
        assert_eq!((number(&run, "/round_trip/count"), number(open, "/service_time/count")), (answered, answered));
        assert!(number(&run, "/round_trip/max_ns") >= number(open, "/service_time/max_ns"), "{run}");
        if words[1] == "5M" {
            assert!(number(open, "/late") > 0 && number(open, "/unsent") > 0, "{run}");
        } else {
            assert!(number(open, "/arrivals").abs_diff(2000) < 200, "{run}");
        }
    }
}

#[test]
fn a_count_is_met_exactly_after_a_ramp_and_a_warm_up_whoever_the_server_is() {
    for kind in [ServerKind::Rrserver, ServerKind::Netserver] {
        let Some(server) = Server::start(kind, "127.0.0.1", &[]) else { continue };
        for before in [
            &["--ramp", "100ms"][..],
            &["--ramp", "100ms", "--warmup", "30"],
            &["--warmup", "100ms"],
            &["--warmup", "50"],
        ] {
            let run = document(&server.port(), &[&["--rate", "3k", "-l", "-300"][..], before].concat());
            assert_eq!((number(&run, "/transactions"), number(&run, "/open_loop/arrivals")), (300, 300), "{run}");
            assert!(number(&run, "/load/warmed_up/transactions") > 0, "{run}");
            assert_eq!(run["server"]["received_bytes"], 300, "{run}");
        }
        let per_flow = ["--flows", "3", "--control-per-flow", "--rate", "3k", "-l", "-300", "--ramp", "50ms"];
        assert_eq!(number(&document(&server.port(), &per_flow), "/transactions"), 300);
    }
}

#[test]
fn many_flows_in_a_closed_loop_are_brought_up_and_warmed_up_in_no_result() {
    let server = Server::rrserver(&[]);
    for before in [&["--ramp", "100ms"][..], &["--warmup", "500"], &["--ramp", "100ms", "--warmup", "100ms"]] {
        let words = ["--flows", "9", "--threads", "3,2", "-T", "0+0+0,", "-l", "-900", "-c", "-C"];
        let run = document(&server.port(), &[&words[..], before, &["--", "-b", "1", "-r", "64,128"]].concat());
        assert_eq!((number(&run, "/transactions"), number(&run, "/round_trip/count")), (900, 900), "{run}");
        assert_eq!((number(&run, "/client/sent_bytes"), number(&run, "/server/sent_bytes")), (900 * 64, 900 * 128));
        assert!(number(&run, "/load/warmed_up/transactions") > 0, "{run}");
        assert_eq!((&run["load"]["flows"], &run["load"]["client_threads"]), (&9.into(), &3.into()));
        assert_eq!((&run["load"]["client_cpus"], &run["load"]["server_cpus"]), (&"0+0+0".into(), &Value::Null));
    }
}

/// A stop that one stage has heard is heard by all that would follow.
#[test]
fn a_run_that_is_interrupted_while_it_is_brought_up_has_no_result() {
    let (began, beginning) = channel();
    let server = Mock::start(move |mut control| {
        read_message(&mut control)?;
        let (listener, response) = data_listener();
        control.write_all(response.as_bytes())?;
        let (mut data, _client) = listener.accept()?;
        let mut request = [0];
        while data.read(&mut request)? > 0 {
            let _ = began.send(());
            data.write_all(&request)?;
        }
        control.write_all(OmniResults::default().encode().as_bytes())
    });
    let words = ["-p", &server.port(), "--rate", "1k", "--ramp", "3600s", "--warmup", "3600s"];
    let running = Running::start(rrgen().args(["-H", "127.0.0.1"]).args(words));
    beginning.recv_timeout(PATIENCE).expect("the first request");
    running.signal(Signal::INT);
    let finished = running.finish();
    assert_eq!(finished.code(), 1, "{finished}");
    assert!(finished.stderr.contains("the run ended in its warm-up"), "{finished}");
}

#[test]
fn service_times_have_their_tag_in_the_log() {
    let directory = tempfile::tempdir().expect("a directory");
    let log = directory.path().join("log");
    let words = ["--local", "--rate", "2k", "-l", "-400", "-D", "-0.05", "--hdr-log"];
    let finished = run(rrgen().args(words).arg(&log));
    assert_eq!(finished.code(), 0, "{finished}");
    let merged = run(rrgen().arg("merge").arg(&log).arg("--json"));
    let merged: Value = serde_json::from_str(&merged.stdout).expect("JSON");
    let rows = merged["tags"].as_array().unwrap_or_else(|| panic!("{merged}"));
    let named: Vec<_> = rows.iter().map(|row| (&row["tag"], number(row, "/round_trip/count"))).collect();
    assert_eq!(named, [(&Value::Null, 400), (&"service".into(), 400)], "{merged}");
}

#[test]
fn a_round_trip_is_what_was_measured_and_not_what_the_offered_rate_makes_of_it() {
    let server = Server::rrserver(&[]);
    let words = ["-H", "127.0.0.1", "-p", &server.port(), "--flows", "4", "--rate", "500", "-l", "-200", "-P", "0"];
    let finished = run(rrgen().args(words).args(["--", "-o", "RT_LATENCY,MEAN_LATENCY"]));
    let values: Vec<f64> = finished.stdout.trim().split(',').filter_map(|value| value.parse().ok()).collect();
    let [by_us, mean_us] = values[..] else { panic!("{finished}") };
    assert!((by_us / mean_us - 1.0).abs() < 0.01, "{finished}");
}

#[test]
fn a_test_in_which_nothing_came_due_says_so() {
    let server = Server::rrserver(&[]);
    // The first of these arrivals is minutes away.
    let rare = ["--rate", "0.01", "--arrivals", "poisson", "--seed", "1", "-l", "1"];
    let finished = run(rrgen().args(["-H", "127.0.0.1", "-p", &server.port()]).args(rare));
    assert!(finished.code() == 1 && finished.stderr.contains("no transaction came due"), "{finished}");
}
