//! Open loop: requests go out when they are due, whether or not those before have been answered.
//!
//! A closed loop asks less of a server the slower that answers, and so never sees how many would have had to wait
//! meanwhile (coordinated omission). Here the load is offered: an arrival that finds every flow busy waits for one, and
//! its time counts from when it was to begin. What waits is not stored: the same arrivals, drawn a second time,
//! say when the oldest of them was to go out, so that a backlog of any length takes no memory.

use std::collections::VecDeque;
use std::ops::AddAssign;

use super::arrivals::{Arrivals, Process, Profile};
use super::schedule::{Began, Schedule};

/// What has become of the arrivals so far.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct OpenCounts {
    /// Requests that were to go out.
    pub arrivals: u64,
    /// Requests that did.
    pub sent: u64,
    /// Of all arrivals those that found every flow busy.
    pub late: u64,
    /// Most arrivals that waited for a flow at one moment.
    pub longest_backlog: u64,
    /// Longest time that a request went out later than it was to, ns.
    pub longest_delay_ns: u64,
    /// Requests that were sent and not answered.
    pub unanswered: u64,
    /// How long the oldest arrival had waited that was not sent, or not answered, when the run ended, ns.
    pub oldest_ns: u64,
}

impl OpenCounts {
    /// Arrivals that were never sent.
    #[must_use]
    pub fn unsent(&self) -> u64 {
        self.arrivals - self.sent
    }
}

/// Counts add up; of the longest, the longest.
impl AddAssign for OpenCounts {
    fn add_assign(&mut self, other: Self) {
        self.arrivals += other.arrivals;
        self.sent += other.sent;
        self.late += other.late;
        self.longest_backlog = self.longest_backlog.max(other.longest_backlog);
        self.longest_delay_ns = self.longest_delay_ns.max(other.longest_delay_ns);
        self.unanswered += other.unanswered;
        self.oldest_ns = self.oldest_ns.max(other.oldest_ns);
    }
}

/// One request in flight on every flow at most; arrivals take idle flows in turn.
#[derive(Debug)]
pub struct Open {
    /// What has not arrived yet.
    coming: Arrivals,
    /// The same, from the oldest that has not been sent.
    unsent: Arrivals,
    /// Arrivals still to come in a counted test.
    left: u64,
    /// When they end, ns.
    until_ns: u64,
    idle: VecDeque<u32>,
    /// The last transaction of every flow.
    flows: Box<[Asked]>,
    /// Of those in the backlog, which are the late ones: the oldest so many.
    known_late: u64,
    counts: OpenCounts,
}

#[derive(Debug, Clone, Copy, Default)]
struct Asked {
    began: Began,
    in_flight: bool,
}

impl Open {
    /// Sends arrivals over `flows` flows: those before `until_ns`, and `total` of a counted test.
    #[must_use]
    pub fn new(flows: usize, process: &Process, profile: Profile, until_ns: u64, total: Option<u64>) -> Self {
        Self {
            coming: Arrivals::new(process, profile),
            unsent: Arrivals::new(process, profile),
            left: total.unwrap_or(u64::MAX),
            until_ns,
            idle: (0..flows as u32).collect(),
            flows: vec![Asked::default(); flows].into(),
            known_late: 0,
            counts: OpenCounts::default(),
        }
    }

    /// What became of all arrivals up to the end of the run.
    #[must_use]
    pub fn counts_at(mut self, end_ns: u64) -> OpenCounts {
        self.arrive(end_ns);
        let in_flight = self.flows.iter().filter(|asked| asked.in_flight).map(|asked| asked.began.intended_ns);
        let waiting = (self.counts.unsent() > 0).then(|| self.unsent.next_ns());
        let oldest_ns = in_flight.chain(waiting).min().map_or(0, |at_ns| end_ns.saturating_sub(at_ns));
        OpenCounts { unanswered: self.in_flight(), oldest_ns, ..self.counts }
    }

    /// Lets in who has come by `now_ns`.
    #[inline]
    fn arrive(&mut self, now_ns: u64) {
        while self.next_arrival().is_some_and(|at_ns| at_ns <= now_ns) {
            self.coming.advance();
            self.left -= 1;
            self.counts.arrivals += 1;
        }
    }

    #[inline]
    fn next_arrival(&self) -> Option<u64> {
        let at_ns = self.coming.next_ns();
        (self.left > 0 && at_ns < self.until_ns).then_some(at_ns)
    }

    fn in_flight(&self) -> u64 {
        (self.flows.len() - self.idle.len()) as u64
    }
}

impl Schedule for Open {
    #[inline]
    fn due(&mut self, now_ns: u64) -> Option<usize> {
        self.arrive(now_ns);
        let backlog = self.counts.unsent();
        if backlog == 0 {
            return None;
        }
        let Some(flow) = self.idle.pop_front() else {
            self.counts.late += backlog - self.known_late;
            self.known_late = backlog;
            self.counts.longest_backlog = self.counts.longest_backlog.max(backlog);
            return None;
        };
        let intended_ns = self.unsent.next_ns();
        self.unsent.advance();
        self.known_late = self.known_late.saturating_sub(1);
        self.counts.sent += 1;
        self.counts.longest_delay_ns = self.counts.longest_delay_ns.max(now_ns.saturating_sub(intended_ns));
        self.flows[flow as usize] = Asked { began: Began { intended_ns, sent_ns: now_ns }, in_flight: true };
        Some(flow as usize)
    }

    #[inline]
    fn completed(&mut self, flow: usize) -> Began {
        let asked = &mut self.flows[flow];
        // A server that answers more than it was asked makes a flow idle once.
        if std::mem::take(&mut asked.in_flight) {
            self.idle.push_back(flow as u32);
        }
        asked.began
    }

    /// Without an idle flow no arrival is sent; the end comes in any case.
    #[inline]
    fn next_at(&self) -> Option<u64> {
        let arrival = self.next_arrival().filter(|_| !self.idle.is_empty());
        arrival.or((self.until_ns < u64::MAX).then_some(self.until_ns))
    }

    #[cold]
    fn drain(&mut self) -> u64 {
        // Whoever has not been sent by now is not sent.
        (self.left, self.until_ns) = (0, u64::MAX);
        self.counts.arrivals = self.counts.sent;
        self.in_flight()
    }
}

#[cfg(test)]
mod tests;
