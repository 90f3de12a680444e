//! Which share of a variant's round trips took at most how long.
//!
//! A few percentiles say where to look; the whole distribution says what is there: a second mode, a queue, a stall.

use hdrhistogram::Histogram;

/// One step of a distribution.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Share {
    /// A round trip that occurred, ns.
    pub ns: u64,
    /// How many took at most so long, % of all.
    pub percentile: f64,
}

/// The round trips of all rounds together, in rising order; the last step is the longest, at 100 %.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Distribution {
    /// How many round trips there are.
    pub round_trips: u64,
    /// A step per latency that occurred.
    pub steps: Vec<Share>,
}

impl Distribution {
    /// The rounds of one variant merged; the same steps as those that its percentiles are taken from.
    pub(super) fn of(rounds: &[Histogram<u64>]) -> Self {
        let recorded = |round: &Histogram<u64>| {
            round.iter_recorded().map(|step| (step.value_iterated_to(), step.count_at_value())).collect::<Vec<_>>()
        };
        let mut counts: Vec<(u64, u64)> = rounds.iter().flat_map(recorded).collect();
        counts.sort_unstable();
        let total = counts.iter().fold(0, |sum: u64, (_, count)| sum.saturating_add(*count));
        let mut running = 0_u64;
        let steps = counts.chunk_by(|a, b| a.0 == b.0).map(|same| {
            running = same.iter().fold(running, |sum, (_, count)| sum.saturating_add(*count));
            Share { ns: same[0].0, percentile: 100.0 * (running as f64 / total as f64) }
        });
        Self { steps: steps.collect(), round_trips: total }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::stats::bootstrap::latency_percentiles;

    fn histogram(values: &[u64]) -> Histogram<u64> {
        let mut histogram = Histogram::new(3).unwrap();
        values.iter().for_each(|&ns| histogram.record(ns).unwrap());
        histogram
    }

    #[test]
    fn rounds_are_merged() {
        let merged = Distribution::of(&[histogram(&[10, 30]), histogram(&[10, 20])]);
        let expected = [(10, 50.0), (20, 75.0), (30, 100.0)].map(|(ns, percentile)| Share { ns, percentile });
        assert_eq!(merged, Distribution { round_trips: 4, steps: expected.to_vec() });
        assert_eq!(Distribution::of(&[]), Distribution::default());
    }

    #[test]
    fn more_round_trips_than_can_be_counted_are_as_many_as_can() {
        let mut most = Histogram::new(3).unwrap();
        most.record_n(10, u64::MAX).unwrap();
        let merged = Distribution::of(&[most.clone(), most]);
        assert_eq!(merged.steps, [Share { ns: 10, percentile: 100.0 }]);
    }

    proptest! {
        /// The reported percentiles lie on the curve.
        #[test]
        fn percentiles_and_distribution_agree(
            rounds in prop::collection::vec(prop::collection::vec(1..100_000_u64, 1..50), 1..4),
            percentile in 0.1..99.9_f64,
        ) {
            let rounds: Vec<_> = rounds.iter().map(|values| histogram(values)).collect();
            let reported = latency_percentiles(&rounds, &[percentile], 1).unwrap()[0].latency_ns;
            let steps = Distribution::of(&rounds).steps;
            let first = steps.iter().find(|step| step.percentile >= percentile - 1e-9).unwrap();
            prop_assert_eq!(first.ns, reported);
        }
    }
}
