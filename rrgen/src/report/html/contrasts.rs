//! What every variant did against its reference, in numbers.

use super::forest::Row;
use super::markup::{Element, element};
use super::table::{Column, change, changes, minus, nothing, number, table, words};
use super::tone::Tone;
use crate::analysis::{Analysis, ContrastFigures};
use crate::report::words::verdict_or_withheld;
use crate::stats::contrast::Effect;

/// The columns; the last two only where there is a hook.
const COLUMNS: [Column; 7] = [
    Column::Text("contrast"),
    Column::Number("rate"),
    Column::Number("time per transaction"),
    Column::Number("the same in ns"),
    Column::Text("verdict"),
    Column::Number("hook’s own cost"),
    Column::Number("cost / effect"),
];

/// The columns that only hooks fill.
const OF_HOOKS: usize = 2;

/// The table of all contrasts.
pub(super) fn contrasts(analysis: &Analysis) -> Element {
    let hooked = analysis.contrasts.iter().any(|figures| figures.own_cost_ns.is_some());
    let columns = COLUMNS.len() - if hooked { 0 } else { OF_HOOKS };
    let rows = analysis.contrasts.iter().map(|figures| (heading(figures, analysis), cells(figures)));
    table(
        "Effect on the transaction rate and on the time per transaction, with 95 % intervals",
        &COLUMNS[..columns],
        rows,
    )
}

fn heading(figures: &ContrastFigures, analysis: &Analysis) -> Element {
    let [variant, reference] = names(figures, analysis);
    words(variant).holding([element("small").text(format!("against {reference}"))])
}

fn cells(figures: &ContrastFigures) -> Vec<Element> {
    let contrast = &figures.contrast;
    let effect_ns = contrast.time_ns().estimate;
    let verdict = words(verdict_or_withheld(&figures.verdict));
    let own_cost = figures.own_cost_ns.map(|ns| number(ns, format!("{ns:.0} ns")));
    let explained = figures.explained().map(|part| number(part, minus(&format!("{part:.2}"))));
    vec![
        percent(contrast.rate_percent()),
        percent(contrast.time_percent()),
        change(effect_ns, 0, "ns"),
        verdict.class(format!("verdict {}", Tone::of(&figures.verdict).class())),
        own_cost.unwrap_or_else(nothing),
        explained.unwrap_or_else(nothing),
    ]
}

fn percent(effect: Effect) -> Element {
    let interval = element("small").holding([changes(effect.p95, 2, "%")]);
    words("").holding([change(effect.estimate, 2, "%"), interval])
}

/// The same as rows of a chart.
pub(super) fn rows(analysis: &Analysis) -> Vec<Row> {
    let row = |figures: &ContrastFigures| {
        let rate = figures.contrast.rate_percent();
        let [variant, reference] = names(figures, analysis).map(str::to_owned);
        Row {
            variant,
            reference,
            estimate: rate.estimate,
            interval: rate.p95,
            verdict: verdict_or_withheld(&figures.verdict),
            tone: Tone::of(&figures.verdict),
        }
    };
    analysis.contrasts.iter().map(row).collect()
}

/// The variant and its reference.
pub(super) fn names<'a>(figures: &ContrastFigures, analysis: &'a Analysis) -> [&'a str; 2] {
    [figures.pair.variant, figures.pair.reference].map(|place| analysis.variants[place].name.as_str())
}
