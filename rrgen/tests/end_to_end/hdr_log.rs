//! `--hdr-log` and `rrgen merge`, with HdrHistogram's own Python package as the reader that decides.

use std::fs::{self, File};
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::Command;

use rustix::process::Signal;
use serde_json::Value;

use crate::support::{Finished, Running, Sample, hdrhistogram, mask, rrgen, run};

/// Adds up a log, and prints the number of intervals and the figures of the whole.
const READER: &str = r#"
import json, sys
from hdrh.histogram import HdrHistogram
from hdrh.log import HistogramLogReader
whole, intervals, tags = HdrHistogram(1, 3600000000000, 3), 0, set()
reader = HistogramLogReader(sys.argv[1], whole)
while True:
    interval = reader.get_next_interval_histogram()
    if interval is None:
        break
    intervals += 1
    tags.add(interval.get_tag())
    whole.add(interval)
at = lambda percentile: whole.get_value_at_percentile(percentile)
print(json.dumps({
    "intervals": intervals, "tags": list(tags), "start_s": reader.get_start_time_sec(),
    "round_trip": {
        "count": whole.get_total_count(), "min_ns": whole.get_min_value(), "max_ns": whole.get_max_value(),
        "p50_ns": at(50), "p90_ns": at(90), "p99_ns": at(99), "p999_ns": at(99.9), "p9999_ns": at(99.99),
        "p99999_ns": at(99.999),
    },
}))
"#;

/// What the Python package makes of a log; `None`, after a skip, without it.
fn by_python(log: &Path) -> Option<Value> {
    let finished = run(hdrhistogram()?.args(["-c", READER]).arg(log));
    assert_eq!((finished.code(), finished.stderr.as_str()), (0, ""), "{finished}");
    Some(serde_json::from_str(&finished.stdout).expect("JSON"))
}

fn merge(logs: &[&Path], options: &[&str]) -> Value {
    let finished = run(rrgen().arg("merge").args(logs).arg("--json").args(options));
    assert_eq!((finished.code(), finished.stderr.as_str()), (0, ""), "{finished}");
    serde_json::from_str(&finished.stdout).expect("JSON")
}

/// A run of so many transactions with a log, as a document.
fn logged(log: &Path, words: &[&str]) -> Value {
    let finished = run(rrgen().args(["--local", "--json", "--hdr-log"]).arg(log).args(words));
    assert_eq!(finished.code(), 0, "{finished}");
    serde_json::from_str(&finished.stdout).expect("JSON")
}

/// All figures that `part` has, `whole` has, too.
fn assert_within(part: &Value, whole: &Value) {
    for (name, value) in part.as_object().expect("figures") {
        assert_eq!(Some(value), whole.get(name), "{name}: {part} {whole}");
    }
}

#[test]
fn the_public_reader_finds_every_interval_and_the_same_percentiles() {
    let directory = tempfile::tempdir().expect("a directory");
    let many: &[&str] = &["-D", "-0.01", "--flows", "8", "--threads", "2"];
    for (name, interim) in [("whole", &[][..]), ("intervals", &["-D", "-0.01"]), ("many", many)] {
        let log = directory.path().join(name);
        let document = logged(&log, &[&["-l", "-1000"], interim].concat());
        let merged = &merge(&[&log], &[])["tags"][0];
        assert_eq!(merged["round_trip"], document["round_trip"]);
        let intervals = document["interims"].as_array().expect("rows").len().max(1);
        assert_eq!(merged["intervals"], intervals);
        let Some(found) = by_python(&log) else { return };
        assert_within(&found["round_trip"], &document["round_trip"]);
        assert_eq!((&found["intervals"], &found["tags"]), (&intervals.into(), &serde_json::json!([null])));
        let seconds = |of: &Value| of["start_s"].as_f64().or(of["started_s"].as_f64()).expect("a time");
        // The log begins before the connection, by at most what a test may take.
        assert!((0.0..30.0).contains(&(seconds(&document) - seconds(&found) + 0.001)), "{document} {found}");
    }
}

#[test]
fn merging_clients_gives_the_whole_to_us_and_to_the_public_reader() {
    let directory = tempfile::tempdir().expect("a directory");
    let [first, second, hooked, whole] = ["a", "b", "c", "whole"].map(|name| directory.path().join(name));
    let first_run = logged(&first, &["-l", "-600", "-D", "-0.01"]);
    let second_run = logged(&second, &["-l", "-400"]);
    logged(&hooked, &["-l", "-100", "--hook", "native"]);
    let merged = merge(&[&first, &second], &["--hdr-log", whole.to_str().expect("text")]);
    let round_trip = &merged["tags"][0]["round_trip"];
    assert_eq!(round_trip["count"], 1000);
    let bound = |name: &str| [&first_run, &second_run].map(|run| run["round_trip"][name].as_u64().expect(name));
    assert_eq!(round_trip["min_ns"].as_u64(), bound("min_ns").into_iter().min());
    assert_eq!(round_trip["max_ns"].as_u64(), bound("max_ns").into_iter().max());
    assert_eq!(merge(&[&whole], &[])["tags"][0]["round_trip"], *round_trip, "nothing is lost on the way");
    let tags = merge(&[&whole, &hooked], &[])["tags"].clone();
    assert_eq!((&tags[0]["tag"], &tags[1]["tag"]), (&Value::Null, &"native@message".into()));
    assert_eq!((&tags[0]["round_trip"], &tags[1]["round_trip"]["count"]), (round_trip, &100.into()));
    let Some(found) = by_python(&whole) else { return };
    assert_within(&found["round_trip"], round_trip);
    assert_eq!(by_python(&hooked).expect("it was there").pointer("/tags/0"), Some(&"native@message".into()));
}

/// Writes 300 values in two intervals, as the package does it.
const WRITER: &str = r#"
import sys
from hdrh.histogram import HdrHistogram
from hdrh.log import HistogramLogWriter
with open(sys.argv[1], "w") as file:
    log = HistogramLogWriter(file)
    log.output_comment("made elsewhere")
    log.output_log_format_version()
    log.output_base_time(1500000000000)
    log.output_legend()
    for second, values in enumerate([range(1, 101), range(1000000, 1200000, 1000)]):
        interval = HdrHistogram(1, 60000000000, 3)
        for value in values:
            interval.record_value(value)
        start = 1500000000000 + 1000 * second
        log.output_interval_histogram(interval, start / 1000, (start + 1000) / 1000)
"#;

#[test]
fn logs_of_the_public_writer_are_merged() {
    let Some(mut python) = hdrhistogram() else { return };
    let directory = tempfile::tempdir().expect("a directory");
    let log = directory.path().join("log");
    let written = run(python.args(["-c", WRITER]).arg(&log));
    assert_eq!(written.code(), 0, "{written}");
    let merged = merge(&[&log, &log], &[]);
    let round_trip = &merged["tags"][0]["round_trip"];
    assert_eq!((&merged["tags"][0]["intervals"], &round_trip["count"]), (&4.into(), &600.into()));
    assert_eq!((&round_trip["min_ns"], &round_trip["max_ns"]), (&1.into(), &1_199_103.into()));
}

#[test]
fn a_log_that_nobody_takes_any_more_ends_the_run_badly() {
    let directory = tempfile::tempdir().expect("a directory");
    let pipe = directory.path().join("pipe");
    assert!(Command::new("mkfifo").arg(&pipe).status().expect("mkfifo").success());
    let words = ["--local", "-l", "0", "-D", "-0.02", "--hdr-log"];
    let running = Running::start(rrgen().args(words).arg(&pipe));
    let mut head = String::new();
    BufReader::new(File::open(&pipe).expect("the pipe")).read_line(&mut head).expect("a line");
    let finished = running.finish();
    assert_eq!(finished.code(), 1, "{finished}");
    let said = format!("rrgen: --hdr-log: cannot write {}: Broken pipe (os error 32); these results", pipe.display());
    assert!(finished.stderr.starts_with(&said) && finished.stdout.contains("Local /Remote"), "{finished}");
}

#[test]
fn an_interrupted_run_leaves_its_intervals() {
    let directory = tempfile::tempdir().expect("a directory");
    let log = directory.path().join("log");
    let words = ["--local", "-l", "0", "-D", "-0.05", "--interim-latency", "--hdr-log"];
    let mut running = Running::start(rrgen().args(words).arg(&log));
    running.wait_for("Interim result:");
    running.signal(Signal::INT);
    let finished = running.finish();
    assert_eq!(finished.code(), 0, "{finished}");
    let sample = Sample::load("bs-sigint-l10");
    assert_eq!(mask(&finished.stdout), mask(&sample.stdout), "stdout is netperf's");
    let lines = finished.stderr.lines().collect::<Vec<_>>();
    assert!(lines.iter().all(|line| line.starts_with("rrgen: interim round trip (us, ")), "{finished}");
    let interims = finished.stdout.lines().filter(|line| line.starts_with("Interim result:")).count();
    assert_eq!((lines.len(), &merge(&[&log], &[])["tags"][0]["intervals"]), (interims, &interims.into()));
}

/// No part of logs passes for the whole.
#[test]
fn a_log_that_is_cut_off_ends_the_merging_with_its_name_and_line() {
    let directory = tempfile::tempdir().expect("a directory");
    let [whole, cut] = ["whole", "cut"].map(|name| directory.path().join(name));
    logged(&whole, &["-l", "-100"]);
    let mut text = fs::read(&whole).expect("the log");
    let last = text.iter().filter(|&&byte| byte == b'\n').count();
    text.truncate(text.len() - 20);
    fs::write(&cut, text).expect("a file");
    let finished: Finished = run(rrgen().arg("merge").args([&whole, &cut]));
    assert_eq!((finished.code(), finished.stdout.as_str()), (1, ""), "{finished}");
    let expected =
        format!("rrgen merge: {}: line {last}: expected a whole line; the file was cut off\n", cut.display());
    assert_eq!(finished.stderr, expected);
    let text = run(rrgen().arg("merge").arg(&whole));
    assert_eq!((text.code(), text.stdout.lines().nth(2)), (0, Some("transactions            100")), "{text}");
}

#[test]
fn a_log_that_cannot_be_written_is_told_before_the_run() {
    for (file, why) in [("/nowhere/log", "No such file or directory"), ("/dev/full", "No space left on device")] {
        let finished = run(rrgen().args(["--local", "-l", "3600", "--hdr-log", file]));
        assert_eq!((finished.code(), finished.stdout.as_str()), (1, ""), "{finished}");
        assert!(finished.stderr.starts_with(&format!("rrgen: --hdr-log: cannot write {file}: {why}")), "{finished}");
    }
}
