//! netperf's own histogram of latencies, which its percentiles are read from.
//!
//! It is coarse: a bucket is a tenth of its samples' power of ten wide, so that 1.0 ms and 1.09 ms are the same.
//! Whoever compares percentiles with netperf's needs them from these buckets.

/// Powers of ten told apart, from 1 µs to 10 s.
const DECADES: usize = 8;
/// Buckets per decade.
const BUCKETS: usize = 100;
/// Buckets per unit, which is 1 µs in the first decade.
const PER_UNIT: f32 = 10.0;
/// Units per decade.
const UNITS: f32 = 10.0;
/// What a percentile among the samples beyond the last decade reads, in µs: where they begin.
const BEYOND_US: u64 = 100_000_000;

/// Counts of samples in whole microseconds.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Buckets {
    counts: [[u64; BUCKETS]; DECADES],
    /// All samples, also those beyond the last decade.
    total: u64,
}

impl Buckets {
    pub(super) fn new() -> Self {
        Self { counts: [[0; BUCKETS]; DECADES], total: 0 }
    }

    pub(super) fn add(&mut self, sample_us: u64, count: u64) {
        self.total = self.total.saturating_add(count);
        if let Some((decade, bucket)) = place(sample_us) {
            let counted = &mut self.counts[decade][bucket];
            *counted = counted.saturating_add(count);
        }
    }

    /// The latency in µs that `quantile` of all samples do not exceed, interpolated within its bucket and cut; 0 if
    /// that is less than one sample.
    pub(super) fn quantile(&self, quantile: f64) -> u64 {
        let rank = (quantile * self.total as f64) as u64;
        if rank == 0 {
            return 0;
        }
        let mut below = 0_u64;
        let mut unit_us = 1.0;
        for decade in &self.counts {
            for (bucket, &count) in decade.iter().enumerate() {
                if below.saturating_add(count) >= rank {
                    let position = bucket as f64 + (rank - below) as f64 / count as f64;
                    return (position * unit_us / f64::from(PER_UNIT)) as u64;
                }
                below += count;
            }
            unit_us *= f64::from(UNITS);
        }
        BEYOND_US
    }
}

/// The decade and the bucket of a sample, in netperf's single precision (which shows from 17 s on).
fn place(sample_us: u64) -> Option<(usize, usize)> {
    let mut units = sample_us as f32;
    for decade in 0..DECADES {
        if units < UNITS {
            return Some((decade, (units * PER_UNIT) as usize));
        }
        units /= UNITS;
    }
    None
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn of(samples: &[(u64, u64)]) -> Buckets {
        let mut buckets = Buckets::new();
        for &(sample_us, count) in samples {
            buckets.add(sample_us, count);
        }
        buckets
    }

    #[test]
    fn every_sample_has_its_bucket() {
        for (sample_us, expected) in [
            (0, Some((0, 0))),
            (9, Some((0, 90))),
            (10, Some((1, 10))),
            (99, Some((1, 99))),
            (1_234, Some((3, 12))),
            (15_999_999, Some((7, 15))),
            (16_999_999, Some((7, 17))),
            (99_999_990, Some((7, 99))),
            (100_000_000, None),
            (u64::MAX, None),
        ] {
            assert_eq!(place(sample_us), expected, "{sample_us}");
        }
    }

    #[test]
    fn percentiles_are_interpolated_and_cut() {
        // Half of 10 samples is the fifth, 5/6 through the bucket from 20 to 21 µs; the ninth is 3/4 through that from
        // 3.0 to 3.1 ms.
        let buckets = of(&[(20, 6), (3_000, 4)]);
        assert_eq!((buckets.quantile(0.5), buckets.quantile(0.9)), (20, 3_075));
        assert_eq!(buckets.quantile(0.01), 0);
        // Within the first microsecond netperf divides by nothing.
        assert_eq!(of(&[(0, 9), (5, 1)]).quantile(0.9), 0);
    }

    #[test]
    fn what_is_beyond_the_last_decade_counts_and_has_no_value() {
        let buckets = of(&[(1, 1), (200_000_000, 1)]);
        assert_eq!((buckets.quantile(0.5), buckets.quantile(1.0)), (1, BEYOND_US));
        assert_eq!(of(&[]).quantile(0.99), 0);
    }

    proptest! {
        #[test]
        fn a_percentile_is_within_a_bucket_of_the_truth(
            mut samples in proptest::collection::vec(0..99_000_000_u64, 1..200),
            quantile in 0.0..=1.0,
        ) {
            let buckets = of(&samples.iter().map(|&sample_us| (sample_us, 1)).collect::<Vec<_>>());
            samples.sort_unstable();
            let rank = (quantile * samples.len() as f64) as usize;
            prop_assume!(rank > 0);
            let truth = samples[rank - 1] as f64;
            let read = buckets.quantile(quantile) as f64;
            prop_assert!((read - truth).abs() <= (truth / 10.0).max(1.0) + 1.0, "{read} for {truth}");
        }

        #[test]
        fn nothing_panics(samples in proptest::collection::vec(any::<(u64, u64)>(), 0..20), quantile: f64) {
            of(&samples).quantile(quantile);
        }
    }
}
