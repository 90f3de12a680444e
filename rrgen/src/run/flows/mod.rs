//! The client's end of many flows: connect them, spread them over pinned threads, merge what they did.
//!
//! One thread, which measures nothing, starts the others at one moment (and again when all have warmed up), collects their
//! interim results, and adds up. What comes out is what one flow's data thread has to tell, so that everything after it
//! is the same.

mod connect;
mod fairness;
mod gather;
mod interims;
mod merge;
mod open_result;
mod share;
mod stages;
mod start;

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, SyncSender};
use std::{iter, thread};

use hooks::host::Prepared;
use rrserver::EndReport;
use rrserver::data::Wake;
use socket2::Socket;

use super::Event;
use super::flow::{FlowOutcome, FlowPlan};
use crate::engine::LatencyHistogram;
use interims::interims;
use merge::Merged;
use share::Share;
use start::{Start, Starter, gates};

pub(super) use connect::Pending;
pub use fairness::Fairness;
pub(super) use gather::{add_results, gather, prepare};
pub use open_result::OpenResult;

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
    /// Runs the test to its end. `hook` is for one thread: the command line sees to that. Interim results go out in `empty`
    /// histograms, and what they have is not in the outcome's.
    pub(super) fn run(&self, mut hook: Option<Prepared>, empty: Option<Receiver<LatencyHistogram>>) -> FlowOutcome {
        let threads = self.plan.load.threads as usize;
        let (starter, gates) = gates(threads);
        let (collector, deliveries) = interims(self.plan, self.events, empty);
        let (start, spent, shares) = thread::scope(|scope| {
            let mut shares = Vec::with_capacity(threads);
            for (number, (gate, delivery)) in gates.into_iter().zip(deliveries).enumerate() {
                let share = Share::new(self, number);
                let hook = hook.take();
                let thread = thread::Builder::new().name(format!("rr-data-{number}"));
                shares.push(thread.spawn_scoped(scope, move || share.run(hook, gate, delivery)));
            }
            let start = match shares.iter().all(Result::is_ok) {
                true => self.begin(&starter),
                false => Start::take(self.sockets),
            };
            // Threads that wait at their gate in vain are done.
            let signs = starter.into_signs();
            if let Some(collector) = collector {
                collector.collect(start.at_ns);
            }
            // Every thread drops its end when it has measured.
            while signs.recv().is_ok() {}
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
}

#[cfg(test)]
mod tests;
