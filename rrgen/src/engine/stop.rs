//! When a run has done enough.

use std::sync::atomic::{AtomicBool, Ordering};

/// Says, before every transaction, whether the run is over.
pub trait Stop {
    /// `now_ns` is the loop's last clock reading, `completed` the transactions so far.
    fn reached(&self, now_ns: u64, completed: u64) -> bool;
}

/// Ends a timed test, by the clock reading the loop has already taken.
#[derive(Debug, Clone, Copy)]
pub struct Deadline {
    /// On the loop's clock, ns.
    pub at_ns: u64,
}

impl Stop for Deadline {
    #[inline]
    fn reached(&self, now_ns: u64, _completed: u64) -> bool {
        now_ns >= self.at_ns
    }
}

/// Ends a counted test.
#[derive(Debug, Clone, Copy)]
pub struct Count {
    /// Transactions to complete.
    pub transactions: u64,
}

impl Stop for Count {
    #[inline]
    fn reached(&self, _now_ns: u64, completed: u64) -> bool {
        completed >= self.transactions
    }
}

/// Never ends by itself (`-l 0`).
#[derive(Debug, Clone, Copy)]
pub struct Unlimited;

impl Stop for Unlimited {
    #[inline]
    fn reached(&self, _now_ns: u64, _completed: u64) -> bool {
        false
    }
}

/// Ends a test when the control plane raises it.
#[derive(Debug, Clone, Copy)]
pub struct Flag<'a>(pub &'a AtomicBool);

impl Stop for Flag<'_> {
    #[inline]
    fn reached(&self, _now_ns: u64, _completed: u64) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

impl<S: Stop> Stop for &S {
    #[inline]
    fn reached(&self, now_ns: u64, completed: u64) -> bool {
        (**self).reached(now_ns, completed)
    }
}

/// Ends at whichever comes first.
impl<A: Stop, B: Stop> Stop for (A, B) {
    #[inline]
    fn reached(&self, now_ns: u64, completed: u64) -> bool {
        self.0.reached(now_ns, completed) || self.1.reached(now_ns, completed)
    }
}
