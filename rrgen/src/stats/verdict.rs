//! The verdict: what an interval says once a margin fixes which differences matter.
//!
//! "Significant" answers a question nobody asked. With enough rounds everything differs from everything, so the
//! interval is held against a margin of practical equality as well as against 0.

use std::fmt;

use thiserror::Error;

use super::contrast::Contrast;
use super::interval::Interval;
use super::withheld::{self, Conditions, Withheld};

/// The change of the rate that is too small to matter, %.
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd)]
pub struct Margin(f64);

/// Not a margin.
#[derive(Clone, Copy, Debug, Error, PartialEq)]
#[error("a margin of {0} % cannot be used: give one above 0 and below 100 % (--margin)")]
pub struct MarginError(f64);

impl Margin {
    /// A margin of so many percent of the rate to either side.
    ///
    /// # Errors
    /// When it is not above 0 and below 100 %.
    pub fn from_percent(percent: f64) -> Result<Self, MarginError> {
        if percent > 0.0 && percent < 100.0 { Ok(Self(percent)) } else { Err(MarginError(percent)) }
    }

    /// The margin, %.
    #[must_use]
    pub fn percent(self) -> f64 {
        self.0
    }
}

/// 1 %: well above what lock-step resolves, well below what users notice.
impl Default for Margin {
    fn default() -> Self {
        Self(1.0)
    }
}

/// What a contrast says about the rate of its variant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Slower by more than the margin.
    Slower,
    /// Faster by more than the margin.
    Faster,
    /// Different by no more than the margin.
    Equivalent {
        /// Whether there is a difference all the same.
        not_zero: bool,
    },
    /// Slower, but whether by more than the margin is not known.
    SlowerSizeUnresolved,
    /// Faster, but whether by more than the margin is not known.
    FasterSizeUnresolved,
    /// Neither a difference nor equivalence is shown.
    Inconclusive {
        /// How many rounds of the present spread would show one of the two.
        rounds_needed: usize,
    },
}

impl Verdict {
    /// The verdict on one contrast; `None` when it has no 95 % interval.
    #[must_use]
    pub fn of(contrast: &Contrast, margin: Margin) -> Option<Self> {
        let rate = contrast.rate_percent();
        let interval = rate.p95?;
        let Interval { low, high, .. } = interval;
        let margin = margin.percent();
        let not_zero = low > 0.0 || high < 0.0;
        Some(if high < -margin {
            Self::Slower
        } else if low > margin {
            Self::Faster
        } else if -margin <= low && high <= margin {
            Self::Equivalent { not_zero }
        } else if high < 0.0 {
            Self::SlowerSizeUnresolved
        } else if low > 0.0 {
            Self::FasterSizeUnresolved
        } else {
            let rounds_needed = rounds_needed(contrast.rounds, rate.estimate, interval.half_width(), margin);
            Self::Inconclusive { rounds_needed }
        })
    }
}

/// How many rounds would bring the half-width down to where an interval around `estimate` either excludes 0 or lies
/// within the margin, whichever comes first. Widths fall with the square root of the rounds.
fn rounds_needed(rounds: usize, estimate: f64, half_width: f64, margin: f64) -> usize {
    let enough = estimate.abs().max(margin - estimate.abs());
    let needed = rounds as f64 * (half_width / enough).powi(2);
    (needed.ceil() as usize).max(rounds.saturating_add(1))
}

/// The verdict on a contrast, measured next to `noise_floor`, the contrast of the baseline against itself.
///
/// # Errors
/// Every reason there is to withhold a verdict.
pub fn judge(
    contrast: &Contrast,
    noise_floor: &Contrast,
    conditions: &Conditions,
    margin: Margin,
) -> Result<Verdict, Vec<Withheld>> {
    let reasons = withheld::reasons(contrast, noise_floor, conditions, margin);
    match Verdict::of(contrast, margin) {
        Some(verdict) if reasons.is_empty() => Ok(verdict),
        _ => Err(reasons),
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Slower => f.write_str("slower"),
            Self::Faster => f.write_str("faster"),
            Self::Equivalent { not_zero: false } => f.write_str("equivalent"),
            Self::Equivalent { not_zero: true } => f.write_str("equivalent, but not zero"),
            Self::SlowerSizeUnresolved => f.write_str("slower, size unresolved"),
            Self::FasterSizeUnresolved => f.write_str("faster, size unresolved"),
            Self::Inconclusive { rounds_needed } => {
                write!(f, "inconclusive, about {rounds_needed} rounds needed")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::contrast::Effect;
    use super::super::scale;
    use super::*;

    /// Twelve rounds with this 95 % interval of the rate, %.
    fn contrast(low: f64, high: f64) -> Contrast {
        let interval = Some(Interval { low, high, coverage: 0.95 });
        let rate = Effect { estimate: f64::midpoint(low, high), p95: interval, p99: interval };
        Contrast { rounds: 12, log_rate: rate.map(scale::from_rate_percent), reference_ns: 25_000.0 }
    }

    fn verdict(low: f64, high: f64) -> String {
        Verdict::of(&contrast(low, high), Margin::default()).unwrap().to_string()
    }

    #[test]
    fn every_place_an_interval_can_have() {
        assert_eq!(verdict(-5.0, -1.1), "slower");
        assert_eq!(verdict(-5.0, -0.9), "slower, size unresolved");
        assert_eq!(verdict(-0.9, -0.1), "equivalent, but not zero");
        assert_eq!(verdict(-0.9, 0.9), "equivalent");
        assert_eq!(verdict(0.1, 0.9), "equivalent, but not zero");
        assert_eq!(verdict(0.1, 1.1), "faster, size unresolved");
        assert_eq!(verdict(1.1, 5.0), "faster");
        assert_eq!(verdict(-1.1, 0.9), "inconclusive, about 15 rounds needed");
        assert_eq!(verdict(-0.9, 1.1), "inconclusive, about 15 rounds needed");
    }

    #[test]
    fn zero_as_an_end_is_not_excluded() {
        assert_eq!(verdict(0.0, 0.5), "equivalent");
        assert!(verdict(0.0, 1.5).starts_with("inconclusive"));
        assert!(verdict(-1.5, 0.0).starts_with("inconclusive"));
    }

    #[test]
    fn the_margin_moves_the_verdict() {
        let small = contrast(-0.9, -0.1);
        let of = |percent| Verdict::of(&small, Margin::from_percent(percent).unwrap()).unwrap();
        assert_eq!(of(0.05), Verdict::Slower);
        assert_eq!(of(0.5), Verdict::SlowerSizeUnresolved);
        assert_eq!(of(1.0), Verdict::Equivalent { not_zero: true });
    }

    #[test]
    fn the_rounds_needed_follow_the_spread() {
        // An estimate of 0 and a half-width twice the margin: equivalence takes four times the rounds.
        assert_eq!(rounds_needed(12, 0.0, 2.0, 1.0), 48);
        // An estimate past half the margin: excluding 0 comes first.
        assert_eq!(rounds_needed(12, 0.75, 1.5, 1.0), 48);
        assert_eq!(rounds_needed(12, 0.75, -1.5, 1.0), rounds_needed(12, -0.75, 1.5, 1.0));
        // Never fewer than were already not enough, never a panic.
        assert_eq!(rounds_needed(12, 5.0, 1.0, 1.0), 13);
        assert_eq!(rounds_needed(12, 0.0, f64::INFINITY, 1.0), usize::MAX);
        assert_eq!(rounds_needed(12, f64::NAN, f64::NAN, 1.0), 13);
    }

    #[test]
    fn a_margin_is_a_share_of_the_rate() {
        assert_eq!(Margin::from_percent(2.5).unwrap().percent(), 2.5);
        for percent in [0.0, -1.0, 100.0, f64::NAN, f64::INFINITY] {
            assert!(Margin::from_percent(percent).is_err(), "{percent}");
        }
        let error = Margin::from_percent(0.0).unwrap_err();
        assert_eq!(error.to_string(), "a margin of 0 % cannot be used: give one above 0 and below 100 % (--margin)");
    }
}
