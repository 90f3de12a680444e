//! When requests go out.

use std::collections::VecDeque;

/// Decides, after every response, how many requests to send before waiting for the next.
pub trait Pacer {
    /// Whether one more request goes out now; `true` means the caller sends it.
    fn due(&mut self, now_ns: u64) -> bool;

    /// A response came; returns when its request went out, ns.
    fn completed(&mut self) -> u64;
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
}
