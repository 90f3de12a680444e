//! A call of known cost, to try a method of measuring on.
//!
//! Nobody can say what a filter costs except by measuring it, so a filter proves nothing about the measurement. Time
//! itself is known beforehand: a call that takes as long as was asked for must be found, with that size.

use std::fmt;
use std::str::FromStr;
use std::time::{Duration, Instant};

use super::{EngineReport, PacketEngine};
use crate::timing::clock_reading;
use crate::verdict::Verdict;

/// The longest call, ns: a millisecond is far beyond what any hook should take.
const BURN_MAX: u32 = 1_000_000;

/// `burn=`: how long a call takes in all, ns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Burn(u32);

/// A text that is no time to burn.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected 1 to {BURN_MAX} nanoseconds")]
pub struct BadBurn;

impl Burn {
    /// The time.
    #[must_use]
    pub fn duration(self) -> Duration {
        Duration::from_nanos(self.0.into())
    }
}

impl FromStr for Burn {
    type Err = BadBurn;

    fn from_str(text: &str) -> Result<Self, BadBurn> {
        let ns = text.parse().map_err(|_| BadBurn)?;
        if (1..=BURN_MAX).contains(&ns) { Ok(Self(ns)) } else { Err(BadBurn) }
    }
}

impl fmt::Display for Burn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// An engine whose calls take a known time, its own work included.
#[derive(Clone, Copy, Debug)]
pub struct Burning<E> {
    engine: E,
    /// Between the first clock reading of a call and the last.
    wait: Duration,
}

impl<E: PacketEngine> Burning<E> {
    /// `engine`, with calls that take as long as `burn` says on average. Shorter than two clock readings, or than the
    /// engine's own work, they cannot be.
    #[must_use]
    pub fn new(engine: E, burn: Burn) -> Self {
        // Half of the first reading and half of the last lie outside, and the last is on average half a reading late.
        let wait = burn.duration().saturating_sub(clock_reading().mul_f64(1.5));
        Self { engine, wait }
    }
}

impl<E: PacketEngine> PacketEngine for Burning<E> {
    #[inline]
    fn on_frame(&mut self, frame: &[u8]) -> Verdict {
        let started = Instant::now();
        let verdict = self.engine.on_frame(frame);
        while started.elapsed() < self.wait {}
        verdict
    }

    fn report(&mut self) -> EngineReport {
        self.engine.report()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::NativeEngine;
    use crate::filter::{Filter, Rung};
    use crate::testing::corpus;

    #[test]
    fn times_are_bounded_and_written_as_read() {
        for text in ["1", "300", "1000000"] {
            assert_eq!(text.parse::<Burn>().unwrap().to_string(), text);
        }
        for text in ["", "0", "-1", "1.5", "1000001", "4294967296", "300ns"] {
            assert_eq!(text.parse::<Burn>(), Err(BadBurn), "{text}");
        }
    }

    #[test]
    fn a_call_takes_its_time_and_decides_as_before() {
        let mut plain = NativeEngine::new(Filter::of(Rung::Payload));
        let mut burning = Burning::new(plain, "200000".parse().unwrap());
        for frame in corpus() {
            let started = Instant::now();
            let verdict = burning.on_frame(&frame.bytes);
            // Never less than it waits; how much more is up to the machine.
            assert!(started.elapsed() >= burning.wait && !burning.wait.is_zero(), "{burning:?}");
            assert_eq!(verdict, plain.on_frame(&frame.bytes), "{}", frame.name);
        }
        assert_eq!(burning.report(), plain.report());
    }
}
