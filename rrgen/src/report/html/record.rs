//! The report on a text record: its means as they have always been shown, run after run, and what may be concluded.

use std::path::Path;

use super::article::{Article, figure};
use super::forest::{Row, forest};
use super::markup::{Element, element};
use super::runs::runs;
use super::table::{Column, change, changes, count, number, table, words};
use super::tone::Tone;
use crate::record::Record;
use crate::record::findings::{Comparison, Findings, Summary};
use crate::report::words::{ADVICE, each_once, extent, verdict_or_withheld};
use crate::stats::interval::Interval;
use crate::stats::scale::reciprocal;
use crate::stats::verdict::Margin;

const GROUPS: [Column; 5] = [
    Column::Text("variant"),
    Column::Number("runs"),
    Column::Number("interim lines"),
    Column::Number("mean transactions/s"),
    Column::Number("ns/transaction"),
];

const COMPARISONS: [Column; 6] = [
    Column::Text("comparison"),
    Column::Number("ratio"),
    Column::Number("rate"),
    Column::Number("95 % interval"),
    Column::Number("time per transaction"),
    Column::Text("verdict"),
];

const HOW_TO_READ: &str = "A point is the ratio of the means, a line a 95 % interval where the order of the runs gives \
    one, the shaded band the margin: changes that are too small to matter.";

const RUN_AFTER_RUN: &str = "Every column is a run: the straight line its rate, the thin one its interim results.";

/// The `number`-th report of a page, on the record in `file`.
pub(super) fn record(number: usize, file: &Path, record: &Record, findings: &Findings, margin: Margin) -> Element {
    let names: Vec<&str> = findings.groups.iter().map(|group| group.name.as_str()).collect();
    let about = format!("{}: {}", file.display(), extent(findings));
    let mut article = Article::new(number, &names.join(", "), &about);
    article.notice("Why there is no verdict", &doubts(findings));
    let rows: Vec<Row> = findings.comparisons.iter().map(|found| row(found, findings)).collect();
    let chart = (!rows.is_empty()).then(|| figure(forest(article.id("forest"), &rows, margin), HOW_TO_READ));
    article.section("effects", "Effects", chart.into_iter().chain([comparisons(findings)]).collect());
    let chart = figure(runs(article.id("runs"), record), RUN_AFTER_RUN);
    article.section("runs", "Runs", vec![chart, groups(findings)]);
    article.finish()
}

/// Every reason against a verdict, and what to do.
fn doubts(findings: &Findings) -> Vec<String> {
    let doubts = findings.comparisons.iter().filter_map(|found| found.verdict.as_ref().err()).flatten();
    let mut told = each_once(doubts.map(ToString::to_string));
    let advice = (!told.is_empty()).then(|| ADVICE.to_owned());
    told.extend(advice);
    told
}

fn groups(findings: &Findings) -> Element {
    let cells = |group: &Summary| {
        let (mean, ns) = (group.mean_rate, reciprocal(group.mean_rate));
        let counts = [group.rates.len(), group.interim_lines].map(|number| count(number as u64));
        counts.into_iter().chain([number(mean, format!("{mean:.2}")), number(ns, format!("{ns:.0}"))]).collect()
    };
    let rows = findings.groups.iter().map(|group| (words(&group.name), cells(group)));
    table("Means of the runs of every variant", &GROUPS, rows)
}

fn comparisons(findings: &Findings) -> Element {
    let row = |found: &Comparison| {
        let [variant, reference] = [found.variant, found.reference].map(|group| &findings.groups[group]);
        let heading = words(&variant.name).holding([element("small").text(format!("against {}", reference.name))]);
        let verdict = words(verdict_or_withheld(&found.verdict));
        let cells = vec![
            number(found.ratio, format!("{:.4}", found.ratio)),
            change(found.percent(), 2, "%"),
            changes(interval(found), 2, "%"),
            change(reciprocal(variant.mean_rate) - reciprocal(reference.mean_rate), 0, "ns"),
            verdict.class(format!("verdict {}", Tone::of(&found.verdict).class())),
        ];
        (heading, cells)
    };
    table("Ratios of the means", &COMPARISONS, findings.comparisons.iter().map(row))
}

fn row(found: &Comparison, findings: &Findings) -> Row {
    let [variant, reference] = [found.variant, found.reference].map(|group| findings.groups[group].name.clone());
    let (verdict, tone) = (verdict_or_withheld(&found.verdict), Tone::of(&found.verdict));
    Row { variant, reference, estimate: found.percent(), interval: interval(found), verdict, tone }
}

/// The 95 % interval of the change of the rate, %.
fn interval(found: &Comparison) -> Option<Interval> {
    found.contrast.and_then(|contrast| contrast.rate_percent().p95)
}
