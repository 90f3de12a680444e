//! Every pacer with every stop, every recorder, and every warm-up: a warm-up leaves nothing behind, and what is measured
//! after it is what would have been measured without.

use std::sync::atomic::AtomicBool;

use super::mock::{Peer, Stamps, Ticks};
use super::no_hook;
use crate::engine::{
    Count, Deadline, End, Flag, Flow, LatencyHistogram, LockStep, Paced, Pacer, Recorder, Stop, Unlimited, Window,
    run_flow, warm_up,
};

/// What a reading adds to the clock, which makes it the time of a transaction.
const STEP: u64 = 10;

/// How a stretch ends.
#[derive(Debug, Clone, Copy)]
enum Until {
    Count(u64),
    Deadline(u64),
    Flag(u64),
    /// The peer closes.
    Closed(u64),
}

const ENDS: [Until; 4] = [Until::Count(5), Until::Deadline(5 * STEP), Until::Flag(0), Until::Closed(5)];
const WARM_UPS: [Until; 4] = [Until::Count(4), Until::Count(1), Until::Deadline(4 * STEP), Until::Deadline(1)];

impl Until {
    /// Requests that a pacer may send in all.
    fn total(self) -> Option<u64> {
        if let Self::Count(total) = self { Some(total) } else { None }
    }

    /// Transactions without a rest between them.
    fn transactions(self) -> u64 {
        match self {
            Self::Count(count) | Self::Closed(count) | Self::Flag(count) => count,
            Self::Deadline(ns) => ns.div_ceil(STEP),
        }
    }
}

/// What a stretch was, in the terms of its own start.
#[derive(Debug, PartialEq, Eq)]
struct Ran {
    calls: String,
    stamps: Vec<(u64, u64)>,
    transactions: u64,
    stopped: bool,
    readings: u64,
}

/// One connection and its clock, over several stretches.
struct Bench {
    peer: Peer,
    clock: Ticks,
    last_ns: u64,
}

impl Bench {
    fn new(responses: u64) -> Self {
        Self { peer: Peer::with(responses as usize), clock: Ticks::every(STEP), last_ns: 0 }
    }

    /// Runs `stretch` until `until`, with a pacer made for it.
    fn run<P: Pacer>(&mut self, until: Until, pacers: &impl Fn(Option<u64>, u64) -> P, warming_up: bool) -> Ran {
        let start_ns = self.last_ns;
        let pacer = pacers(until.total(), start_ns);
        let mut recorders = (Stamps::default(), LatencyHistogram::new());
        self.clock.readings.set(0);
        let flow = match until {
            Until::Count(transactions) => self.go(pacer, &Count { transactions }, &mut recorders, warming_up),
            Until::Deadline(ns) => self.go(pacer, &Deadline { at_ns: start_ns + ns }, &mut recorders, warming_up),
            Until::Closed(_) => self.go(pacer, &Unlimited, &mut recorders, warming_up),
            Until::Flag(_) => {
                let raised = AtomicBool::new(true);
                self.go(pacer, &(Flag(&raised), Unlimited), &mut recorders, warming_up)
            }
        };
        let (Stamps(stamps), histogram) = recorders;
        assert_eq!(histogram.into_inner().len(), flow.transactions, "every recorder hears of every transaction");
        self.last_ns = flow.last_ns;
        Ran {
            calls: self.peer.log.take(),
            stamps: stamps.iter().map(|(sent, completed)| (sent - start_ns, completed - start_ns)).collect(),
            transactions: flow.transactions,
            stopped: matches!(flow.end, End::Stopped),
            readings: self.clock.readings.get(),
        }
    }

    fn go(&mut self, mut pacer: impl Pacer, stop: &impl Stop, recorder: &mut impl Recorder, warming_up: bool) -> Flow {
        let (peer, clock, start_ns) = (&mut self.peer, &self.clock, self.last_ns);
        match warming_up {
            true => warm_up(peer, clock, start_ns, &mut pacer, stop, recorder, no_hook),
            false => run_flow(peer, clock, start_ns, &mut pacer, stop, recorder, no_hook),
        }
    }
}

/// What `run_flow` must do with `in_flight` requests at a time.
fn expected(until: Until, in_flight: u64) -> Ran {
    let transactions = until.transactions();
    let total = until.total().unwrap_or(u64::MAX);
    let mut sent = if transactions > 0 { in_flight.min(total) } else { 0 };
    let mut calls = "s".repeat(sent as usize);
    for completed in 1..=transactions {
        calls.push('r');
        if completed < transactions && sent < total {
            calls.push('s');
            sent += 1;
        }
    }
    let stopped = !matches!(until, Until::Closed(_));
    if !stopped {
        calls.push_str("sr");
    }
    let stamp = |done: u64| (STEP * done.saturating_sub(in_flight), STEP * done);
    Ran { calls, stamps: (1..=transactions).map(stamp).collect(), transactions, stopped, readings: transactions }
}

fn every_combination<P: Pacer>(pacers: impl Fn(Option<u64>, u64) -> P, reference: impl Fn(Until) -> Option<Ran>) {
    for until in ENDS {
        let responses = if let Until::Closed(count) = until { count } else { u64::from(u16::MAX) };
        let alone = Bench::new(responses).run(until, &pacers, false);
        if let Some(reference) = reference(until) {
            assert_eq!(alone, reference, "{until:?}");
        }
        for warm_up in WARM_UPS {
            let mut bench = Bench::new(u64::from(u16::MAX));
            let before = bench.run(warm_up, &pacers, true);
            assert!(before.stopped && before.transactions >= warm_up.total().unwrap_or(1), "{before:?}");
            assert!(warm_up.total().is_none_or(|total| before.transactions == total), "{before:?}");
            assert_eq!(before.calls.matches('s').count(), before.calls.matches('r').count(), "{warm_up:?}: {before:?}");
            bench.peer.responses = responses as usize;
            assert_eq!(bench.run(until, &pacers, false), alone, "{until:?} after {warm_up:?}");
        }
    }
}

#[test]
fn lock_step() {
    every_combination(|_, _| LockStep::default(), |until| Some(expected(until, 1)));
}

#[test]
fn a_window_of_any_size() {
    for size in [1, 2, 3, 8] {
        every_combination(|total, _| Window::new(size, total), |until| Some(expected(until, size as u64)));
    }
}

#[test]
fn paced_lock_step_and_paced_windows() {
    every_combination(|_, start_ns| Paced::new(LockStep::default(), 2, 100, start_ns), |_| None);
    every_combination(|total, start_ns| Paced::new(Window::new(3, total), 2, 100, start_ns), |_| None);
}

#[test]
fn a_timed_warm_up_receives_what_it_has_sent_and_does_not_rest_over_it() {
    let ran = Bench::new(99).run(Until::Deadline(2 * STEP), &|total, _| Window::new(4, total), true);
    assert_eq!((ran.calls.as_str(), ran.transactions), ("ssssrsrrrr", 5));
    let pacers = |total, start_ns| Paced::new(Window::new(4, total), 2, 100, start_ns);
    let ran = Bench::new(99).run(Until::Deadline(2 * STEP), &pacers, true);
    assert_eq!((ran.calls.as_str(), ran.stamps.last()), ("ssssrsrrrr", Some(&(STEP, 5 * STEP))));
}

#[test]
fn a_peer_that_closes_ends_a_warm_up_also_while_it_drains() {
    for (responses, calls, transactions) in [(1, "sssrsr", 1), (3, "sssrsrrr", 3)] {
        let ran = Bench::new(responses).run(Until::Deadline(2 * STEP), &|total, _| Window::new(3, total), true);
        assert_eq!((ran.calls.as_str(), ran.transactions, ran.stopped), (calls, transactions, false));
    }
}
