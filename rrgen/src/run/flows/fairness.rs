//! How evenly many flows got on: a total can hide that half of them stood still.

use std::fmt;

/// Rates of single flows, transactions per second.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Fairness {
    /// How many there were.
    pub flows: usize,
    /// In so many threads.
    pub threads: usize,
    /// The slowest flow's rate.
    pub slowest: f64,
    /// The rate that half of the flows reached; with an even number of them the lower of the two in the middle.
    pub median: f64,
    /// The fastest flow's rate.
    pub fastest: f64,
    /// Flows that completed not one transaction.
    pub silent: usize,
}

impl Fairness {
    /// From the transactions of every flow in `elapsed_ns`.
    #[must_use]
    pub fn of(mut per_flow: Vec<u64>, elapsed_ns: u64, threads: usize) -> Self {
        per_flow.sort_unstable();
        let seconds = elapsed_ns as f64 / 1e9;
        let rate = |count: Option<&u64>| match count {
            Some(&count) if seconds > 0.0 => count as f64 / seconds,
            _ => 0.0,
        };
        Self {
            flows: per_flow.len(),
            threads,
            slowest: rate(per_flow.first()),
            median: rate(per_flow.get(per_flow.len().saturating_sub(1) / 2)),
            fastest: rate(per_flow.last()),
            silent: per_flow.partition_point(|&count| count == 0),
        }
    }
}

impl fmt::Display for Fairness {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { flows, threads, slowest, median, fastest, .. } = self;
        let plural = if *threads == 1 { "" } else { "s" };
        write!(
            f,
            "{flows} flows in {threads} thread{plural} (trans/s per flow): slowest {slowest:.2} median {median:.2} \
             fastest {fastest:.2}"
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_order_of_flows_does_not_matter_and_the_median_is_one_of_them() {
        let fairness = Fairness::of(vec![30, 0, 10, 20], 2_000_000_000, 2);
        assert_eq!((fairness.slowest, fairness.median, fairness.fastest), (0.0, 5.0, 15.0));
        assert_eq!((fairness.flows, fairness.threads, fairness.silent), (4, 2, 1));
        assert_eq!(
            Fairness::of(vec![7], 1_000_000_000, 1).to_string(),
            "1 flows in 1 thread (trans/s per flow): slowest 7.00 median 7.00 fastest 7.00"
        );
    }

    #[test]
    fn no_time_and_no_flows_are_no_rate() {
        assert_eq!(Fairness::of(vec![1, 2], 0, 1).fastest, 0.0);
        assert_eq!(Fairness::of(Vec::new(), 5, 1).median, 0.0);
    }
}
