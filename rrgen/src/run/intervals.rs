//! The round trips of single intervals, apart from those of the run.
//!
//! A histogram is too large to be made or copied between two packets. So a few of them go round: at the end of an
//! interval the data thread swaps the full one for an empty one; the control plane looks at it, adds it up, empties
//! it and gives it back. Recording a transaction costs the same with and without.

use std::sync::mpsc::{Receiver, SyncSender, sync_channel};

use compat::text::interim::Interval;
use hdrhistogram::Histogram;

use crate::engine::LatencyHistogram;

/// Histograms that go round. With all of them under way the data thread waits: no interval is ever lost.
const GOING_ROUND: usize = 4;

/// An interval that is full.
#[derive(Debug)]
pub struct Interim {
    /// When it was, and how much happened in it.
    pub interval: Interval,
    /// Its round trips, ns, if they are kept apart.
    pub round_trips: Option<LatencyHistogram>,
}

/// The control plane's half of the round.
#[derive(Debug)]
pub(super) struct Intervals {
    /// Every interval so far.
    sum: LatencyHistogram,
    emptied: SyncSender<LatencyHistogram>,
}

impl Intervals {
    /// This half, and the empty histograms for the data thread; all memory is taken here.
    pub(super) fn new() -> (Self, Receiver<LatencyHistogram>) {
        let (emptied, empty) = sync_channel(GOING_ROUND);
        let intervals = Self { sum: LatencyHistogram::new(), emptied };
        (0..GOING_ROUND).for_each(|_| intervals.give(LatencyHistogram::new()));
        (intervals, empty)
    }

    /// Adds up a full histogram and sends it round again.
    pub(super) fn take_back(&mut self, mut full: LatencyHistogram) {
        self.sum.add(full.histogram());
        full.clear();
        self.give(full);
    }

    /// All round trips of a run, from those after its last interval.
    pub(super) fn complete(mut self, rest: &Histogram<u64>) -> Histogram<u64> {
        self.sum.add(rest);
        self.sum.into_inner()
    }

    fn give(&self, empty: LatencyHistogram) {
        // There is room for all of them; nobody takes it only when the data thread has ended.
        let _ = self.emptied.send(empty);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::Recorder;

    #[test]
    fn every_histogram_comes_back_empty_and_nothing_is_lost() {
        let (mut intervals, empty) = Intervals::new();
        let rounds = 3 * GOING_ROUND as u64;
        for interval in 1..=rounds {
            let mut full = empty.try_recv().expect("one that has come back");
            assert!(full.histogram().is_empty());
            full.record(0, interval);
            full.record(0, 1_000);
            intervals.take_back(full);
        }
        let mut rest = LatencyHistogram::new();
        rest.record(0, 500);
        let all = intervals.complete(rest.histogram());
        assert_eq!((all.len(), all.count_at(1_000), all.min(), all.count_at(500)), (2 * rounds + 1, rounds, 1, 1));
    }
}
