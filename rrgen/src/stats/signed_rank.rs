//! The centre of a sample and its exact interval: Hodges–Lehmann and the Wilcoxon signed-rank distribution.
//!
//! Rounds are few and their noise is not normal: a mean follows one bad round, and Student's interval believes in
//! tails that are not there. The signed-rank interval assumes symmetry only, and for so few values its coverage can
//! be computed instead of approximated.

use thiserror::Error;

use super::interval::{Interval, Level};
use super::walsh::Walsh;

/// The most values an interval is made for. The exact distribution takes time in n³, and no comparison has as
/// many rounds.
pub const MAX_VALUES: usize = 1_000;

/// Why a sample has no centre.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq)]
pub enum SampleError {
    /// There is nothing to take the centre of.
    #[error("no values: measure at least one round")]
    Empty,
    /// A value is infinite or not a number.
    #[error("value {index} (from 0) is not a finite number: look for a round without transactions")]
    NotFinite {
        /// The place of the first such value.
        index: usize,
    },
    /// There are more values than [`MAX_VALUES`].
    #[error("{values} values, at most {MAX_VALUES} can be taken: split the rounds into several comparisons")]
    TooMany {
        /// How many there are.
        values: usize,
    },
}

/// A sample whose centre is sought, in whatever unit its values have.
#[derive(Clone, Debug)]
pub struct SignedRank {
    walsh: Walsh,
}

impl SignedRank {
    /// Takes the values, in any order.
    ///
    /// # Errors
    /// When there is no value, one is not finite, or there are more than [`MAX_VALUES`].
    pub fn new(values: &[f64]) -> Result<Self, SampleError> {
        if values.len() > MAX_VALUES {
            return Err(SampleError::TooMany { values: values.len() });
        }
        Ok(Self { walsh: Walsh::new(values)? })
    }

    /// The Hodges–Lehmann estimate: the median of all Walsh averages.
    #[must_use]
    pub fn centre(&self) -> f64 {
        self.walsh.median()
    }

    /// The interval from the C-th smallest to the C-th largest Walsh average, with its exact coverage; `None` when
    /// there are too few values for `level`.
    #[must_use]
    pub fn interval(&self, level: Level) -> Option<Interval> {
        let Depth { c, coverage } = Depth::new(self.walsh.values(), level)?;
        let low = self.walsh.kth_smallest(c);
        let high = self.walsh.kth_smallest(self.walsh.averages() + 1 - c);
        Some(Interval { low, high, coverage })
    }
}

/// How far in from both ends of the Walsh averages an interval begins.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Depth {
    /// The C of the C-th smallest and the C-th largest, from 1.
    pub c: usize,
    /// The exact probability that the interval covers the centre of a symmetric distribution.
    pub coverage: f64,
}

impl Depth {
    /// The fewest values that have an interval at `level`: the widest one misses when all signs agree, in 2 of 2^n
    /// patterns.
    #[must_use]
    pub fn fewest_values(level: Level) -> usize {
        (2.0 / level.alpha()).log2().ceil() as usize
    }

    /// The narrowest interval of `values` values that covers at least as often as `level` asks; `None` when even
    /// the widest covers less, or there are more than [`MAX_VALUES`].
    #[must_use]
    pub fn new(values: usize, level: Level) -> Option<Self> {
        if values > MAX_VALUES {
            return None;
        }
        let mut depth = None;
        let mut outside = 0.0;
        for (statistic, probability) in null_lower_half(values).into_iter().enumerate() {
            outside += 2.0 * probability;
            if outside > level.alpha() {
                break;
            }
            depth = Some(Self { c: statistic + 1, coverage: 1.0 - outside });
        }
        depth
    }
}

/// The probability of each value from 0 to its median that the signed-rank statistic of `n` values takes when the
/// truth is 0: every rank from 1 to n is added or left out on the toss of a coin.
fn null_lower_half(n: usize) -> Vec<f64> {
    let median = n * (n + 1) / 4;
    let mut probabilities = vec![0.0; median + 1];
    probabilities[0] = 1.0;
    for rank in 1..=n {
        let reached = (rank * (rank + 1) / 2).min(median);
        // From above, so that what is added still stands without this rank.
        for sum in (0..=reached).rev() {
            let without = sum.checked_sub(rank).map_or(0.0, |rest| probabilities[rest]);
            probabilities[sum] = 0.5 * (probabilities[sum] + without);
        }
    }
    probabilities
}

#[cfg(test)]
mod tests {
    use super::*;

    fn depth(values: usize, level: Level) -> Option<usize> {
        Depth::new(values, level).map(|depth| depth.c)
    }

    /// The method's table: rounds, C for 95 %, coverage in percent to one place, C for 99 %.
    const TABLE: [(usize, usize, f64, Option<usize>); 9] = [
        (6, 1, 96.9, None),
        (8, 4, 96.1, Some(1)),
        (10, 9, 95.1, Some(4)),
        (12, 14, 95.8, Some(8)),
        (16, 30, 95.6, Some(20)),
        (18, 41, 95.2, Some(28)),
        (20, 53, 95.2, Some(38)),
        (24, 82, 95.1, Some(62)),
        (30, 138, 95.0, Some(110)),
    ];

    #[test]
    fn the_table_of_the_method() {
        for (rounds, c95, percent, c99) in TABLE {
            let found = Depth::new(rounds, Level::P95).unwrap();
            assert_eq!(found.c, c95, "{rounds} rounds");
            assert_eq!((found.coverage * 1000.0).round() / 10.0, percent, "{rounds} rounds");
            assert_eq!(depth(rounds, Level::P99), c99, "{rounds} rounds");
        }
    }

    #[test]
    fn too_few_values_have_no_interval() {
        for (level, fewest) in [(Level::P95, 6), (Level::P99, 8)] {
            assert_eq!(Depth::fewest_values(level), fewest);
            assert!((0..fewest).all(|values| depth(values, level).is_none()), "{level}");
            assert_eq!(depth(fewest, level), Some(1), "{level}");
        }
    }

    /// Counting all 2^n sign patterns one by one is the definition.
    #[test]
    fn the_distribution_is_the_count_of_sign_patterns() {
        let n = 12;
        let mut counts = vec![0_u32; n * (n + 1) / 2 + 1];
        for pattern in 0..1_usize << n {
            let sum: usize = (1..=n).filter(|rank| pattern >> (rank - 1) & 1 == 1).sum();
            counts[sum] += 1;
        }
        for (sum, probability) in null_lower_half(n).into_iter().enumerate() {
            assert_eq!(probability * f64::from(1 << n), f64::from(counts[sum]));
        }
    }

    /// Far past where counts overflow, half of the distribution is still one half.
    #[test]
    fn many_values_lose_no_precision() {
        let n = 400;
        let lower = null_lower_half(n);
        let middle = lower[lower.len() - 1];
        // n(n+1)/2 is even here: the median is a single value, which both halves share.
        assert!((2.0 * lower.iter().sum::<f64>() - middle - 1.0).abs() < 1e-12);
        let coverage = Depth::new(n, Level::P95).unwrap().coverage;
        assert!((0.95..0.9501).contains(&coverage), "{coverage}");
    }

    /// Depression scale factors, in thousandths, of nine patients before and after a tranquilliser, with the estimate
    /// and the 96 % interval that Hollander and Wolfe, Nonparametric Statistical Methods, chapter 3, give for them.
    #[test]
    fn hollander_and_wolfe() {
        let before = [1830.0, 500.0, 1620.0, 2480.0, 1680.0, 1880.0, 1550.0, 3060.0, 1300.0];
        let after = [878.0, 647.0, 598.0, 2050.0, 1060.0, 1290.0, 1060.0, 3140.0, 1290.0];
        let change: Vec<f64> = after.iter().zip(before).map(|(after, before)| after - before).collect();
        let sample = SignedRank::new(&change).unwrap();
        let interval = sample.interval(Level::P95).unwrap();
        assert_eq!([sample.centre(), interval.low, interval.high], [-460.0, -786.0, -10.0]);
        assert_eq!((interval.coverage * 100.0).round(), 96.0);
    }

    /// Heights of fifteen pairs of maize plants, crossed less self-fertilised, in eighths of an inch, from Darwin's
    /// experiment. The signed-rank test, from which the interval is made, has p = 0.0413 (W+ = 96): the 95 %
    /// interval leaves 0 out and the 99 % interval does not.
    #[test]
    fn darwins_maize() {
        let taller = [49, -67, 8, 16, 6, 23, 28, 41, 14, 29, 56, 24, 75, 60, -48].map(f64::from);
        let sample = SignedRank::new(&taller).unwrap();
        assert!(sample.interval(Level::P95).unwrap().low > 0.0);
        assert!(sample.interval(Level::P99).unwrap().contains(0.0));
        // By symmetry P(W+ >= 96) = P(W+ <= 120 - 96).
        let p: f64 = null_lower_half(taller.len()).iter().take(120 - 96 + 1).map(|tail| 2.0 * tail).sum();
        assert_eq!((p * 10_000.0).round(), 413.0);
    }

    #[test]
    fn more_values_than_the_limit_are_refused() {
        let values = vec![0.0; MAX_VALUES + 1];
        assert_eq!(SignedRank::new(&values).unwrap_err(), SampleError::TooMany { values: values.len() });
        assert_eq!(Depth::new(values.len(), Level::P95), None);
    }
}
