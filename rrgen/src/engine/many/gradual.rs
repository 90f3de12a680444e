//! Flows that begin one after the other.
//!
//! A thousand flows that begin at once meet a server with cold caches and a thousand slow starts; whoever wants to see
//! neither brings them up over a while first.

use super::schedule::{Began, Closed, Schedule};

/// A closed loop whose flows begin at even distances.
#[derive(Debug)]
pub struct Gradual {
    closed: Closed,
    /// How many of the flows have begun.
    begun: usize,
    flows: usize,
    start_ns: u64,
    ramp_ns: u64,
}

impl Gradual {
    /// As [`Closed::new`], with the first flow from `start_ns` on, and the others within `ramp_ns` after it.
    #[must_use]
    pub fn new(flows: usize, window: u32, total: Option<u64>, start_ns: u64, ramp_ns: u64) -> Self {
        Self { closed: Closed::at_rest(flows, window, total), begun: 0, flows, start_ns, ramp_ns }
    }

    /// When the next flow begins, if there is one left, ns.
    #[inline]
    fn next_begins_at(&self) -> Option<u64> {
        let after_ns = || u128::from(self.ramp_ns) * self.begun as u128 / self.flows as u128;
        (self.begun < self.flows).then(|| self.start_ns.saturating_add(after_ns() as u64))
    }
}

impl Schedule for Gradual {
    #[inline]
    fn due(&mut self, now_ns: u64) -> Option<usize> {
        while self.next_begins_at().is_some_and(|at_ns| now_ns >= at_ns) {
            self.closed.admit(self.begun);
            self.begun += 1;
        }
        self.closed.due(now_ns)
    }

    #[inline]
    fn completed(&mut self, flow: usize) -> Began {
        self.closed.completed(flow)
    }

    #[inline]
    fn next_at(&self) -> Option<u64> {
        self.next_begins_at()
    }

    #[cold]
    fn drain(&mut self) -> u64 {
        self.begun = self.flows;
        self.closed.drain()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn due(gradual: &mut Gradual, now_ns: u64) -> Vec<usize> {
        std::iter::from_fn(|| gradual.due(now_ns)).collect()
    }

    #[test]
    fn flows_begin_at_even_distances_with_whole_windows() {
        let mut gradual = Gradual::new(4, 2, None, 100, 40);
        assert_eq!((due(&mut gradual, 99), gradual.next_at()), (vec![], Some(100)));
        assert_eq!((due(&mut gradual, 100), gradual.next_at()), (vec![0, 0], Some(110)));
        assert_eq!(gradual.completed(0), Began { intended_ns: 100, sent_ns: 100 });
        assert_eq!((due(&mut gradual, 125), gradual.next_at()), (vec![0, 1, 1, 2, 2], Some(130)));
        assert_eq!(gradual.drain(), 6);
        assert_eq!((due(&mut gradual, 1000), gradual.next_at()), (vec![], None));
    }

    #[test]
    fn without_a_ramp_all_begin_at_once() {
        let mut gradual = Gradual::new(3, 1, Some(2), 5, 0);
        assert_eq!((due(&mut gradual, 5), gradual.drain()), (vec![0, 1], 2));
    }
}
