//! The report on a comparison, for programs: the analysis, and every raw row it was made from.

use serde::Serialize;

use super::{EffectShape, IntervalShape, VERSION, line, told};
use crate::analysis::{Analysis, ContrastFigures, VariantFigures};
use crate::results::{Header, Results, Round, Slot};
use crate::stats::bootstrap::LatencyPercentile;

#[derive(Debug, Serialize)]
struct ComparisonReport<'a> {
    kind: &'static str,
    version: u32,
    header: &'a Header,
    variants: Vec<VariantShape<'a>>,
    contrasts: Vec<ContrastShape<'a>>,
    rounds: &'a [Round],
    slots: &'a [Slot],
}

#[derive(Debug, Serialize)]
struct VariantShape<'a> {
    name: &'a str,
    ns_per_transaction: f64,
    round_trip: Vec<PercentileShape>,
}

#[derive(Debug, Serialize)]
struct PercentileShape {
    percentile: f64,
    ns: u64,
    interval_95: Option<IntervalShape>,
}

#[derive(Debug, Serialize)]
struct ContrastShape<'a> {
    variant: &'a str,
    reference: &'a str,
    rounds: usize,
    time_ns: EffectShape,
    time_percent: EffectShape,
    rate_percent: EffectShape,
    own_cost_ns: Option<f64>,
    verdict: Option<String>,
    withheld: Vec<String>,
}

/// One line of JSON about a comparison.
pub(in crate::report) fn of_comparison(results: &Results, analysis: &Analysis) -> String {
    line(&ComparisonReport {
        kind: "comparison-report",
        version: VERSION,
        header: &results.header,
        variants: analysis.variants.iter().map(VariantShape::from).collect(),
        contrasts: analysis.contrasts.iter().map(|figures| ContrastShape::new(figures, analysis)).collect(),
        rounds: &results.rounds,
        slots: &results.slots,
    })
}

impl<'a> From<&'a VariantFigures> for VariantShape<'a> {
    fn from(figures: &'a VariantFigures) -> Self {
        // The distribution is in the raw rows, too.
        let VariantFigures { name, ns_per_transaction, percentiles, distribution: _ } = figures;
        let round_trip = percentiles.iter().map(PercentileShape::from).collect();
        Self { name, ns_per_transaction: *ns_per_transaction, round_trip }
    }
}

impl From<&LatencyPercentile> for PercentileShape {
    fn from(found: &LatencyPercentile) -> Self {
        let &LatencyPercentile { percentile, latency_ns, interval } = found;
        Self { percentile, ns: latency_ns, interval_95: interval.map(Into::into) }
    }
}

impl<'a> ContrastShape<'a> {
    fn new(figures: &ContrastFigures, analysis: &'a Analysis) -> Self {
        let contrast = &figures.contrast;
        Self {
            variant: &analysis.variants[figures.pair.variant].name,
            reference: &analysis.variants[figures.pair.reference].name,
            rounds: contrast.rounds,
            time_ns: contrast.time_ns().into(),
            time_percent: contrast.time_percent().into(),
            rate_percent: contrast.rate_percent().into(),
            own_cost_ns: figures.own_cost_ns,
            verdict: figures.verdict.as_ref().ok().map(ToString::to_string),
            withheld: told(&figures.verdict),
        }
    }
}
