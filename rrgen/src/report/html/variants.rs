//! What every variant did by itself, in numbers.

use super::markup::{Element, element};
use super::table::{Column, nothing, number, table, words};
use crate::analysis::{Analysis, PERCENTILES, VariantFigures};
use crate::stats::bootstrap::LatencyPercentile;
use crate::stats::scale::{NS_PER_US, reciprocal};

/// The columns; the percentiles are those of the analysis.
const COLUMNS: [Column; 3 + PERCENTILES.len()] = [
    Column::Text("variant"),
    Column::Number("transactions/s"),
    Column::Number("ns/transaction"),
    Column::Number("p50, µs"),
    Column::Number("p90, µs"),
    Column::Number("p99, µs"),
    Column::Number("p99.9, µs"),
];

/// The table of all variants.
pub(super) fn variants(analysis: &Analysis) -> Element {
    let recorded = analysis.variants.iter().any(|figures| !figures.percentiles.is_empty());
    let columns = if recorded { &COLUMNS[..] } else { &COLUMNS[..COLUMNS.len() - PERCENTILES.len()] };
    let rows = analysis.variants.iter().map(|figures| (words(&figures.name), cells(figures)));
    let caption = "Rates over rounds, and percentiles of the round trip with their 95 % intervals";
    table(if recorded { caption } else { "Rates over rounds" }, columns, rows)
}

fn cells(figures: &VariantFigures) -> Vec<Element> {
    let ns = figures.ns_per_transaction;
    let own = [number(reciprocal(ns), format!("{:.1}", reciprocal(ns))), number(ns, format!("{ns:.0}"))];
    let percentile = |place: usize| figures.percentiles.get(place).map_or_else(nothing, round_trip);
    own.into_iter().chain((0..PERCENTILES.len()).map(percentile)).collect()
}

fn round_trip(found: &LatencyPercentile) -> Element {
    let us = |ns: f64| number(ns / NS_PER_US, format!("{:.2}", ns / NS_PER_US));
    let interval = found.interval.map(|interval| {
        element("small").text("[").holding([us(interval.low)]).text(", ").holding([us(interval.high)]).text("]")
    });
    words("").holding([us(found.latency_ns as f64)].into_iter().chain(interval))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_columns_are_those_of_the_analysis() {
        let named = COLUMNS[3..].iter().map(|column| match column {
            Column::Number(name) | Column::Text(name) => *name,
        });
        let expected = PERCENTILES.map(|percentile| format!("p{percentile}, µs"));
        assert_eq!(named.collect::<Vec<_>>(), expected);
    }
}
