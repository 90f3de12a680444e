//! The client's end of many flows: connect them, spread them over pinned threads, merge what they did.
//!
//! One thread, which measures nothing, starts the others at one moment (and again when all have warmed up), asks them for
//! interim results, and adds up. What comes out is what one flow's data thread has to tell, so that everything after it
//! is the same.

mod connect;
mod fairness;
mod gather;
mod merge;
mod open_result;
mod share;
mod stages;
mod start;

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender};
use std::time::Duration;
use std::{iter, thread};

use compat::text::interim::IntervalMeter;
use hooks::host::Prepared;
use rrserver::EndReport;
use rrserver::data::Wake;
use socket2::Socket;

use super::Event;
use super::flow::{FlowOutcome, FlowPlan};
use crate::engine::{Clock, Monotonic};
use merge::Merged;
use share::{Progress, Share};
use start::{Start, Starter, gates};

pub(super) use connect::Pending;
pub use fairness::Fairness;
pub(super) use gather::{add_results, gather, prepare};
pub use open_result::OpenResult;

/// Interim results are not asked for more often, whatever `-D` says.
const BRIEFEST_INTERIM: Duration = Duration::from_millis(1);

/// Everything the threads of one test have in common.
pub(super) struct ManyFlows<'a> {
    pub(super) plan: &'a FlowPlan,
    pub(super) sockets: &'a [Socket],
    pub(super) wake: &'a Wake,
    /// Raised by the control plane.
    pub(super) stop: &'a AtomicBool,
    pub(super) events: &'a SyncSender<Event>,
}

impl ManyFlows<'_> {
    /// Runs the test to its end. `hook` is for one thread: the command line sees to that.
    pub(super) fn run(&self, mut hook: Option<Prepared>) -> FlowOutcome {
        let threads = self.plan.load.threads as usize;
        let progress: Vec<Progress> = (0..threads).map(|_| Progress::default()).collect();
        let (starter, gates) = gates(threads);
        let (start, spent, shares) = thread::scope(|scope| {
            let mut shares = Vec::with_capacity(threads);
            for ((number, progress), gate) in progress.iter().enumerate().zip(gates) {
                let share = Share::new(self, number, progress);
                let hook = hook.take();
                let thread = thread::Builder::new().name(format!("rr-data-{number}"));
                shares.push(thread.spawn_scoped(scope, move || share.run(hook, gate)));
            }
            let start = match shares.iter().all(Result::is_ok) {
                true => self.begin(&starter),
                false => Start::take(self.sockets),
            };
            // Threads that wait at their gate in vain are done.
            let signs = starter.into_signs();
            self.follow(&signs, &progress, start.at_ns);
            let spent = start.host_since();
            let shares: Vec<_> = shares.into_iter().map(|share| Ok(share?.join().expect("data thread"))).collect();
            (start, spent, shares)
        });
        let stopped = self.stop.load(Ordering::Relaxed);
        let outcome = Merged::of(shares, start.at_ns).outcome(self.sockets, start.retransmits, stopped);
        let (usage, cpu) = spent.unzip();
        FlowOutcome {
            cpu: usage.filter(|_| self.plan.measure_cpu),
            report: EndReport { cpu, ..outcome.report },
            interim: self.plan.interim.clone().map(|(meter, _)| meter),
            ..outcome
        }
    }

    /// Starts all threads together: with their warm-up, if there is one, and with what is measured. Where the bell has
    /// rung, because of a signal or a thread that is in trouble, nothing further begins.
    fn begin(&self, starter: &Starter) -> Start {
        let mut start = Start::take(self.sockets);
        let stretches = iter::once(Event::Began).chain(self.plan.has_unmeasured().then_some(Event::WarmedUp));
        for stretch in stretches {
            starter.await_all();
            if self.wake.is_rung() {
                break;
            }
            start = Start::take(self.sockets);
            // Told after it: whoever ends the stretch in time counts from then. Nobody listens any more only when the whole
            // run is being abandoned.
            let _ = self.events.send(stretch);
            starter.open(start.at_ns);
        }
        start
    }

    /// Waits until no thread measures any more, and takes interim results meanwhile.
    fn follow(&self, signs: &Receiver<()>, progress: &[Progress], started_ns: u64) {
        let mut interim = self.plan.interim.as_ref().map(|(meter, units)| Interim::new(meter, *units, started_ns));
        loop {
            let sign = match &interim {
                Some(interim) => signs.recv_timeout(interim.every),
                None => signs.recv().map_err(|_| RecvTimeoutError::Disconnected),
            };
            // Every thread drops its end of the channel when it has measured.
            let over = sign == Err(RecvTimeoutError::Disconnected);
            if let Some(interim) = &mut interim {
                interim.take(progress, self.events, over);
            }
            if over {
                break;
            }
        }
    }
}

/// Interim results of all threads together.
struct Interim {
    meter: IntervalMeter,
    units: u64,
    /// Transactions that have been in a result, or are in the meter.
    seen: u64,
    every: Duration,
}

impl Interim {
    /// netperf's guesses at how many transactions fit an interval are for a loop that would rather not read the clock;
    /// this one has nothing else to do.
    fn new(meter: &IntervalMeter, units: u64, started_ns: u64) -> Self {
        let seconds = meter.seconds();
        let mut meter = IntervalMeter::exact(seconds);
        meter.restart(started_ns);
        let every = Duration::try_from_secs_f64(seconds).unwrap_or(Duration::MAX).max(BRIEFEST_INTERIM);
        Self { meter, units, seen: 0, every }
    }

    fn take(&mut self, progress: &[Progress], events: &SyncSender<Event>, last: bool) {
        let completed: u64 = progress.iter().map(Progress::completed).sum();
        let units = (completed - self.seen).saturating_mul(self.units);
        self.seen = completed;
        let now_ns = Monotonic.now_ns();
        let full = self.meter.record(units, now_ns);
        let rest = if last { self.meter.finish(now_ns) } else { None };
        for interval in [full, rest].into_iter().flatten() {
            // Nobody listens any more only when the whole run is being abandoned.
            let _ = events.send(Event::Interim(super::Interim { interval, round_trips: None }));
        }
    }
}

#[cfg(test)]
mod tests;
