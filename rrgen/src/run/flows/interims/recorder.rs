//! A thread's side: records every transaction, and hands over its piece of every interval that is over.

use std::mem;
use std::sync::mpsc::{Receiver, SyncSender};

use super::Piece;
use crate::engine::{LatencyHistogram, Recorder};

/// Where a thread's pieces go, and where empty histograms come from.
#[derive(Debug)]
pub(in super::super) struct Delivery {
    pub(super) thread: usize,
    pub(super) every_ns: u64,
    pub(super) pieces: SyncSender<Piece>,
    pub(super) empty: Receiver<LatencyHistogram>,
}

impl Delivery {
    /// Swaps `round_trips` for an empty histogram, and sends them; waits where all are under way.
    fn deliver(&self, round_trips: &mut LatencyHistogram, until_ns: u64, at_ns: u64, last: bool) {
        // Nobody takes them any more only when the run has failed: they stay where they are.
        let Ok(empty) = self.empty.recv() else { return };
        let round_trips = mem::replace(round_trips, empty);
        let _ = self.pieces.send(Piece { thread: self.thread, round_trips, until_ns, at_ns, last });
    }
}

/// Keeps round trips, interval by interval if they are to be delivered.
#[derive(Debug)]
pub(in super::super) struct IntervalRecorder<'a> {
    /// Of the interval that is going on, or of all.
    histogram: &'a mut LatencyHistogram,
    delivery: Option<Delivery>,
    start_ns: u64,
    end_ns: u64,
    /// The boundary that is next, ns.
    due_ns: u64,
}

impl<'a> IntervalRecorder<'a> {
    /// For a test that starts and ends then, ns. Its last interval is over when it is: an end at a boundary leaves no
    /// splinter of the transactions that were on their way.
    pub(in super::super) fn new(
        histogram: &'a mut LatencyHistogram,
        delivery: Option<Delivery>,
        start_ns: u64,
        end_ns: u64,
    ) -> Self {
        let mut recorder = Self { histogram, delivery, start_ns, end_ns, due_ns: u64::MAX };
        recorder.due_ns = recorder.boundary_after(start_ns);
        recorder
    }

    /// Hands over what is left; the thread's loop has ended at `at_ns`.
    pub(in super::super) fn finish(self, at_ns: u64) {
        if let Some(delivery) = &self.delivery {
            delivery.deliver(self.histogram, self.due_ns, at_ns, true);
        }
    }

    #[cold]
    fn pass(&mut self, now_ns: u64) {
        if let Some(delivery) = &self.delivery {
            delivery.deliver(self.histogram, self.due_ns, now_ns, false);
            self.due_ns = self.boundary_after(now_ns);
        }
    }

    /// The first boundary after `now_ns` at which the test still goes on.
    fn boundary_after(&self, now_ns: u64) -> u64 {
        let due_ns = self.delivery.as_ref().map(|delivery| {
            let over = now_ns.saturating_sub(self.start_ns) / delivery.every_ns;
            self.start_ns.saturating_add(delivery.every_ns.saturating_mul(over + 1))
        });
        due_ns.filter(|due_ns| *due_ns < self.end_ns).unwrap_or(u64::MAX)
    }
}

impl Recorder for IntervalRecorder<'_> {
    #[inline]
    fn record(&mut self, begun_ns: u64, completed_ns: u64) {
        if completed_ns >= self.due_ns {
            self.pass(completed_ns);
        }
        self.histogram.record(begun_ns, completed_ns);
    }
}
