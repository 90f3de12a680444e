//! The round trips of single intervals, apart from those of the run.
//!
//! A histogram is too large to be made or copied between two packets. So a few of them go round: at the end of an
//! interval the data thread swaps the full one for an empty one; the control plane looks at it, adds it up, empties
//! it and gives it back. Recording a transaction costs the same with and without.

use std::sync::mpsc::{Receiver, SyncSender, sync_channel};

use compat::text::interim::Interval;
use hdrhistogram::Histogram;

use crate::engine::LatencyHistogram;

/// Histograms that go round between the control plane and whoever fills them. With all of them under way one flow waits,
/// and the intervals of many get longer: no round trip is ever lost.
const GOING_ROUND: usize = 16;

/// An interval that is full.
#[derive(Debug)]
pub struct Interim {
    /// When it was, and how much happened in it.
    pub interval: Interval,
    /// Its round trips, ns, if they are kept apart.
    pub round_trips: Option<LatencyHistogram>,
}

/// The half of the round that full histograms come to.
#[derive(Debug)]
pub(super) struct Round(SyncSender<LatencyHistogram>);

impl Round {
    /// This half, and so many empty histograms for the other; all memory is taken here.
    pub(super) fn of(count: usize) -> (Self, Receiver<LatencyHistogram>) {
        let (emptied, empty) = sync_channel(count);
        let round = Self(emptied);
        (0..count).for_each(|_| round.give(LatencyHistogram::new()));
        (round, empty)
    }

    /// Empties a histogram and sends it round again.
    pub(super) fn give_back(&self, mut full: LatencyHistogram) {
        full.clear();
        self.give(full);
    }

    fn give(&self, empty: LatencyHistogram) {
        // There is room for all of them; nobody takes it only when the data thread has ended.
        let _ = self.0.send(empty);
    }
}

/// All intervals of a run, added up one by one.
#[derive(Debug)]
pub(super) struct Intervals {
    /// Every interval so far.
    sum: LatencyHistogram,
    round: Round,
}

impl Intervals {
    /// The sum, and the empty histograms for single intervals.
    pub(super) fn new() -> (Self, Receiver<LatencyHistogram>) {
        let (round, empty) = Round::of(GOING_ROUND);
        (Self { sum: LatencyHistogram::new(), round }, empty)
    }

    /// Adds up a full histogram and sends it round again.
    pub(super) fn take_back(&mut self, full: LatencyHistogram) {
        self.sum.add(full.histogram());
        self.round.give_back(full);
    }

    /// All round trips of a run, from those after its last interval.
    pub(super) fn complete(mut self, rest: &Histogram<u64>) -> Histogram<u64> {
        self.sum.add(rest);
        self.sum.into_inner()
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
