//! The report on a text record, for programs.

use std::path::Path;

use serde::Serialize;

use super::{IntervalShape, VERSION, line, told};
use crate::record::findings::{Comparison, Findings, Order, Summary};

/// A report on a text record.
#[derive(Debug, Serialize)]
struct RecordReport<'a> {
    kind: &'static str,
    version: u32,
    source: String,
    order: &'static str,
    variants: Vec<RecordVariant<'a>>,
    comparisons: Vec<RecordComparison<'a>>,
}

#[derive(Debug, Serialize)]
struct RecordVariant<'a> {
    name: &'a str,
    rates: &'a [f64],
    interim_lines: usize,
    mean_rate: f64,
}

#[derive(Debug, Serialize)]
struct RecordComparison<'a> {
    variant: &'a str,
    reference: &'a str,
    ratio: f64,
    rate_percent: f64,
    rate_percent_interval: Option<IntervalShape>,
    verdict: Option<String>,
    withheld: Vec<String>,
}

/// One line of JSON about a record.
pub(in crate::report) fn of_record(file: &Path, findings: &Findings) -> String {
    let report = RecordReport {
        kind: "record-report",
        version: VERSION,
        source: file.display().to_string(),
        order: match findings.order {
            Order::Rounds => "rounds",
            Order::Blocks => "blocks",
        },
        variants: findings.groups.iter().map(RecordVariant::from).collect(),
        comparisons: findings.comparisons.iter().map(|found| RecordComparison::new(found, findings)).collect(),
    };
    line(&report)
}

impl<'a> From<&'a Summary> for RecordVariant<'a> {
    fn from(group: &'a Summary) -> Self {
        let Summary { name, rates, interim_lines, mean_rate } = group;
        Self { name, rates, interim_lines: *interim_lines, mean_rate: *mean_rate }
    }
}

impl<'a> RecordComparison<'a> {
    fn new(found: &'a Comparison, findings: &'a Findings) -> Self {
        Self {
            variant: &findings.groups[found.variant].name,
            reference: &findings.groups[found.reference].name,
            ratio: found.ratio,
            rate_percent: found.percent(),
            rate_percent_interval: found.contrast.and_then(|contrast| contrast.rate_percent().p95).map(Into::into),
            verdict: found.verdict.as_ref().ok().map(ToString::to_string),
            withheld: told(&found.verdict),
        }
    }
}
