//! A record as text: the means that it has always shown, and the intervals or reasons that it has not.

use std::path::Path;

use super::table::Table;
use super::{percent_interval, reasons};
use crate::record::findings::Findings;
use crate::report::words::{ADVICE, extent, signed, verdict_or_withheld};
use crate::stats::scale::reciprocal;

/// The report on one record.
pub(in crate::report) fn of_record(file: &Path, findings: &Findings) -> String {
    let doubts = findings.comparisons.iter().filter_map(|found| found.verdict.as_ref().err()).flatten();
    let reasons = reasons(doubts.map(ToString::to_string));
    let advice = if reasons.is_empty() { String::new() } else { format!("{ADVICE}\n") };
    let (file, extent) = (file.display(), extent(findings));
    format!("{file}: {extent}\n\n{}\n{}{reasons}{advice}", groups(findings), comparisons(findings))
}

fn groups(findings: &Findings) -> Table {
    let mut table = Table::new(["variant", "runs", "interim lines", "mean trans/s", "ns/trans"]);
    for group in &findings.groups {
        table.row([
            group.name.clone(),
            group.rates.len().to_string(),
            group.interim_lines.to_string(),
            format!("{:.2}", group.mean_rate),
            format!("{:.0}", reciprocal(group.mean_rate)),
        ]);
    }
    table
}

fn comparisons(findings: &Findings) -> Table {
    let mut table = Table::new(["comparison", "ratio", "rate", "95 % interval", "time", "verdict"]);
    for found in &findings.comparisons {
        let [variant, reference] = [found.variant, found.reference].map(|group| &findings.groups[group]);
        table.row([
            format!("{} / {}", variant.name, reference.name),
            format!("{:.4}", found.ratio),
            format!("{} %", signed(found.percent(), 2)),
            percent_interval(found.contrast.and_then(|contrast| contrast.rate_percent().p95)),
            format!("{} ns", signed(reciprocal(variant.mean_rate) - reciprocal(reference.mean_rate), 0)),
            verdict_or_withheld(&found.verdict),
        ]);
    }
    table
}
