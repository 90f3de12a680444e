//! Sampled timing: what a call costs in user space, without paying a clock reading per call.

use std::time::{Duration, Instant};

use crate::ledger::{Cost, CostSource};

/// One call in so many is timed. A power of two keeps the test for it to one instruction.
pub const SAMPLE_EVERY: u64 = 64;
/// Back-to-back clock readings taken to learn what one costs.
const CALIBRATION_READINGS: u32 = 64;

/// The times of the sampled calls.
#[derive(Clone, Copy, Debug)]
pub struct Sampler {
    calls: u64,
    samples: u64,
    total_ns: u64,
    /// What the pair of readings around a sample adds to it.
    clock_ns: u64,
}

impl Sampler {
    /// A sampler that knows what this host's clock costs.
    #[must_use]
    pub fn new() -> Sampler {
        Sampler { calls: 0, samples: 0, total_ns: 0, clock_ns: nanos(clock_reading()) }
    }

    /// Runs one call, timed when its turn has come.
    #[inline]
    pub fn time<T>(&mut self, call: impl FnOnce() -> T) -> T {
        self.calls += 1;
        if !self.calls.is_multiple_of(SAMPLE_EVERY) {
            return call();
        }
        let start = Instant::now();
        let value = call();
        self.total_ns += nanos(start.elapsed()).saturating_sub(self.clock_ns);
        self.samples += 1;
        value
    }

    /// The mean over the samples; `None` before the first.
    #[must_use]
    pub fn cost(&self) -> Option<Cost> {
        (self.samples > 0).then(|| Cost {
            ns_per_call: self.total_ns as f64 / self.samples as f64,
            samples: self.samples,
            source: CostSource::Sampled,
        })
    }
}

impl Default for Sampler {
    fn default() -> Sampler {
        Sampler::new()
    }
}

/// What one reading of this host's clock costs, the shortest of some.
pub(crate) fn clock_reading() -> Duration {
    (0..CALIBRATION_READINGS).map(|_| Instant::now().elapsed()).min().unwrap_or_default()
}

fn nanos(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_call_in_sixty_four_is_timed() {
        let mut sampler = Sampler::new();
        assert_eq!(sampler.cost(), None);
        for call in 0..SAMPLE_EVERY * 3 - 1 {
            assert_eq!(sampler.time(|| call), call);
        }
        let cost = sampler.cost().unwrap();
        assert_eq!((cost.samples, cost.source), (2, CostSource::Sampled));
        assert!(cost.ns_per_call >= 0.0);
    }
}
