//! Round trips in a few figures, the same ones wherever they are shown.

use std::fmt;

use hdrhistogram::Histogram;
use serde::Serialize;

/// A histogram of nanoseconds in figures; all 0 if it is empty. Percentiles are the highest values that the
/// histogram does not tell apart from the one at that rank.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Summary {
    /// Round trips.
    pub count: u64,
    /// The shortest.
    pub min_ns: u64,
    /// Their mean.
    pub mean_ns: f64,
    /// Their standard deviation.
    pub stddev_ns: f64,
    /// As long as half of them, or longer.
    pub p50_ns: u64,
    /// 90 %.
    pub p90_ns: u64,
    /// 99 %.
    pub p99_ns: u64,
    /// 99.9 %.
    pub p999_ns: u64,
    /// 99.99 %.
    pub p9999_ns: u64,
    /// 99.999 %.
    pub p99999_ns: u64,
    /// The longest.
    pub max_ns: u64,
}

impl Summary {
    /// The figures of `histogram`, in which values are nanoseconds.
    #[must_use]
    pub fn of(histogram: &Histogram<u64>) -> Self {
        let at = |quantile| histogram.value_at_quantile(quantile);
        Self {
            count: histogram.len(),
            min_ns: histogram.min(),
            mean_ns: histogram.mean(),
            stddev_ns: histogram.stdev(),
            p50_ns: at(0.5),
            p90_ns: at(0.9),
            p99_ns: at(0.99),
            p999_ns: at(0.999),
            p9999_ns: at(0.9999),
            p99999_ns: at(0.99999),
            max_ns: histogram.max(),
        }
    }

    /// The same; `None` if there was no round trip.
    #[must_use]
    pub fn of_some(histogram: &Histogram<u64>) -> Option<Self> {
        (!histogram.is_empty()).then(|| Self::of(histogram))
    }
}

/// One line in microseconds.
impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let us = |ns: u64| ns as f64 / NS_PER_US;
        write!(f, "round trip (us, {} transactions):", self.count)?;
        write!(f, " min {:.2} mean {:.2}", us(self.min_ns), self.mean_ns / NS_PER_US)?;
        write!(f, " p50 {:.2} p90 {:.2}", us(self.p50_ns), us(self.p90_ns))?;
        write!(f, " p99 {:.2} p99.9 {:.2} max {:.2}", us(self.p99_ns), us(self.p999_ns), us(self.max_ns))
    }
}

/// Nanoseconds in a microsecond.
pub(crate) const NS_PER_US: f64 = 1e3;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_of_a_hundred_thousand_values_are_those_values() {
        let mut histogram = Histogram::<u64>::new(5).expect("digits");
        (1..=100_000).for_each(|value| histogram.record(value).expect("in range"));
        let found = Summary::of(&histogram);
        assert_eq!((found.count, found.min_ns, found.max_ns), (100_000, 1, 100_000));
        assert!((found.mean_ns - 50_000.5).abs() < 1e-6, "{found:?}");
        assert_eq!([found.p50_ns, found.p90_ns, found.p99_ns], [50_000, 90_000, 99_000]);
        assert_eq!([found.p999_ns, found.p9999_ns, found.p99999_ns], [99_900, 99_990, 99_999]);
        assert!((found.stddev_ns - 28_867.5).abs() < 0.1, "{found:?}");
        assert_eq!(
            found.to_string(),
            "round trip (us, 100000 transactions): min 0.00 mean 50.00 p50 50.00 p90 90.00 p99 99.00 p99.9 99.90 max 100.00"
        );
    }

    #[test]
    fn nothing_recorded_is_no_summary() {
        let histogram = Histogram::<u64>::new(3).expect("digits");
        assert_eq!(Summary::of_some(&histogram), None);
        assert_eq!((Summary::of(&histogram).max_ns, Summary::of(&histogram).mean_ns), (0, 0.0));
    }
}
