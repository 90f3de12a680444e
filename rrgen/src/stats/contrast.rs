//! One variant against another: the rounds are the sample, and this is what they say together.

use super::interval::{Interval, Level};
use super::round::Round;
use super::scale;
use super::signed_rank::{SampleError, SignedRank};

/// An effect and how well it is known, all in one unit.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Effect {
    /// The Hodges–Lehmann estimate.
    pub estimate: f64,
    /// The 95 % interval; `None` for too few rounds.
    pub p95: Option<Interval>,
    /// The 99 % interval, which the noise floor is held against; `None` for too few rounds.
    pub p99: Option<Interval>,
}

impl Effect {
    /// The same effect in another unit, for any monotone `scale`.
    #[must_use]
    pub fn map(&self, scale: impl Fn(f64) -> f64) -> Self {
        let interval = |interval: Option<Interval>| interval.map(|interval| interval.map(&scale));
        Self { estimate: scale(self.estimate), p95: interval(self.p95), p99: interval(self.p99) }
    }
}

/// A variant against its reference: an engine against the baseline, or against null at the same attach point.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Contrast {
    /// How many rounds there were.
    pub rounds: usize,
    /// The effect, as log ratio of the variant's rate to the reference's: negative when the variant is slower.
    pub log_rate: Effect,
    /// Time per transaction of the reference, ns.
    pub reference_ns: f64,
}

impl Contrast {
    /// The contrast that these rounds show.
    ///
    /// # Errors
    /// When there is no round, a value is not finite, or there are more rounds than
    /// [`MAX_VALUES`](super::signed_rank::MAX_VALUES).
    pub fn from_rounds(rounds: &[Round]) -> Result<Self, SampleError> {
        let log_rates: Vec<f64> = rounds.iter().map(|round| round.log_rate).collect();
        let reference_ns: Vec<f64> = rounds.iter().map(|round| round.reference_ns).collect();
        let sample = SignedRank::new(&log_rates)?;
        let log_rate =
            Effect { estimate: sample.centre(), p95: sample.interval(Level::P95), p99: sample.interval(Level::P99) };
        Ok(Self { rounds: rounds.len(), log_rate, reference_ns: SignedRank::new(&reference_ns)?.centre() })
    }

    /// The effect on the transaction rate, %.
    #[must_use]
    pub fn rate_percent(&self) -> Effect {
        self.log_rate.map(scale::rate_percent)
    }

    /// The effect on the time per transaction, %.
    #[must_use]
    pub fn time_percent(&self) -> Effect {
        self.log_rate.map(scale::time_percent)
    }

    /// The effect on the time per transaction, ns.
    #[must_use]
    pub fn time_ns(&self) -> Effect {
        self.log_rate.map(|log_rate| scale::time_ns(log_rate, self.reference_ns))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::round::Cycle;
    use super::*;

    fn contrast(cycles: impl IntoIterator<Item = Cycle>) -> Contrast {
        let rounds: Vec<Round> = cycles.into_iter().map(|cycle| Round::from_cycles(&[cycle]).unwrap()).collect();
        Contrast::from_rounds(&rounds).unwrap()
    }

    #[test]
    fn the_effect_on_every_scale_agrees() {
        let slow = contrast([Cycle { reference_ns: 10_000.0, variant_ns: 12_500.0 }; 8]);
        let shown = [slow.rate_percent(), slow.time_percent(), slow.time_ns()].map(|effect| effect.estimate.round());
        assert_eq!(shown, [-20.0, 25.0, 2500.0]);
    }

    /// A lower rate is a longer time: the ends change places.
    #[test]
    fn the_ends_stay_in_order_on_every_scale() {
        let slow =
            contrast((0..8).map(|round| Cycle { reference_ns: 10_000.0, variant_ns: 11_000.0 + f64::from(round) }));
        for effect in [slow.rate_percent(), slow.time_percent(), slow.time_ns()] {
            let interval = effect.p95.unwrap();
            assert!(interval.low < effect.estimate && effect.estimate < interval.high, "{effect:?}");
        }
    }

    #[test]
    fn few_rounds_have_an_estimate_but_no_interval() {
        let few = contrast([Cycle { reference_ns: 10_000.0, variant_ns: 12_500.0 }; 5]);
        assert_eq!((few.log_rate.p95, few.log_rate.p99), (None, None));
        assert_eq!(few.time_ns().estimate.round(), 2500.0);
    }

    proptest! {
        #[test]
        fn swapping_the_variants_flips_the_sign_exactly(
            times in prop::collection::vec((1e3..1e6_f64, 1e3..1e6_f64), 1..40),
        ) {
            let forth = contrast(times.iter().map(|&(a, b)| Cycle { reference_ns: a, variant_ns: b })).log_rate;
            let back = contrast(times.iter().map(|&(a, b)| Cycle { reference_ns: b, variant_ns: a })).log_rate;
            prop_assert_eq!(back, forth.map(|log_rate| -log_rate));
        }
    }
}
