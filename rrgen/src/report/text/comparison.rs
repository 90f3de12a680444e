//! A comparison as text: what each variant did, the contrasts with their intervals, and the conditions.

use super::footer::footer;
use super::table::Table;
use super::{percent_interval, reasons};
use crate::analysis::{Analysis, ContrastFigures, PERCENTILES};
use crate::report::words::{NOTHING, signed, verdict_or_withheld};
use crate::results::Results;
use crate::stats::scale::{NS_PER_US, reciprocal};

/// The report on a comparison.
pub(in crate::report) fn of_comparison(results: &Results, analysis: &Analysis) -> String {
    let withheld = analysis.contrasts.iter().filter_map(|figures| figures.verdict.as_ref().err()).flatten();
    let reasons = reasons(withheld.map(|reason| format!("{reason}: {}", reason.advice())));
    format!("{}\n{}{reasons}\n{}", variants(analysis), contrasts(analysis), footer(results, analysis.margin))
}

fn variants(analysis: &Analysis) -> Table {
    let percentiles = PERCENTILES.map(|percentile| format!("p{percentile} us"));
    let headings = ["variant", "trans/s", "ns/trans"].into_iter().chain(percentiles.iter().map(String::as_str));
    let mut table = Table::new(headings);
    for variant in &analysis.variants {
        let ns = variant.ns_per_transaction;
        let round_trip = |place: usize| {
            let found = variant.percentiles.get(place);
            found.map_or(NOTHING.into(), |found| format!("{:.2}", found.latency_ns as f64 / NS_PER_US))
        };
        let figures = [variant.name.clone(), format!("{:.1}", reciprocal(ns)), format!("{ns:.0}")];
        table.row(figures.into_iter().chain((0..PERCENTILES.len()).map(round_trip)));
    }
    table
}

fn contrasts(analysis: &Analysis) -> Table {
    let headings = ["contrast", "time/trans", "", "95 % interval", "rate", "95 % interval", "verdict"];
    // Columns for hooks are left out where there is none.
    let hooked = analysis.contrasts.iter().any(|figures| figures.own_cost_ns.is_some());
    let own_cost = ["own cost", "cost/effect"].into_iter().filter(|_| hooked);
    let mut table = Table::new(headings.into_iter().chain(own_cost));
    for figures in &analysis.contrasts {
        table.row(effect(figures, analysis).into_iter().chain(cost(figures).into_iter().filter(|_| hooked)));
    }
    table
}

fn effect(figures: &ContrastFigures, analysis: &Analysis) -> [String; 7] {
    let name = |variant: usize| &analysis.variants[variant].name;
    let contrast = &figures.contrast;
    let (time, rate) = (contrast.time_percent(), contrast.rate_percent());
    [
        format!("{} / {}", name(figures.pair.variant), name(figures.pair.reference)),
        format!("{} ns", signed(contrast.time_ns().estimate, 0)),
        format!("{} %", signed(time.estimate, 2)),
        percent_interval(time.p95),
        format!("{} %", signed(rate.estimate, 2)),
        percent_interval(rate.p95),
        verdict_or_withheld(&figures.verdict),
    ]
}

/// The hook's own cost, and what part of the effect it explains.
fn cost(figures: &ContrastFigures) -> [String; 2] {
    let cost = figures.own_cost_ns.map(|cost_ns| format!("{cost_ns:.0} ns"));
    let explained = figures.explained().map(|part| format!("{part:.2}"));
    [cost, explained].map(|cell| cell.unwrap_or_else(|| NOTHING.into()))
}
