//! Where stamps come from.

use std::thread;
use std::time::Duration;

/// A monotonic clock in nanoseconds from an arbitrary start.
pub trait Clock {
    /// Now, ns.
    fn now_ns(&self) -> u64;

    /// Waits until about `at_ns`; the control plane may wake the thread earlier.
    fn wait_until(&self, at_ns: u64);
}

/// The system's CLOCK_MONOTONIC, through the vDSO: nanoseconds since some time before boot.
#[derive(Debug, Clone, Copy)]
pub struct Monotonic;

/// Nanoseconds in a second.
const NS_PER_SEC: u64 = 1_000_000_000;

impl Clock for Monotonic {
    #[inline]
    fn now_ns(&self) -> u64 {
        let mut now = libc::timespec { tv_sec: 0, tv_nsec: 0 };
        // SAFETY: `now` is a timespec to write to, and every Linux has this clock, so the call cannot fail. std's
        // Instant would do the same and then spend three times as long on subtracting its origin.
        unsafe { libc::clock_gettime(libc::CLOCK_MONOTONIC, &raw mut now) };
        // This clock is never negative, and 64 bits of nanoseconds last 584 years.
        now.tv_sec as u64 * NS_PER_SEC + now.tv_nsec as u64
    }

    #[cold]
    fn wait_until(&self, at_ns: u64) {
        thread::park_timeout(Duration::from_nanos(at_ns.saturating_sub(self.now_ns())));
    }
}
