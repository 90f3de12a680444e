//! From raw rows to what is reported: figures per variant, contrasts, verdicts or reasons against one.
//!
//! Between the results, which know no statistics, and the statistics, which know no variants. Whoever reports reads
//! an [`Analysis`], so every format shows the same numbers.

mod conditions;
mod times;

use crate::results::{Pair, Results, Round};
use crate::stats::bootstrap::{LatencyPercentile, latency_percentiles};
use crate::stats::contrast::Contrast;
use crate::stats::signed_rank::SampleError;
use crate::stats::verdict::{Margin, Verdict, judge};
use crate::stats::withheld::{Ledger, Withheld};

/// The percentiles of the round trip that are reported.
pub const PERCENTILES: [f64; 4] = [50.0, 90.0, 99.0, 99.9];

/// Everything that the results say.
#[derive(Debug, Clone, PartialEq)]
pub struct Analysis {
    /// In the order of the results' variants.
    pub variants: Vec<VariantFigures>,
    /// In the order of the results' contrasts; the first is the noise floor.
    pub contrasts: Vec<ContrastFigures>,
}

/// What one variant did.
#[derive(Debug, Clone, PartialEq)]
pub struct VariantFigures {
    /// Its name.
    pub name: String,
    /// Time per transaction, ns: the centre over rounds.
    pub ns_per_transaction: f64,
    /// Round trips, with 95 % intervals over rounds; empty where they were not recorded.
    pub percentiles: Vec<LatencyPercentile>,
}

/// What one variant did against another.
#[derive(Debug, Clone, PartialEq)]
pub struct ContrastFigures {
    /// Which against which.
    pub pair: Pair,
    /// Effect and intervals.
    pub contrast: Contrast,
    /// What the variant's hook cost by its own clock, ns per transaction; `None` without a hook or a clock.
    pub own_cost_ns: Option<f64>,
    /// The verdict, or every reason against one.
    pub verdict: Result<Verdict, Vec<Withheld>>,
}

impl Analysis {
    /// Analyses `results`, of which at least one round must be finished.
    ///
    /// # Errors
    /// There is nothing to analyse.
    pub fn new(results: &Results, margin: Margin) -> Result<Self, SampleError> {
        let contrasts = contrasts(results)?;
        let floor = contrasts.first().map(|(_, contrast)| *contrast).ok_or(SampleError::Empty)?;
        let figures = |(pair, contrast)| {
            let conditions = conditions::of(results, pair);
            let verdict = judge(&contrast, &floor, &conditions, margin);
            ContrastFigures { pair, contrast, own_cost_ns: conditions::own_cost_ns(results, pair.variant), verdict }
        };
        let variants: Result<_, _> = (0..results.header.variants.len()).map(|index| variant(results, index)).collect();
        Ok(Self { variants: variants?, contrasts: contrasts.into_iter().map(figures).collect() })
    }
}

/// The contrasts alone, for whoever only asks how precise they are.
///
/// # Errors
/// There is nothing to analyse.
pub fn contrasts(results: &Results) -> Result<Vec<(Pair, Contrast)>, SampleError> {
    results.header.contrasts.iter().map(|&pair| Ok((pair, times::contrast(results, pair)?))).collect()
}

/// The first ledger that does not fit the transactions of its variant.
#[must_use]
pub fn misfit(results: &Results) -> Option<Ledger> {
    let variants = 0..results.header.variants.len();
    variants.filter_map(|variant| conditions::balance(results, variant)).find(|ledger| !ledger.fits())
}

fn variant(results: &Results, index: usize) -> Result<VariantFigures, SampleError> {
    // Against itself a variant differs by nothing; what remains is its own time.
    let itself = times::contrast(results, Pair { variant: index, reference: index })?;
    Ok(VariantFigures {
        name: results.header.variants[index].name.clone(),
        ns_per_transaction: itself.reference_ns,
        percentiles: percentiles(results, index),
    })
}

fn percentiles(results: &Results, variant: usize) -> Vec<LatencyPercentile> {
    let histogram = |round: &Round| round.variants[variant].round_trips.histogram();
    let rounds: Option<Vec<_>> = results.rounds.iter().map(histogram).collect();
    // Without round trips there are no percentiles, which is not an error of the comparison.
    rounds
        .and_then(|rounds| latency_percentiles(&rounds, &PERCENTILES, results.header.settings.seed).ok())
        .unwrap_or_default()
}

#[cfg(test)]
mod tests;
