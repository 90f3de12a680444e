//! What came out of merging, for people and for programs.

use std::fmt::Write;
use std::path::PathBuf;

use hooks::ledger::printable;
use serde::Serialize;

use super::merged::{Merged, Total};
use crate::latency::{NS_PER_US, Summary};

/// Version of the document; any change of meaning raises it.
const VERSION: u32 = 1;

#[derive(Debug, Serialize)]
struct MergeReport<'a> {
    kind: &'static str,
    version: u32,
    program: &'static str,
    sources: Vec<String>,
    tags: Vec<TagShape<'a>>,
}

#[derive(Debug, Serialize)]
struct TagShape<'a> {
    tag: Option<&'a str>,
    intervals: u64,
    start_s: f64,
    length_s: f64,
    round_trip: Option<Summary>,
}

/// One line of JSON.
pub(super) fn json(files: &[PathBuf], merged: &Merged) -> String {
    let shape = |(tag, total): (_, &Total)| TagShape {
        tag,
        intervals: total.intervals,
        start_s: total.start_s,
        length_s: total.length_s(),
        round_trip: Summary::of_some(&total.histogram),
    };
    let report = MergeReport {
        kind: "merge-report",
        version: VERSION,
        program: concat!("rrgen ", env!("CARGO_PKG_VERSION")),
        sources: files.iter().map(|file| file.display().to_string()).collect(),
        tags: merged.totals().map(shape).collect(),
    };
    let mut json = serde_json::to_string(&report).expect("reports have string keys only");
    json.push('\n');
    json
}

/// A block of lines per tag, in microseconds.
pub(super) fn text(files: &[PathBuf], merged: &Merged) -> String {
    let logs = files.len();
    merged.totals().map(|(tag, total)| block(tag, total, logs)).collect::<Vec<_>>().join("\n")
}

fn block(tag: Option<&str>, total: &Total, logs: usize) -> String {
    let mut text = String::new();
    let mut line = |name: &str, value: String| {
        // Writing to a string does not fail.
        let _ = writeln!(text, "{name:<12} {value:>14}");
    };
    if let Some(tag) = tag {
        line("tag", printable(tag));
    }
    let found = Summary::of(&total.histogram);
    line("logs", logs.to_string());
    line("intervals", total.intervals.to_string());
    line("seconds", format!("{:.3}", total.length_s()));
    line("transactions", found.count.to_string());
    let mut us = |name: &str, ns: f64| line(name, format!("{:.2} us", ns / NS_PER_US));
    us("min", found.min_ns as f64);
    us("mean", found.mean_ns);
    us("stddev", found.stddev_ns);
    us("p50", found.p50_ns as f64);
    us("p90", found.p90_ns as f64);
    us("p99", found.p99_ns as f64);
    us("p99.9", found.p999_ns as f64);
    us("p99.99", found.p9999_ns as f64);
    us("p99.999", found.p99999_ns as f64);
    us("max", found.max_ns as f64);
    text
}
