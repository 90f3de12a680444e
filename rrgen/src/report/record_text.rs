//! A record as text: the means that it has always shown, and the intervals or reasons that it has not.

use std::fmt::Write;
use std::path::Path;

use super::table::{Table, signed};
use crate::record::findings::{Comparison, Findings, Order, ns};
use crate::stats::interval::Interval;

const ADVICE: &str = "`rrgen compare` measures in rounds, with the baseline twice.";

/// The report on one record.
pub(super) fn render(file: &Path, findings: &Findings) -> String {
    let mut text = String::new();
    // Writing to a string cannot fail.
    let _ =
        writeln!(text, "{}: {}\n\n{}\n{}", file.display(), extent(findings), groups(findings), comparisons(findings));
    let doubts = doubts(findings);
    if !doubts.is_empty() {
        let _ = writeln!(text, "Why there is no verdict:\n{doubts}{ADVICE}");
    }
    text
}

fn extent(findings: &Findings) -> String {
    let runs: usize = findings.groups.iter().map(|group| group.rates.len()).sum();
    let interim: usize = findings.groups.iter().map(|group| group.interim_lines).sum();
    let order = match findings.order {
        Order::Rounds => "in rounds",
        Order::Blocks => "in blocks",
    };
    format!("{} variants, {runs} runs {order}, {interim} interim lines", findings.groups.len())
}

fn groups(findings: &Findings) -> Table {
    let mut table = Table::new(&["variant", "runs", "interim lines", "mean trans/s", "ns/trans"]);
    for group in &findings.groups {
        table.row([
            group.name.clone(),
            group.rates.len().to_string(),
            group.interim_lines.to_string(),
            format!("{:.2}", group.mean_rate),
            format!("{:.0}", ns(group.mean_rate)),
        ]);
    }
    table
}

fn comparisons(findings: &Findings) -> Table {
    let mut table = Table::new(&["comparison", "ratio", "rate", "95 % interval", "time", "verdict"]);
    for found in &findings.comparisons {
        let [variant, reference] = [found.variant, found.reference].map(|group| &findings.groups[group]);
        let interval = found.contrast.and_then(|contrast| contrast.rate_percent().p95);
        table.row([
            format!("{} / {}", variant.name, reference.name),
            format!("{:.4}", found.ratio),
            format!("{} %", signed(found.percent(), 2)),
            interval.map_or("none".into(), interval_text),
            format!("{} ns", signed(ns(variant.mean_rate) - ns(reference.mean_rate), 0)),
            verdict(found),
        ]);
    }
    table
}

fn interval_text(Interval { low, high, .. }: Interval) -> String {
    format!("[{}, {}] %", signed(low, 2), signed(high, 2))
}

fn verdict(found: &Comparison) -> String {
    found.verdict.as_ref().map_or_else(|_| "withheld".into(), ToString::to_string)
}

/// Every doubt once, in the order of the comparisons.
fn doubts(findings: &Findings) -> String {
    let mut told: Vec<String> = Vec::new();
    for doubt in findings.comparisons.iter().filter_map(|found| found.verdict.as_ref().err()).flatten() {
        let line = format!("  {doubt}\n");
        if !told.contains(&line) {
            told.push(line);
        }
    }
    told.concat()
}
