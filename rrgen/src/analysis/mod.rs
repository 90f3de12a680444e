//! From raw rows to what is reported: figures per variant, contrasts, verdicts or reasons against one.
//!
//! Between the results, which know no statistics, and the statistics, which know no variants. Whoever reports reads
//! an [`Analysis`], so every format shows the same numbers.

mod conditions;
mod distribution;
mod times;

pub use distribution::{Distribution, Share};

use hdrhistogram::Histogram;

use crate::results::{Pair, Results, Round};
use crate::stats::bootstrap::{LatencyPercentile, latency_percentiles};
use crate::stats::contrast::Contrast;
use crate::stats::round::Round as RoundEffect;
use crate::stats::signed_rank::SampleError;
use crate::stats::verdict::{Margin, Verdict, judge};
use crate::stats::withheld::{Ledger, Withheld};

/// The percentiles of the round trip that are reported.
pub const PERCENTILES: [f64; 4] = [50.0, 90.0, 99.0, 99.9];

/// Everything that the results say.
#[derive(Debug, Clone, PartialEq)]
pub struct Analysis {
    /// The change of the rate that is too small to matter, which the verdicts are about.
    pub margin: Margin,
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
    /// Every round trip of all rounds; empty where they were not recorded.
    pub distribution: Distribution,
}

/// What one variant did against another.
#[derive(Debug, Clone, PartialEq)]
pub struct ContrastFigures {
    /// Which against which.
    pub pair: Pair,
    /// Effect and intervals.
    pub contrast: Contrast,
    /// What each round says by itself, in order.
    pub rounds: Vec<RoundEffect>,
    /// What the variant's hook cost by its own clock, ns per transaction; `None` without a hook or a clock.
    pub own_cost_ns: Option<f64>,
    /// The verdict, or every reason against one.
    pub verdict: Result<Verdict, Vec<Withheld>>,
}

impl ContrastFigures {
    /// The part of the effect on time that the own cost explains; `None` without a cost, or an effect to explain.
    #[must_use]
    pub fn explained(&self) -> Option<f64> {
        self.own_cost_ns.map(|cost_ns| cost_ns / self.contrast.time_ns().estimate).filter(|part| part.is_finite())
    }
}

impl Analysis {
    /// Analyses `results`, of which at least one round must be finished.
    ///
    /// # Errors
    /// There is nothing to analyse.
    pub fn new(results: &Results, margin: Margin) -> Result<Self, SampleError> {
        let pairs = &results.header.contrasts;
        let sampled: Result<Vec<_>, _> = pairs.iter().map(|&pair| sampled(results, pair)).collect();
        let sampled = sampled?;
        let floor = sampled.first().map(|(_, contrast)| *contrast).ok_or(SampleError::Empty)?;
        let figures = |(&pair, (rounds, contrast))| {
            let conditions = conditions::of(results, pair);
            let verdict = judge(&contrast, &floor, &conditions, margin);
            let own_cost_ns = conditions::own_cost_ns(results, pair.variant);
            ContrastFigures { pair, contrast, rounds, own_cost_ns, verdict }
        };
        let variants: Result<_, _> = (0..results.header.variants.len()).map(|index| variant(results, index)).collect();
        Ok(Self { margin, variants: variants?, contrasts: pairs.iter().zip(sampled).map(figures).collect() })
    }
}

/// The contrasts alone, for whoever only asks how precise they are.
///
/// # Errors
/// There is nothing to analyse.
pub fn contrasts(results: &Results) -> Result<Vec<(Pair, Contrast)>, SampleError> {
    results.header.contrasts.iter().map(|&pair| Ok((pair, sampled(results, pair)?.1))).collect()
}

/// The rounds of a contrast, and what they say together.
fn sampled(results: &Results, pair: Pair) -> Result<(Vec<RoundEffect>, Contrast), SampleError> {
    let rounds = times::rounds(results, pair)?;
    let contrast = Contrast::from_rounds(&rounds)?;
    Ok((rounds, contrast))
}

/// The first ledger that does not fit the transactions of its variant.
#[must_use]
pub fn misfit(results: &Results) -> Option<Ledger> {
    let variants = 0..results.header.variants.len();
    variants.filter_map(|variant| conditions::balance(results, variant)).find(|ledger| !ledger.fits())
}

fn variant(results: &Results, index: usize) -> Result<VariantFigures, SampleError> {
    // Against itself a variant differs by nothing; what remains is its own time.
    let (_, itself) = sampled(results, Pair { variant: index, reference: index })?;
    let histograms = histograms(results, index);
    Ok(VariantFigures {
        name: results.header.variants[index].name.clone(),
        ns_per_transaction: itself.reference_ns,
        percentiles: percentiles(results, &histograms),
        distribution: Distribution::of(&histograms),
    })
}

/// The round trips of a variant, round by round; none unless every round recorded them.
fn histograms(results: &Results, variant: usize) -> Vec<Histogram<u64>> {
    let histogram = |round: &Round| round.variants[variant].round_trips.histogram();
    results.rounds.iter().map(histogram).collect::<Option<_>>().unwrap_or_default()
}

fn percentiles(results: &Results, rounds: &[Histogram<u64>]) -> Vec<LatencyPercentile> {
    // Without round trips there are no percentiles, which is not an error of the comparison.
    latency_percentiles(rounds, &PERCENTILES, results.header.settings.seed).unwrap_or_default()
}

#[cfg(test)]
mod tests;
