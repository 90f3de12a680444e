//! Intervals that are not over for all threads.
//!
//! Neither a thread that stands still nor output that nobody reads may hold up the others, and every interval that they are
//! ahead takes a histogram. When there is none left, intervals are joined: results get coarser then, and stay exact.

use std::collections::VecDeque;

use super::Piece;
use crate::engine::LatencyHistogram;

/// One of them, with what has been handed over; several in a row that were joined.
#[derive(Debug)]
struct OpenInterval {
    /// The boundaries before and after, ns.
    after_ns: u64,
    until_ns: u64,
    round_trips: LatencyHistogram,
}

/// All that have round trips, in order.
#[derive(Debug)]
pub(super) struct OpenIntervals {
    every_ns: u64,
    intervals: VecDeque<OpenInterval>,
    /// How far each thread has come, ns.
    reached_ns: Vec<u64>,
    /// How far the foremost has come, ns.
    latest_ns: u64,
}

impl OpenIntervals {
    /// None yet, of so many threads.
    pub(super) fn new(threads: usize, every_ns: u64) -> Self {
        Self { every_ns, intervals: VecDeque::new(), reached_ns: vec![0; threads], latest_ns: 0 }
    }

    pub(super) fn has_several(&self) -> bool {
        self.intervals.len() > 1
    }

    /// Whether nothing more will be added.
    pub(super) fn have_all_ended(&self) -> bool {
        self.reached_ns.iter().all(|&reached_ns| reached_ns == u64::MAX)
    }

    /// Adds a thread's piece to its interval; that takes an empty histogram if it is the first.
    pub(super) fn add(&mut self, piece: &Piece, empty: impl FnOnce() -> Option<LatencyHistogram>) {
        self.latest_ns = self.latest_ns.max(piece.at_ns);
        self.reached_ns[piece.thread] = if piece.last { u64::MAX } else { piece.at_ns };
        if piece.round_trips.histogram().is_empty() {
            return;
        }
        if let Some(interval) = self.interval_of(piece.until_ns, empty) {
            interval.round_trips.add(piece.round_trips.histogram());
        }
    }

    /// The interval that ends at `until_ns`, or that it was joined with; `None` if there is no histogram at all.
    fn interval_of(
        &mut self,
        until_ns: u64,
        empty: impl FnOnce() -> Option<LatencyHistogram>,
    ) -> Option<&mut OpenInterval> {
        let after_ns = until_ns.saturating_sub(self.every_ns);
        let place = self.intervals.partition_point(|interval| interval.until_ns < until_ns);
        let is_there = self.intervals.get(place).is_some_and(|interval| interval.after_ns < until_ns);
        if !is_there && let Some(round_trips) = empty() {
            self.intervals.insert(place, OpenInterval { after_ns, until_ns, round_trips });
        }
        // Where there was none, its neighbour becomes longer.
        let nearest = place.min(self.intervals.len().saturating_sub(1));
        let interval = self.intervals.get_mut(nearest)?;
        interval.after_ns = interval.after_ns.min(after_ns);
        interval.until_ns = interval.until_ns.max(until_ns);
        Some(interval)
    }

    /// No thread has anything more to hand over.
    pub(super) fn all_ended(&mut self) {
        self.reached_ns.fill(u64::MAX);
    }

    /// Takes out the first that all threads have passed: when it ended, ns, and its round trips.
    pub(super) fn next_complete(&mut self) -> Option<(u64, LatencyHistogram)> {
        let passed_ns = self.reached_ns.iter().copied().min().unwrap_or_default();
        self.intervals.front().filter(|interval| interval.until_ns <= passed_ns)?;
        let complete = self.intervals.pop_front()?;
        // The last one ends with the last thread.
        Some((complete.until_ns.min(self.latest_ns), complete.round_trips))
    }
}
