//! What the latency selectors show of a run's round trips.
//!
//! netperf's sample is a whole number of microseconds, the difference of two stamps that were each cut. Samples here
//! are nanoseconds, as exact as the caller's histogram, and so are minimum, maximum, mean, standard deviation and
//! `LATENCY_HISTOGRAM`. The percentiles are netperf's estimate, from samples cut to microseconds: up to a
//! tenth of a power of ten coarse, and up to 1 µs below what two cut stamps would have given.

use std::fmt::Write;

use super::buckets::Buckets;
use crate::elapsed::NS_PER_US;

/// Decimals of a microsecond down to the nanosecond.
const NS_DECIMALS: usize = 3;

/// The latencies of all transactions of a run, over all its iterations.
///
/// Without any transaction everything about them is 0, as in netperf.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Latency {
    /// The least, in microseconds, cut.
    pub min_us: u64,
    /// The greatest, in microseconds, cut.
    pub max_us: u64,
    /// Mean in microseconds.
    pub mean_us: f64,
    /// Standard deviation of the population in microseconds.
    pub stddev_us: f64,
    /// netperf's estimates of what a share of them do not exceed.
    pub percentiles: Percentiles,
    /// Nanoseconds, and how many transactions took so long; in rising order.
    pub histogram: Vec<(u64, u64)>,
}

/// Percentiles in whole microseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Percentiles {
    /// 50 %: the median.
    pub p50_us: u64,
    /// 90 %.
    pub p90_us: u64,
    /// 99 %.
    pub p99_us: u64,
    /// 99.9 %.
    pub p999_us: u64,
    /// 99.99 %.
    pub p9999_us: u64,
    /// 99.999 %.
    pub p99999_us: u64,
}

impl Latency {
    /// Takes latencies in nanoseconds and how often each occurred, as a histogram gives them.
    pub fn new(samples: impl IntoIterator<Item = (u64, u64)>) -> Self {
        let mut histogram: Vec<_> = samples.into_iter().filter(|&(_, count)| count > 0).collect();
        histogram.sort_unstable();
        let (mean_ns, stddev_ns) = moments(&histogram);
        let mut buckets = Buckets::new();
        for &(sample_ns, count) in &histogram {
            buckets.add(sample_ns / NS_PER_US, count);
        }
        let whole_us = |sample: Option<&(u64, u64)>| sample.map_or(0, |&(sample_ns, _)| sample_ns / NS_PER_US);
        Self {
            min_us: whole_us(histogram.first()),
            max_us: whole_us(histogram.last()),
            mean_us: mean_ns / NS_PER_US as f64,
            stddev_us: stddev_ns / NS_PER_US as f64,
            percentiles: Percentiles {
                p50_us: buckets.quantile(0.5),
                p90_us: buckets.quantile(0.9),
                p99_us: buckets.quantile(0.99),
                p999_us: buckets.quantile(0.999),
                p9999_us: buckets.quantile(0.9999),
                p99999_us: buckets.quantile(0.99999),
            },
            histogram,
        }
    }

    /// The histogram as `MICROSECONDS:COUNT`, separated by commas.
    pub(super) fn histogram_text(&self) -> String {
        let mut text = String::new();
        for (index, &(sample_ns, count)) in self.histogram.iter().enumerate() {
            let comma = if index > 0 { "," } else { "" };
            let (us, ns) = (sample_ns / NS_PER_US, sample_ns % NS_PER_US);
            // Writing to a string does not fail.
            let _ = write!(text, "{comma}{us}.{ns:0NS_DECIMALS$}:{count}");
        }
        text
    }
}

/// Mean and standard deviation, carried along from sample to sample, because sums of squared nanoseconds would lose
/// their last digits.
fn moments(histogram: &[(u64, u64)]) -> (f64, f64) {
    let (mut total, mut mean, mut squares) = (0.0, 0.0, 0.0);
    for &(sample_ns, count) in histogram {
        let (sample_ns, count) = (sample_ns as f64, count as f64);
        let before = sample_ns - mean;
        total += count;
        mean += before * (count / total);
        squares += before * (sample_ns - mean) * count;
    }
    // Nothing has no deviation; rounding may leave a little less than nothing.
    (mean, (squares.max(0.0) / total.max(1.0)).sqrt())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn everything_but_percentiles_is_exact() {
        let latency = Latency::new([(10_500, 1), (6_900, 3), (7_000, 0)]);
        assert_eq!((latency.min_us, latency.max_us), (6, 10));
        assert_eq!(latency.mean_us, 7.8);
        // √((3·0.9² + 2.7²) / 4)
        assert!((latency.stddev_us - 2.43_f64.sqrt()).abs() < 1e-12);
        assert_eq!(latency.histogram_text(), "6.900:3,10.500:1");
    }

    #[test]
    fn every_percentile_is_its_own() {
        // 100,000 transactions: all but 60,000, 11,000, 1,100, 110, 11 and one take longer and longer.
        let counts = [40_000, 49_000, 9_900, 990, 99, 10, 1];
        let latency = Latency::new((1..).map(|us| us * NS_PER_US).zip(counts));
        let Percentiles { p50_us, p90_us, p99_us, p999_us, p9999_us, p99999_us } = latency.percentiles;
        assert_eq!([p50_us, p90_us, p99_us, p999_us, p9999_us, p99999_us], [2, 3, 4, 5, 6, 6]);
    }

    #[test]
    fn no_transaction_is_all_zeros() {
        assert_eq!(Latency::new([]), Latency::default());
        assert_eq!(Latency::new([(5, 0)]).histogram_text(), "");
    }

    #[test]
    fn a_day_of_equal_latencies_has_no_deviation() {
        // netperf's sums of squares give the root of something negative here.
        assert_eq!(Latency::new([(1_000_000_007, 86_400)]).stddev_us, 0.0);
    }

    proptest! {
        #[test]
        fn nothing_panics_or_turns_nan(samples in proptest::collection::vec(any::<(u64, u64)>(), 0..20)) {
            let latency = Latency::new(samples);
            prop_assert!(latency.mean_us >= 0.0 && latency.stddev_us >= 0.0);
            prop_assert!(latency.min_us <= latency.max_us);
            latency.histogram_text();
        }
    }
}
