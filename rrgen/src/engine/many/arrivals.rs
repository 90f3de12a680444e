//! When requests are to go out, whatever has become of those before: the offered load of an open loop.
//!
//! Arrivals are drawn in units of their own mean distance and laid on the clock afterwards, so that a load that grows
//! linearly is the same sequence on another scale: there are as many arrivals up to a moment as its area has.

use rand::rngs::ChaCha8Rng;
use rand::{Rng, SeedableRng};

/// How arrivals follow each other.
#[derive(Debug, Clone, PartialEq)]
pub enum Process {
    /// Evenly, the first so many mean distances after the start: threads interleave by starting apart.
    Uniform {
        /// 0 to 1.
        phase: f64,
    },
    /// Independently of each other, at exponentially distributed distances. The same seed and stream are the same
    /// arrivals, in every version.
    Poisson {
        /// Of the whole run.
        seed: u64,
        /// A number for every thread.
        stream: u64,
    },
}

/// How many arrivals there are to be at what time.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Profile {
    /// When it starts, on the loop's clock, ns.
    pub start_ns: u64,
    /// Arrivals per nanosecond, in the end; above 0.
    pub per_ns: f64,
    /// How long it takes to get there from none, ns.
    pub ramp_ns: u64,
}

impl Profile {
    /// When the area reaches `arrivals`, ns.
    fn at_ns(&self, arrivals: f64) -> u64 {
        let ramp_ns = self.ramp_ns as f64;
        let on_ramp = self.per_ns * ramp_ns / 2.0;
        let after_ns = match arrivals < on_ramp {
            true => (2.0 * arrivals * ramp_ns / self.per_ns).sqrt(),
            false => ramp_ns + (arrivals - on_ramp) / self.per_ns,
        };
        // Casts saturate: what is beyond the clock never comes.
        self.start_ns.saturating_add(after_ns.round() as u64)
    }
}

/// An endless sequence of moments.
#[derive(Debug)]
pub struct Arrivals {
    distances: Distances,
    profile: Profile,
    next_ns: u64,
}

/// Where the next arrival is, in mean distances from the start.
#[derive(Debug)]
enum Distances {
    // Counted, not added up: a day of them is as exact as the first.
    Uniform { phase: f64, count: u64 },
    Poisson { at: f64, rng: Box<ChaCha8Rng> },
}

impl Arrivals {
    /// Those of `process` by `profile`.
    #[must_use]
    pub fn new(process: &Process, profile: Profile) -> Self {
        let distances = match *process {
            Process::Uniform { phase } => Distances::Uniform { phase, count: 0 },
            Process::Poisson { seed, stream } => {
                let mut rng = Box::new(ChaCha8Rng::seed_from_u64(seed));
                rng.set_stream(stream);
                Distances::Poisson { at: exponential(&mut rng), rng }
            }
        };
        let next_ns = profile.at_ns(distances.at());
        Self { distances, profile, next_ns }
    }

    /// When the next one is, ns.
    #[inline]
    #[must_use]
    pub fn next_ns(&self) -> u64 {
        self.next_ns
    }

    /// Goes on to the one after.
    #[inline]
    pub fn advance(&mut self) {
        self.distances.advance();
        self.next_ns = self.profile.at_ns(self.distances.at());
    }
}

impl Distances {
    #[inline]
    fn at(&self) -> f64 {
        match self {
            Self::Uniform { phase, count } => *count as f64 + phase,
            Self::Poisson { at, .. } => *at,
        }
    }

    #[inline]
    fn advance(&mut self) {
        match self {
            Self::Uniform { count, .. } => *count += 1,
            Self::Poisson { at, rng } => *at += exponential(rng),
        }
    }
}

/// Exponentially distributed with mean 1.
#[inline]
fn exponential(rng: &mut ChaCha8Rng) -> f64 {
    // 53 random bits are a number from 0 to just below 1, whose logarithm is never asked of 0.
    let uniform = (rng.next_u64() >> 11) as f64 / (1_u64 << 53) as f64;
    -(-uniform).ln_1p()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn first(count: usize, process: Process, profile: Profile) -> Vec<u64> {
        let mut arrivals = Arrivals::new(&process, profile);
        let next = || {
            let at_ns = arrivals.next_ns();
            arrivals.advance();
            at_ns
        };
        std::iter::repeat_with(next).take(count).collect()
    }

    fn steady(per_ns: f64) -> Profile {
        Profile { start_ns: 1000, per_ns, ramp_ns: 0 }
    }

    #[test]
    fn uniform_arrivals_are_evenly_apart_and_threads_interleave() {
        assert_eq!(first(4, Process::Uniform { phase: 0.0 }, steady(0.1)), [1000, 1010, 1020, 1030]);
        assert_eq!(first(3, Process::Uniform { phase: 0.5 }, steady(0.1)), [1005, 1015, 1025]);
        let mut day = Arrivals::new(&Process::Uniform { phase: 0.0 }, steady(1e-3));
        day.distances = Distances::Uniform { phase: 0.0, count: 86_400_000_000 };
        day.advance();
        assert_eq!(day.next_ns(), 1000 + 86_400_000_001_000, "a day at a million a second is exact");
    }

    #[test]
    fn a_ramp_has_half_the_arrivals_of_its_time_and_then_all() {
        let ramp = Profile { start_ns: 0, per_ns: 0.01, ramp_ns: 10_000 };
        let at = first(200, Process::Uniform { phase: 0.0 }, ramp);
        let before = |ns| at.iter().filter(|&&at_ns| at_ns < ns).count();
        assert_eq!((before(5_000), before(10_000), before(20_000)), (13, 50, 150));
        assert!(at.is_sorted());
    }

    #[test]
    fn poisson_arrivals_come_again_with_their_seed_and_differ_by_stream() {
        let drawn = |seed, stream| first(1000, Process::Poisson { seed, stream }, steady(0.001));
        assert_eq!(drawn(1, 0), drawn(1, 0));
        assert!(drawn(1, 0) != drawn(1, 1) && drawn(1, 0) != drawn(2, 0));
    }

    #[test]
    fn poisson_distances_have_the_mean_and_the_spread_of_an_exponential() {
        const COUNT: usize = 20_000;
        let at = first(COUNT, Process::Poisson { seed: 7, stream: 3 }, steady(1e-4));
        let gaps: Vec<f64> = at.windows(2).map(|pair| (pair[1] - pair[0]) as f64 / 1e4).collect();
        let mean = gaps.iter().sum::<f64>() / gaps.len() as f64;
        let variance = gaps.iter().map(|gap| (gap - mean).powi(2)).sum::<f64>() / gaps.len() as f64;
        assert!((mean - 1.0).abs() < 0.03 && (variance - 1.0).abs() < 0.06, "mean {mean}, variance {variance}");
    }

    proptest! {
        #[test]
        fn time_never_goes_back(
            seed: u64, poisson: bool, per_ns in 1e-12..1.0_f64, ramp_ns in 0..1_u64 << 50, start_ns: u64,
        ) {
            let process = if poisson { Process::Poisson { seed, stream: 0 } } else { Process::Uniform { phase: 0.3 } };
            let at = first(100, process, Profile { start_ns, per_ns, ramp_ns });
            prop_assert!(at.is_sorted() && at[0] >= start_ns);
        }
    }
}
