//! Intervals of latency percentiles, by resampling whole rounds.
//!
//! Transactions of one round are not independent, and a percentile has no signed-rank interval. So rounds are drawn
//! with replacement, their histograms merged and the percentile taken, many times over; the middle 95 % of what comes
//! out is the interval. The running counts of each round are laid side by side once, which makes a merge a sum of
//! few numbers instead of thousands.

use hdrhistogram::Histogram;
use rand::RngExt;
use rand::rngs::ChaCha8Rng;
use thiserror::Error;

use super::interval::{Interval, Level};
use super::seeded::Purpose;
use super::signed_rank::{Depth, MAX_VALUES};

/// How often the rounds are drawn. One less than a round number, so that the ends of a 95 % interval are drawn values
/// (the 50th from either side) and not interpolated.
const RESAMPLES: usize = 1_999;

/// Why there are no percentiles.
#[derive(Clone, Copy, Debug, Error, PartialEq)]
pub enum BootstrapError {
    /// There is no round, or one more than can be taken.
    #[error("{rounds} rounds, between 1 and {MAX_VALUES} can be taken")]
    Rounds {
        /// How many there are.
        rounds: usize,
    },
    /// A round has nothing in its histogram.
    #[error("round {round} (from 0) has no transactions: leave it out or measure it again")]
    EmptyRound {
        /// The first such round.
        round: usize,
    },
    /// There is no such percentile.
    #[error("{0} is not a percentile above 0, at most 100")]
    Percentile(f64),
}

/// A latency percentile of all rounds merged.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LatencyPercentile {
    /// Which percentile, above 0 to 100.
    pub percentile: f64,
    /// The latency that so many percent of the transactions do not exceed, ns.
    pub latency_ns: u64,
    /// The 95 % interval over rounds, ns, with nominal coverage; `None` when the rounds are too few for any.
    pub interval: Option<Interval>,
}

/// The given percentiles over rounds whose histograms hold latencies in ns.
///
/// # Errors
/// When there are no rounds or too many, one is empty, or a percentile is out of range.
pub fn latency_percentiles(
    rounds: &[Histogram<u64>],
    percentiles: &[f64],
    seed: u64,
) -> Result<Vec<LatencyPercentile>, BootstrapError> {
    if let Some(&percentile) = percentiles.iter().find(|&&percentile| !(percentile > 0.0 && percentile <= 100.0)) {
        return Err(BootstrapError::Percentile(percentile));
    }
    let counts = RunningCounts::new(rounds)?;
    let once = vec![1; rounds.len()];
    let draws = if rounds.len() < Depth::fewest_values(Level::P95) { Vec::new() } else { draws(rounds.len(), seed) };
    let estimates = percentiles.iter().map(|&percentile| {
        let resampled = draws.iter().map(|times| counts.percentile(percentile, times)).collect();
        let latency_ns = counts.percentile(percentile, &once);
        LatencyPercentile { percentile, latency_ns, interval: middle(resampled) }
    });
    Ok(estimates.collect())
}

/// How often each round is taken, for every resample.
fn draws(rounds: usize, seed: u64) -> Vec<Vec<u32>> {
    let mut rng = Purpose::Bootstrap.rng(seed);
    let draw = |rng: &mut ChaCha8Rng| {
        let mut times = vec![0; rounds];
        (0..rounds).for_each(|_| times[rng.random_range(0..rounds)] += 1);
        times
    };
    (0..RESAMPLES).map(|_| draw(&mut rng)).collect()
}

/// The middle 95 % of the values, or nothing of nothing.
fn middle(mut values: Vec<u64>) -> Option<Interval> {
    values.sort_unstable();
    let depth = (Level::P95.alpha() / 2.0 * (values.len() + 1) as f64).round() as usize;
    let low = *values.get(depth.checked_sub(1)?)?;
    let high = values[values.len() - depth];
    Some(Interval { low: low as f64, high: high as f64, coverage: 1.0 - Level::P95.alpha() })
}

/// For every latency that occurs, how many transactions of each round were at most as slow.
struct RunningCounts {
    /// In rising order, ns.
    latencies: Vec<u64>,
    /// A row of one count per round for each latency.
    rows: Vec<Vec<u64>>,
}

impl RunningCounts {
    fn new(rounds: &[Histogram<u64>]) -> Result<Self, BootstrapError> {
        if rounds.is_empty() || rounds.len() > MAX_VALUES {
            return Err(BootstrapError::Rounds { rounds: rounds.len() });
        }
        if let Some(round) = rounds.iter().position(Histogram::is_empty) {
            return Err(BootstrapError::EmptyRound { round });
        }
        let mut recorded: Vec<(u64, usize, u64)> = Vec::new();
        for (round, histogram) in rounds.iter().enumerate() {
            let values = histogram.iter_recorded();
            recorded.extend(values.map(|value| (value.value_iterated_to(), round, value.count_at_value())));
        }
        recorded.sort_unstable();
        let mut counts = Self { latencies: Vec::new(), rows: Vec::new() };
        let mut running = vec![0_u64; rounds.len()];
        for same in recorded.chunk_by(|a, b| a.0 == b.0) {
            for &(_, round, count) in same {
                running[round] = running[round].saturating_add(count);
            }
            counts.latencies.push(same[0].0);
            counts.rows.push(running.clone());
        }
        Ok(counts)
    }

    /// The percentile when each round is taken so many times.
    fn percentile(&self, percentile: f64, times: &[u32]) -> u64 {
        let merged = |row: &Vec<u64>| -> u128 {
            row.iter().zip(times).map(|(&count, &times)| u128::from(count) * u128::from(times)).sum()
        };
        let last = self.rows.len() - 1;
        let total = merged(&self.rows[last]);
        let rank = ((percentile / 100.0 * total as f64).ceil() as u128).clamp(1, total);
        self.latencies[self.rows.partition_point(|row| merged(row) < rank)]
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const SEED: u64 = 2019;
    const DIGITS: u8 = 3;

    fn histogram(latencies: impl IntoIterator<Item = u64>) -> Histogram<u64> {
        let mut histogram = Histogram::new(DIGITS).unwrap();
        latencies.into_iter().for_each(|latency_ns| histogram.record(latency_ns).unwrap());
        histogram
    }

    /// Rounds of a hundred transactions from 20 to 30 µs, each round 100 ns slower than the one before.
    fn drifting(rounds: u64) -> Vec<Histogram<u64>> {
        (0..rounds).map(|round| histogram((0..100).map(|n| 20_000 + 100 * (n + round)))).collect()
    }

    #[test]
    fn the_interval_spans_what_differs_between_rounds() {
        let [median] = latency_percentiles(&drifting(12), &[50.0], SEED).unwrap().try_into().unwrap();
        let interval = median.interval.unwrap();
        assert!(interval.contains(median.latency_ns as f64));
        // The medians of the rounds lie evenly over 1,100 ns: a standard error of about 100 ns.
        assert!((300.0..500.0).contains(&(2.0 * interval.half_width())), "{interval:?}");
    }

    #[test]
    fn equal_rounds_leave_no_doubt() {
        let rounds = vec![histogram([100, 200, 300]); 12];
        for found in latency_percentiles(&rounds, &[1.0, 50.0, 100.0], SEED).unwrap() {
            assert_eq!(found.interval.unwrap().half_width(), 0.0, "{found:?}");
        }
    }

    #[test]
    fn a_seed_gives_the_same_interval_again() {
        let with = |seed| latency_percentiles(&drifting(12), &[99.0], seed).unwrap();
        assert_eq!(with(SEED), with(SEED));
        assert!((0..20).any(|other| with(other) != with(SEED)));
    }

    #[test]
    fn too_few_rounds_have_no_interval() {
        let few = latency_percentiles(&drifting(5), &[50.0], SEED).unwrap();
        assert_eq!(few[0].interval, None);
        assert!(latency_percentiles(&drifting(6), &[50.0], SEED).unwrap()[0].interval.is_some());
    }

    #[test]
    fn what_has_no_percentile_is_refused() {
        let refused = |rounds: &[Histogram<u64>], percentile| {
            latency_percentiles(rounds, &[percentile], SEED).unwrap_err().to_string()
        };
        assert_eq!(refused(&[], 50.0), "0 rounds, between 1 and 1000 can be taken");
        assert!(refused(&[histogram([1]), histogram([])], 50.0).starts_with("round 1 (from 0) has no transactions"));
        for percentile in [0.0, -1.0, 100.1, f64::NAN] {
            assert!(refused(&drifting(6), percentile).ends_with("is not a percentile above 0, at most 100"));
        }
    }

    #[test]
    fn huge_counts_do_not_overflow() {
        let mut full = histogram([]);
        full.record_n(5, u64::MAX).unwrap();
        let found = latency_percentiles(&vec![full; 12], &[100.0], SEED).unwrap();
        assert_eq!(found[0].latency_ns, 5);
    }

    proptest! {
        #[test]
        fn the_percentile_is_that_of_the_merged_histogram(
            rounds in prop::collection::vec(prop::collection::vec(1..10_000_000_u64, 1..50), 1..6),
            percentile in 0.1..100.0_f64,
        ) {
            let rounds: Vec<_> = rounds.into_iter().map(histogram).collect();
            let merged = rounds.iter().fold(histogram([]), |sum, round| sum + round);
            let found = latency_percentiles(&rounds, &[percentile], SEED).unwrap();
            prop_assert_eq!(found[0].latency_ns, merged.value_at_percentile(percentile));
        }
    }
}
