//! Intervals, apart from the methods that make them, so that a verdict need not know which method did.

use std::fmt;

/// How sure an interval is meant to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Level {
    /// 95 %: what is reported.
    P95,
    /// 99 %: what the noise floor is held against, where a false alarm throws away a whole comparison.
    P99,
}

impl Level {
    /// The probability that may be left outside, both sides together.
    #[must_use]
    pub fn alpha(self) -> f64 {
        match self {
            Self::P95 => 0.05,
            Self::P99 => 0.01,
        }
    }
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::P95 => "95 %",
            Self::P99 => "99 %",
        })
    }
}

/// A two-sided confidence interval, both ends included, in the unit of the values it was made from.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Interval {
    /// The lower end.
    pub low: f64,
    /// The upper end, at least `low`.
    pub high: f64,
    /// The probability of covering the truth: exact where the method is, else the nominal one.
    pub coverage: f64,
}

impl Interval {
    /// Half the distance between the ends.
    #[must_use]
    pub fn half_width(&self) -> f64 {
        0.5 * self.high - 0.5 * self.low
    }

    /// Whether `value` lies in the interval, ends included.
    #[must_use]
    pub fn contains(&self, value: f64) -> bool {
        (self.low..=self.high).contains(&value)
    }

    /// The same interval on another scale, for any monotone `scale`; a falling one swaps the ends.
    #[must_use]
    pub fn map(&self, scale: impl Fn(f64) -> f64) -> Self {
        let (a, b) = (scale(self.low), scale(self.high));
        Self { low: a.min(b), high: a.max(b), coverage: self.coverage }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SPAN: Interval = Interval { low: -1.0, high: 3.0, coverage: 0.95 };

    #[test]
    fn ends_belong_to_the_interval() {
        assert!(SPAN.contains(-1.0) && SPAN.contains(3.0));
        assert!(!SPAN.contains(3.0 + f64::EPSILON * 4.0) && !SPAN.contains(f64::NAN));
        assert_eq!(SPAN.half_width(), 2.0);
    }

    #[test]
    fn a_falling_scale_swaps_the_ends() {
        assert_eq!(SPAN.map(|x| -2.0 * x), Interval { low: -6.0, high: 2.0, coverage: 0.95 });
    }
}
