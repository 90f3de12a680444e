//! Where stamps come from.

use std::time::Instant;

/// A monotonic clock in nanoseconds from an arbitrary start.
pub trait Clock {
    /// Now, ns.
    fn now_ns(&self) -> u64;
}

/// The system's monotonic clock (CLOCK_MONOTONIC, through the vDSO), counted from its creation.
#[derive(Debug, Clone, Copy)]
pub struct Monotonic {
    origin: Instant,
}

impl Monotonic {
    /// A clock that starts at 0 now.
    #[must_use]
    pub fn start() -> Self {
        Self { origin: Instant::now() }
    }

    /// The instant that `ns` on this clock stands for.
    #[must_use]
    pub fn instant(&self, ns: u64) -> Instant {
        self.origin + std::time::Duration::from_nanos(ns)
    }
}

impl Clock for Monotonic {
    #[inline]
    fn now_ns(&self) -> u64 {
        // 64 bits of nanoseconds last 584 years.
        self.origin.elapsed().as_nanos() as u64
    }
}
