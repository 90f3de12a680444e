//! The client's end of many flows: connect them, spread them over pinned threads, merge what they did.
//!
//! One thread, which measures nothing, starts the others at one moment, asks them for interim results, and adds up.
//! What comes out is what one flow's data thread has to tell, so that everything after it is the same.

mod connect;
mod fairness;
mod gather;
mod merge;
mod open_result;
mod share;
mod stages;

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, SyncSender};
use std::thread;
use std::time::Duration;

use compat::text::interim::IntervalMeter;
use hooks::host::Prepared;
use rrserver::EndReport;
use rrserver::data::{self, CpuSnapshot, Wake};
use socket2::Socket;

use super::Event;
use super::flow::{FlowOutcome, FlowPlan};
use crate::engine::{Clock, Monotonic};
use merge::Merged;
use share::{Progress, Share};

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
        let (sign, signs) = mpsc::channel();
        let mut cpu_before = CpuSnapshot::take().ok();
        let (mut cpu_after, mut retransmits) = (None, 0);
        let (started_ns, shares) = thread::scope(|scope| {
            let (mut starts, mut shares) = (Vec::new(), Vec::new());
            for (number, progress) in progress.iter().enumerate() {
                let (start, begin) = mpsc::channel();
                let share = Share::new(self, number, progress);
                let (hook, sign) = (hook.take(), sign.clone());
                let name = format!("rr-data-{number}");
                let thread = thread::Builder::new().name(name);
                shares.push(thread.spawn_scoped(scope, move || share.run(hook, &begin, &sign)));
                starts.push(start);
            }
            drop(sign);
            let mut started_ns = Monotonic.now_ns();
            // Threads whose start never comes are done.
            if shares.iter().all(Result::is_ok) {
                started_ns = self.begin_together(&starts, &signs);
                if self.plan.has_unmeasured() {
                    self.await_all(&signs);
                    cpu_before = CpuSnapshot::take().ok();
                    let info = data::at_end_of_all(self.sockets).tcp_info;
                    retransmits = info.map_or(0, |info| info.total_retransmits.into());
                    started_ns = self.begin(&starts, Event::WarmedUp);
                }
            }
            drop(starts);
            self.follow(&signs, &progress, started_ns);
            cpu_after = CpuSnapshot::take().ok();
            let shares: Vec<_> = shares.into_iter().map(|share| Ok(share?.join().expect("data thread"))).collect();
            (started_ns, shares)
        });
        let stopped = self.stop.load(Ordering::Relaxed);
        let hosts = cpu_before.as_ref().zip(cpu_after.as_ref());
        let outcome = Merged::of(shares, started_ns).outcome(self.sockets, stopped, retransmits);
        FlowOutcome {
            cpu: hosts.filter(|_| self.plan.measure_cpu).map(|(before, after)| after.usage_since(before)),
            report: EndReport { cpu: hosts.map(|(before, after)| after.time_since(before)), ..outcome.report },
            interim: self.plan.interim.clone().map(|(meter, _)| meter),
            ..outcome
        }
    }

    /// Starts all threads once all are ready; returns when that was, ns.
    fn begin_together(&self, starts: &[mpsc::Sender<u64>], signs: &Receiver<()>) -> u64 {
        self.await_all(signs);
        self.begin(starts, Event::Began)
    }

    /// Waits until all threads are ready for what comes next.
    fn await_all(&self, signs: &Receiver<()>) {
        for _ in 0..self.plan.load.threads {
            // A thread that could not get ready signs, too, and says so by its outcome.
            let _ = signs.recv();
        }
    }

    /// Starts what comes next in all threads; returns when that was, ns.
    fn begin(&self, starts: &[mpsc::Sender<u64>], event: Event) -> u64 {
        let now_ns = Monotonic.now_ns();
        // Nobody listens any more only when the whole run is being abandoned.
        let _ = self.events.send(event);
        for start in starts {
            let _ = start.send(now_ns);
        }
        now_ns
    }

    /// Waits until no thread measures any more, and takes interim results meanwhile.
    fn follow(&self, signs: &Receiver<()>, progress: &[Progress], started_ns: u64) {
        let mut interim = self.plan.interim.as_ref().map(|(meter, units)| Interim::new(meter, *units, started_ns));
        let mut measuring = progress.len();
        while measuring > 0 {
            let sign = match &interim {
                Some(interim) => signs.recv_timeout(interim.every),
                None => signs.recv().map_err(|_| RecvTimeoutError::Disconnected),
            };
            match sign {
                Ok(()) => measuring -= 1,
                Err(RecvTimeoutError::Disconnected) => break,
                Err(RecvTimeoutError::Timeout) => {}
            }
            if let Some(interim) = &mut interim {
                interim.take(progress, self.events, measuring == 0);
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
