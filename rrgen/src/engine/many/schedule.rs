//! When each of many flows may send.

use std::collections::VecDeque;

/// Decides, after every response, which flows send before the next is awaited.
pub trait Schedule {
    /// The flow whose next request goes out now, if there is one; the caller sends it and asks again.
    fn due(&mut self, now_ns: u64) -> Option<usize>;

    /// A response came on `flow`; returns when its transaction began.
    fn completed(&mut self, flow: usize) -> Began;

    /// When there is something to do even if no response comes until then, ns; `None` if there is not.
    fn next_at(&self) -> Option<u64>;

    /// Begins no further transaction; how many responses are still to come.
    fn drain(&mut self) -> u64;
}

/// The start of a transaction.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Began {
    /// When its request was to go out, ns.
    pub intended_ns: u64,
    /// When it did, ns.
    pub sent_ns: u64,
}

/// Closed loop: every flow sends again when it is answered, and so keeps its window full.
#[derive(Debug)]
pub struct Closed {
    /// Which flows may send, first come, first served.
    ready: VecDeque<u32>,
    /// When each request in flight went out, ns: a ring of `window` stamps for every flow.
    sent_ns: Box<[u64]>,
    rings: Box<[Ring]>,
    window: u32,
    unsent: u64,
    in_flight: u64,
}

/// Where a flow's stamps begin, and how many there are.
#[derive(Debug, Clone, Copy, Default)]
struct Ring {
    oldest: u32,
    in_flight: u32,
}

impl Closed {
    /// Keeps `window` requests in flight on each of `flows` flows. Of a counted test sends `total` requests in all, so
    /// that none is left unanswered when all are counted.
    #[must_use]
    pub fn new(flows: usize, window: u32, total: Option<u64>) -> Self {
        let mut closed = Self::at_rest(flows, window, total);
        for _ in 0..closed.window {
            closed.ready.extend(0..flows as u32);
        }
        closed
    }

    /// The same before any flow may send; [`admit`](Self::admit) lets one.
    pub(super) fn at_rest(flows: usize, window: u32, total: Option<u64>) -> Self {
        let window = window.max(1);
        Self {
            ready: VecDeque::with_capacity(flows * window as usize),
            sent_ns: vec![0; flows * window as usize].into(),
            rings: vec![Ring::default(); flows].into(),
            window,
            unsent: total.unwrap_or(u64::MAX),
            in_flight: 0,
        }
    }

    /// Lets all flows go on after a [`drain`](Schedule::drain), without end.
    pub fn resume(&mut self) {
        self.unsent = u64::MAX;
    }

    /// Lets `flow` fill its window.
    pub(super) fn admit(&mut self, flow: usize) {
        self.ready.extend(std::iter::repeat_n(flow as u32, self.window as usize));
    }

    /// The stamp that is so many after the oldest of `flow`.
    #[inline]
    fn stamp(&mut self, flow: usize, after_oldest: u32) -> &mut u64 {
        let at = self.rings[flow].oldest + after_oldest;
        let at = if at >= self.window { at - self.window } else { at };
        &mut self.sent_ns[flow * self.window as usize + at as usize]
    }
}

impl Schedule for Closed {
    #[inline]
    fn due(&mut self, now_ns: u64) -> Option<usize> {
        if self.unsent == 0 {
            return None;
        }
        let flow = self.ready.pop_front()? as usize;
        self.unsent -= 1;
        self.in_flight += 1;
        *self.stamp(flow, self.rings[flow].in_flight) = now_ns;
        self.rings[flow].in_flight += 1;
        Some(flow)
    }

    #[inline]
    fn completed(&mut self, flow: usize) -> Began {
        // A server that answers more than it was asked completes nothing twice: its stamp is the last one there was.
        let sent_ns = *self.stamp(flow, 0);
        let ring = &mut self.rings[flow];
        if ring.in_flight > 0 {
            ring.in_flight -= 1;
            self.in_flight -= 1;
            ring.oldest = if ring.oldest + 1 == self.window { 0 } else { ring.oldest + 1 };
            self.ready.push_back(flow as u32);
        }
        Began { intended_ns: sent_ns, sent_ns }
    }

    #[inline]
    fn next_at(&self) -> Option<u64> {
        None
    }

    #[cold]
    fn drain(&mut self) -> u64 {
        self.unsent = 0;
        self.in_flight
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn windows_fill_flow_by_flow_in_rounds() {
        let mut closed = Closed::new(2, 2, None);
        let mut due = |now| std::iter::from_fn(|| closed.due(now)).collect::<Vec<_>>();
        assert_eq!(due(5), [0, 1, 0, 1]);
        assert!(due(6).is_empty());
    }

    proptest! {
        #[test]
        fn responses_belong_to_the_oldest_request_of_their_flow(
            flows in 1..5_usize, window in 1..4_u32, answers in proptest::collection::vec(0..5_usize, 0..60),
        ) {
            let mut closed = Closed::new(flows, window, None);
            let mut model = vec![VecDeque::new(); flows];
            for (now, answer) in answers.into_iter().enumerate() {
                let now = now as u64;
                while let Some(flow) = closed.due(now) {
                    model[flow].push_back(now);
                }
                prop_assert!(model.iter().all(|stamps| stamps.len() == window as usize));
                let flow = answer % flows;
                prop_assert_eq!(Some(closed.completed(flow).sent_ns), model[flow].pop_front());
            }
            prop_assert_eq!(closed.drain(), model.iter().map(VecDeque::len).sum::<usize>() as u64);
            prop_assert_eq!(closed.due(0), None);
            closed.resume();
            while let Some(flow) = closed.due(0) {
                model[flow].push_back(0);
            }
            prop_assert!(model.iter().all(|stamps| stamps.len() == window as usize));
        }

        #[test]
        fn of_a_counted_test_no_more_is_sent_than_counted(flows in 1..5_usize, window in 1..4_u32, total in 0..30_u64) {
            let mut closed = Closed::new(flows, window, Some(total));
            let (mut sent, mut answered) = (0, 0);
            loop {
                let due: Vec<_> = std::iter::from_fn(|| closed.due(0)).collect();
                sent += due.len() as u64;
                if due.is_empty() {
                    break;
                }
                for flow in due {
                    closed.completed(flow);
                    answered += 1;
                }
            }
            prop_assert_eq!((sent, answered), (total, total));
        }
    }
}
