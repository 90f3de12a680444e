//! The coordinating side: takes pieces from all threads, and tells the control plane of every interval once.

use std::sync::mpsc::{Receiver, SyncSender, sync_channel};

use compat::text::interim::Interval;

use super::open::OpenIntervals;
use super::{Delivery, Piece};
use crate::engine::LatencyHistogram;
use crate::run::intervals::Round;
use crate::run::{Event, Interim};

/// Histograms that go round between the collector and a thread, which waits when all are under way: that late the
/// collector may be, in intervals. They take about 2 MiB.
const GOING_ROUND: usize = 8;

/// Adds up what the threads hand over.
#[derive(Debug)]
pub(in super::super) struct Collector<'a> {
    pub(super) pieces: Receiver<Piece>,
    /// By which the threads get their histograms back.
    rounds: Vec<Round>,
    open: OpenIntervals,
    /// For the intervals of all threads; the control plane gives them back.
    empty: Receiver<LatencyHistogram>,
    /// One of those, for the next interval.
    spare: Option<LatencyHistogram>,
    /// Units of a transaction.
    units: u64,
    /// Where the interval begins that is told next, ns.
    begins_ns: u64,
    events: &'a SyncSender<Event>,
}

impl<'a> Collector<'a> {
    /// For so many threads, which get the deliveries; intervals last `every_ns`. All memory is taken here.
    pub(super) fn new(
        threads: usize,
        every_ns: u64,
        units: u64,
        events: &'a SyncSender<Event>,
        empty: Receiver<LatencyHistogram>,
    ) -> (Self, Vec<Delivery>) {
        // No thread has more than go round and the one that it fills.
        let (sender, pieces) = sync_channel(threads * (GOING_ROUND + 1));
        let delivery = |thread| {
            let (round, empty) = Round::of(GOING_ROUND);
            (round, Delivery { thread, every_ns, pieces: sender.clone(), empty })
        };
        let (rounds, deliveries) = (0..threads).map(delivery).unzip();
        let open = OpenIntervals::new(threads, every_ns);
        (Self { pieces, rounds, open, empty, spare: None, units, begins_ns: 0, events }, deliveries)
    }

    /// Collects until no thread delivers any more.
    pub(in super::super) fn collect(mut self, started_ns: u64) {
        self.begins_ns = started_ns;
        while let Ok(piece) = self.pieces.recv() {
            self.take(piece);
        }
        self.end();
    }

    /// Tells of what is left.
    pub(super) fn end(mut self) {
        // One that died, or never began, has not said so.
        self.open.all_ended();
        self.tell();
    }

    /// Adds up one piece, and tells of what is over by it.
    pub(super) fn take(&mut self, piece: Piece) {
        self.open.add(&piece, || self.spare.take().or_else(|| self.empty.try_recv().ok()));
        self.rounds[piece.thread].give_back(piece.round_trips);
        self.tell();
    }

    /// Tells of all intervals that are over, while that leaves something to add to.
    fn tell(&mut self) {
        while self.can_do_without_one()
            && let Some((end_ns, round_trips)) = self.open.next_complete()
        {
            let units = round_trips.histogram().len().saturating_mul(self.units);
            let interval = Interval::between(self.begins_ns, end_ns, units);
            self.begins_ns = end_ns;
            let interim = Interim { interval, round_trips: Some(round_trips) };
            // Nobody listens any more only when the whole run is being abandoned.
            let _ = self.events.send(Event::Interim(interim));
        }
    }

    /// Whether a histogram is left when the control plane has got another. While it gives none back, because nobody reads
    /// what it prints, say, intervals get longer: waiting for it would be measured as the server's time.
    fn can_do_without_one(&mut self) -> bool {
        self.spare = self.spare.take().or_else(|| self.empty.try_recv().ok());
        self.spare.is_some() || self.open.has_several() || self.open.have_all_ended()
    }
}
