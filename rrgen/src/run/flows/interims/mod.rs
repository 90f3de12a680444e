//! Interim results of many flows: what all threads completed in an interval, added up to one.
//!
//! Intervals are the same for all threads, and end at whole multiples of `-D` after the start. A thread sees by the stamp
//! of a transaction that an interval is over, hands over its piece of it, and goes on; the one that coordinates adds up
//! the pieces. So every transaction is in the interval that it completed in, to the nanosecond, and nobody reads a clock
//! for it. The price is that a result is known only when the slowest thread has completed something after its interval,
//! or has ended: while a server stands still there are no results. Nor are there any of nothing: an interval
//! in which no thread completed anything is a part of the next one, so that a stall is one long interval, as with one flow.

mod collector;
mod open;
mod recorder;

use std::iter;
use std::sync::mpsc::{Receiver, SyncSender};
use std::time::Duration;

use crate::engine::LatencyHistogram;
use crate::run::Event;
use crate::run::flow::FlowPlan;
use crate::run::stretch::nanoseconds;

use collector::Collector;
pub(super) use recorder::{Delivery, IntervalRecorder};

/// Intervals are no briefer, whatever `-D` says.
const BRIEFEST: Duration = Duration::from_millis(1);

/// One thread's piece of an interval.
#[derive(Debug)]
struct Piece {
    thread: usize,
    round_trips: LatencyHistogram,
    /// The boundary that the interval ends at, ns.
    until_ns: u64,
    /// How far the thread has come, ns: whatever it completed before is handed over with this.
    at_ns: u64,
    /// It has ended.
    last: bool,
}

/// Both sides, if interim results are asked for: who adds up, with `empty` histograms to go round to the control plane, and
/// a delivery for each thread.
pub(super) fn interims<'a>(
    plan: &FlowPlan,
    events: &'a SyncSender<Event>,
    empty: Option<Receiver<LatencyHistogram>>,
) -> (Option<Collector<'a>>, Vec<Option<Delivery>>) {
    let threads = plan.load.threads as usize;
    let Some(((meter, units), empty)) = plan.interim.as_ref().zip(empty) else {
        return (None, iter::repeat_with(|| None).take(threads).collect());
    };
    let every = Duration::try_from_secs_f64(meter.seconds()).unwrap_or(Duration::MAX).max(BRIEFEST);
    let (collector, deliveries) = Collector::new(threads, nanoseconds(every), *units, events, empty);
    (Some(collector), deliveries.into_iter().map(Some).collect())
}

#[cfg(test)]
mod tests;
