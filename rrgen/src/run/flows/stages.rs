//! What a data thread of many flows does one after the other: bring the load up, warm up, measure.
//!
//! Each is a run of the same loop. What nobody measures ends with nothing in flight, as with one flow; the test then
//! begins anew, with a schedule of its own, at the moment that all threads are told.

use std::num::NonZeroU64;

use hooks::Verdict;
use hooks::host::EndHook;
use rrserver::data::{self, AnyFlows, Exchange, Wake};
use socket2::Socket;

use crate::engine::{
    Clock, Closed, Count, Deadline, Flow, Gradual, LatencyHistogram, ManyFlows, Monotonic, Open, OpenCounts, Process,
    Profile, Recorder, Schedule, ServiceTimes, Stop, Unlimited,
};
use crate::plan::{ArrivalKind, OpenLoop};
use crate::run::flow::FlowPlan;
use crate::run::stretch::{Length, nanoseconds};

const NS_PER_SEC: f64 = 1e9;

/// A thread's flows, and what it has to do with them.
pub(super) struct Stages<'a> {
    pub(super) plan: &'a FlowPlan,
    /// The thread's, from 0.
    pub(super) number: usize,
    pub(super) sockets: &'a [Socket],
    pub(super) wake: &'a Wake,
    pub(super) exchange: AnyFlows<'a, Socket>,
    pub(super) hook: Option<EndHook>,
    /// Of an open loop, until it is measured.
    pub(super) service: Option<ServiceTimes>,
}

/// What became of an open loop's arrivals, and their service times.
pub(super) type OpenPart = Option<(OpenCounts, LatencyHistogram)>;

/// Lets this thread's timers go off when they are due: by default the kernel takes 50 µs to save wake-ups.
pub(super) fn be_punctual() {
    // A kernel that refuses is late, and lateness is in the results.
    let _ = rustix::thread::set_current_timer_slack(NonZeroU64::new(1));
}

impl Stages<'_> {
    /// Brings the load up and warms up, and leaves nothing in flight.
    pub(super) fn before(&mut self, start_ns: u64) -> Flow {
        let ramp_ns = self.plan.ramp.as_ref().map_or(0, |ramp| nanoseconds(*ramp));
        // A count that follows a ramp is not known before: that ends as it may.
        let total = self.plan.warm_up.filter(|_| ramp_ns == 0).and_then(|warm_up| self.total(warm_up.into()));
        match self.plan.open {
            None => {
                let window = self.plan.burst + 1;
                self.unmeasured(
                    &mut Gradual::new(self.sockets.len(), window, total, start_ns, ramp_ns),
                    start_ns,
                    ramp_ns,
                )
            }
            Some(open) => {
                let (process, profile) = (self.process(open, 0), self.profile(open, start_ns, ramp_ns));
                let mut schedule = Open::new(self.sockets.len(), &process, profile, u64::MAX, total);
                self.unmeasured(&mut schedule, start_ns, ramp_ns)
            }
        }
    }

    fn unmeasured(&mut self, schedule: &mut impl Schedule, start_ns: u64, ramp_ns: u64) -> Flow {
        let mut per_flow = vec![0; self.sockets.len()];
        let warm_up = self.plan.warm_up.map_or(Length::Time(0), Length::from);
        let mut flow = Flow::nothing();
        for (length, from_ns) in [(Length::Time(ramp_ns), start_ns), (warm_up, start_ns.saturating_add(ramp_ns))] {
            if flow.has_stopped() {
                flow = flow.then(self.until(length, from_ns, schedule, &mut (), &mut per_flow));
            }
        }
        if flow.has_stopped() {
            let in_flight = Count { transactions: schedule.drain() };
            flow = flow.then(self.run(&in_flight, schedule, &mut (), &mut per_flow));
        }
        flow
    }

    /// The test itself.
    pub(super) fn measure(
        &mut self,
        start_ns: u64,
        per_flow: &mut [u64],
        mut recorder: impl Recorder,
    ) -> (Flow, OpenPart) {
        let length = Length::from(self.plan.length);
        let (flows, total) = (self.sockets.len(), self.total(length));
        let Some((open, mut service)) = self.plan.open.zip(self.service.take()) else {
            let mut schedule = Closed::new(flows, self.plan.burst + 1, total);
            return (self.until(length, start_ns, &mut schedule, &mut recorder, per_flow), None);
        };
        let (process, profile) = (self.process(open, 1), self.profile(open, start_ns, 0));
        let mut schedule = Open::new(flows, &process, profile, length.end_ns(start_ns), total);
        let flow = self.until(length, start_ns, &mut schedule, &mut (&mut recorder, &mut service), per_flow);
        let counts = schedule.counts_at(flow.last_ns);
        (flow, Some((counts, service.into_inner())))
    }

    /// Chooses when to stop.
    fn until(
        &mut self,
        length: Length,
        start_ns: u64,
        schedule: &mut impl Schedule,
        recorder: &mut impl Recorder,
        per_flow: &mut [u64],
    ) -> Flow {
        match length {
            Length::Time(ns) => {
                self.run(&Deadline { at_ns: start_ns.saturating_add(ns) }, schedule, recorder, per_flow)
            }
            Length::Transactions(count) => {
                self.run(&Count { transactions: self.part_of(count) }, schedule, recorder, per_flow)
            }
            Length::Endless => self.run(&Unlimited, schedule, recorder, per_flow),
        }
    }

    /// Chooses the engine, once for all packets of a stage.
    fn run(
        &mut self,
        stop: &impl Stop,
        schedule: &mut impl Schedule,
        recorder: &mut impl Recorder,
        per_flow: &mut [u64],
    ) -> Flow {
        let clock = &Monotonic;
        // A stage hears the bell once: whoever has been stopped in one begins no other.
        if self.wake.is_rung() {
            return Flow { last_ns: clock.now_ns(), ..Flow::nothing() };
        }
        let (hook, sockets) = (self.hook.as_mut(), self.sockets);
        match &mut self.exchange {
            AnyFlows::Epoll(exchange) => {
                let flows = ManyFlows { exchange: &mut **exchange, clock, schedule, stop, recorder };
                run_hooked(flows, hook, sockets, per_flow)
            }
            AnyFlows::Uring(exchange) => {
                let flows = ManyFlows { exchange: &mut **exchange, clock, schedule, stop, recorder };
                run_hooked(flows, hook, sockets, per_flow)
            }
        }
    }

    /// This thread's transactions of a counted stage.
    fn total(&self, length: Length) -> Option<u64> {
        match length {
            Length::Transactions(count) => Some(self.part_of(count)),
            Length::Time(_) | Length::Endless => None,
        }
    }

    /// This thread's part of a count, so that all parts add up to it.
    fn part_of(&self, count: u64) -> u64 {
        let threads = u64::from(self.plan.load.threads);
        let from = |thread: u64| (u128::from(count) * u128::from(thread) / u128::from(threads)) as u64;
        from(self.number as u64 + 1) - from(self.number as u64)
    }

    /// This thread's arrivals: even ones between those of the others, random ones of their own in every stage.
    fn process(&self, open: OpenLoop, stage: u64) -> Process {
        match open.arrivals {
            ArrivalKind::Uniform => Process::Uniform { phase: self.number as f64 / f64::from(self.plan.load.threads) },
            ArrivalKind::Poisson { seed } => {
                Process::Poisson { seed: seed.into(), stream: 2 * self.number as u64 + stage }
            }
        }
    }

    /// This thread's part of the rate.
    fn profile(&self, open: OpenLoop, start_ns: u64, ramp_ns: u64) -> Profile {
        Profile { start_ns, per_ns: open.rate / f64::from(self.plan.load.threads) / NS_PER_SEC, ramp_ns }
    }
}

/// Chooses whom to call, and begins now.
fn run_hooked<X: Exchange, C: Clock, S: Schedule, T: Stop, R: Recorder>(
    mut flows: ManyFlows<'_, X, C, S, T, R>,
    hook: Option<&mut EndHook>,
    sockets: &[Socket],
    per_flow: &mut [u64],
) -> Flow {
    let now_ns = flows.clock.now_ns();
    match hook {
        Some(EndHook::Messages(hook)) => {
            let ports = data::ports(sockets);
            flows.run(now_ns, per_flow, |flow, response| hook.on_message_between(ports[flow], response))
        }
        // Nobody to call.
        _ => flows.run(now_ns, per_flow, |_, _| Verdict::Pass),
    }
}
