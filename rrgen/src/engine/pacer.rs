//! When requests go out.

use std::collections::VecDeque;

/// Decides, after every response, how many requests to send before waiting for the next.
pub trait Pacer {
    /// Whether one more request goes out now; `true` means the caller sends it.
    fn due(&mut self, now_ns: u64) -> bool;

    /// A response came; returns when its request went out, ns.
    fn completed(&mut self) -> u64;

    /// The responses to everything in flight will not come.
    fn lost(&mut self);

    /// Begins no further transaction; how many responses are still to come.
    fn drain(&mut self) -> u64;

    /// When to go on, if it is not time yet, ns.
    fn resumes_at(&mut self, _now_ns: u64) -> Option<u64> {
        None
    }
}

/// One request in flight, always: netperf's request/response test.
#[derive(Debug, Default)]
pub struct LockStep {
    sent_ns: u64,
    in_flight: bool,
}

impl Pacer for LockStep {
    #[inline]
    fn due(&mut self, now_ns: u64) -> bool {
        let due = !self.in_flight;
        if due {
            self.sent_ns = now_ns;
            self.in_flight = true;
        }
        due
    }

    #[inline]
    fn completed(&mut self) -> u64 {
        self.in_flight = false;
        self.sent_ns
    }

    #[cold]
    fn lost(&mut self) {
        self.in_flight = false;
    }

    #[cold]
    fn drain(&mut self) -> u64 {
        u64::from(self.in_flight)
    }
}

/// Several requests in flight: netperf's `-b`. Responses come in the order of their requests.
#[derive(Debug)]
pub struct Window {
    sent_ns: VecDeque<u64>,
    size: usize,
    unsent: u64,
}

impl Window {
    /// Keeps `size` requests in flight. Of a counted test sends `total` requests in all, so that none is left
    /// unanswered when both ends have counted to the end.
    #[must_use]
    pub fn new(size: usize, total: Option<u64>) -> Self {
        Self { sent_ns: VecDeque::with_capacity(size), size, unsent: total.unwrap_or(u64::MAX) }
    }
}

impl Pacer for Window {
    #[inline]
    fn due(&mut self, now_ns: u64) -> bool {
        let due = self.sent_ns.len() < self.size && self.unsent > 0;
        if due {
            self.sent_ns.push_back(now_ns);
            self.unsent -= 1;
        }
        due
    }

    #[inline]
    fn completed(&mut self) -> u64 {
        self.sent_ns.pop_front().unwrap_or_default()
    }

    #[cold]
    fn lost(&mut self) {
        self.unsent = self.unsent.saturating_add(self.sent_ns.len() as u64);
        self.sent_ns.clear();
    }

    #[cold]
    fn drain(&mut self) -> u64 {
        self.unsent = 0;
        self.sent_ns.len() as u64
    }
}

/// So many transactions in every interval, and a rest until the next (netperf's global `-b` and `-w`, in a build with
/// intervals). Intervals that a slow peer made us miss are not made up for.
#[derive(Debug)]
pub struct Paced<P> {
    inner: P,
    per_interval: u32,
    left: u32,
    interval_ns: u64,
    next_ns: u64,
}

impl<P> Paced<P> {
    /// `per_interval` transactions of `inner` in every `interval_ns` from `start_ns` on; 0 counts as 1 for either.
    #[must_use]
    pub fn new(inner: P, per_interval: u32, interval_ns: u64, start_ns: u64) -> Self {
        let interval_ns = interval_ns.max(1);
        Self { inner, per_interval: per_interval.max(1), left: 0, interval_ns, next_ns: start_ns }
    }
}

impl<P: Pacer> Pacer for Paced<P> {
    #[inline]
    fn due(&mut self, now_ns: u64) -> bool {
        self.inner.due(now_ns)
    }

    #[inline]
    fn completed(&mut self) -> u64 {
        self.left = self.left.saturating_sub(1);
        self.inner.completed()
    }

    #[cold]
    fn lost(&mut self) {
        self.inner.lost();
    }

    #[cold]
    fn drain(&mut self) -> u64 {
        // What is in flight is received without a rest.
        self.left = u32::MAX;
        self.inner.drain()
    }

    #[inline]
    fn resumes_at(&mut self, now_ns: u64) -> Option<u64> {
        if self.left > 0 {
            return None;
        }
        if now_ns < self.next_ns {
            return Some(self.next_ns);
        }
        self.left = self.per_interval;
        let missed = (now_ns - self.next_ns) / self.interval_ns;
        self.next_ns = self.next_ns.saturating_add((missed + 1).saturating_mul(self.interval_ns));
        None
    }
}
