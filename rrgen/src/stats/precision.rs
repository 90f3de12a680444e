//! When to stop measuring: once every interval is narrow enough, and never because one excludes 0.
//!
//! Whoever looks at the verdict after every round and stops at the first difference finds one sooner or later,
//! also between identical variants. The width of an interval says nothing about where it lies, so waiting for it
//! does no harm; that is why this module reads nothing else.

use super::contrast::Contrast;
use super::scale;

/// The fewest rounds before a look at the precision.
pub const FEWEST_ROUNDS: usize = 8;

/// The rounds after which precision is given up on.
pub const MOST_ROUNDS: usize = 60;

/// What to do after a round.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    /// Measure another round.
    Continue,
    /// Stop: every contrast is as precise as was asked for.
    Precise,
    /// Stop: [`MOST_ROUNDS`] were not enough.
    GiveUp,
}

/// What to do after the rounds that `contrasts` were made from, when every 95 % interval is to reach from its
/// middle at most `target_percent` of the rate to either side.
///
/// The half-width is taken from the log ratio, where it does not depend on the size of the effect.
#[must_use]
pub fn next(contrasts: &[Contrast], target_percent: f64) -> Next {
    let rounds = contrasts.iter().map(|contrast| contrast.rounds).min().unwrap_or(0);
    let target = scale::from_rate_percent(target_percent);
    let precise = |contrast: &Contrast| contrast.log_rate.p95.is_some_and(|interval| interval.half_width() <= target);
    if rounds >= FEWEST_ROUNDS && contrasts.iter().all(precise) {
        Next::Precise
    } else if rounds >= MOST_ROUNDS {
        Next::GiveUp
    } else {
        Next::Continue
    }
}

#[cfg(test)]
mod tests {
    use super::super::round::Round;
    use super::*;

    /// A contrast around `centre_percent` whose rounds lie evenly within `spread_percent` of it.
    fn contrast(rounds: usize, centre_percent: f64, spread_percent: f64) -> Contrast {
        let step = 2.0 * spread_percent / (rounds - 1) as f64;
        let rounds: Vec<Round> = (0..rounds)
            .map(|round| centre_percent - spread_percent + step * round as f64)
            .map(|percent| Round { log_rate: percent / 100.0, reference_ns: 25_000.0 })
            .collect();
        Contrast::from_rounds(&rounds).unwrap()
    }

    #[test]
    fn all_must_be_precise() {
        let (narrow, wide) = (contrast(12, 0.0, 0.1), contrast(12, 0.0, 3.0));
        assert_eq!(next(&[narrow, narrow], 0.5), Next::Precise);
        assert_eq!(next(&[narrow, wide], 0.5), Next::Continue);
    }

    #[test]
    fn rounds_are_bounded_on_both_sides() {
        assert_eq!(next(&[contrast(FEWEST_ROUNDS - 1, 0.0, 0.0)], 0.5), Next::Continue);
        assert_eq!(next(&[contrast(FEWEST_ROUNDS, 0.0, 0.0)], 0.5), Next::Precise);
        assert_eq!(next(&[contrast(MOST_ROUNDS - 1, 0.0, 90.0)], 0.5), Next::Continue);
        assert_eq!(next(&[contrast(MOST_ROUNDS, 0.0, 90.0)], 0.5), Next::GiveUp);
        assert_eq!(next(&[], 0.5), Next::Continue);
    }

    #[test]
    fn a_clear_difference_is_no_reason_to_stop() {
        let equal = contrast(12, 0.0, 1.5);
        let different = contrast(12, -30.0, 1.5);
        assert!(!different.log_rate.p99.unwrap().contains(0.0));
        for target_percent in [0.1, 0.5, 1.0, 2.0] {
            assert_eq!(next(&[different], target_percent), next(&[equal], target_percent), "{target_percent}");
        }
    }

    #[test]
    fn a_target_that_is_no_number_is_never_reached() {
        assert_eq!(next(&[contrast(12, 0.0, 0.0)], f64::NAN), Next::Continue);
    }
}
