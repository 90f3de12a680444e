//! One data thread's share of the flows: set up before the test, measured together with the others, closed after it.

use std::mem;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use hooks::host::{EndHook, HostError, Prepared};
use hooks::{Ledger, Verdict};
use rrserver::data::{self, AffinityError, EpollFlows, Exchange, Happening, ThreadId, ThreadUsage, Traffic};
use socket2::Socket;

use super::ManyFlows;
use super::start::Gate;
use crate::engine::{
    self, Clock, Closed, Count, Deadline, End, Flow, LatencyHistogram, Monotonic, Recorder, Stop, Unlimited,
};
use crate::run::stretch::{Length, WarmedUp};

/// How long the server may take to send what the end of the test left unanswered, and to close.
const LEFTOVER_PATIENCE: Duration = Duration::from_secs(2);

/// How many transactions a thread has completed, for others to read. A line of its own: it is written at every one.
#[derive(Debug, Default)]
#[repr(align(128))]
pub(super) struct Progress(AtomicU64);

impl Progress {
    pub(super) fn completed(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }

    fn clear(&self) {
        self.0.store(0, Ordering::Relaxed);
    }
}

impl Recorder for &Progress {
    #[inline]
    fn record(&mut self, _sent_ns: u64, _completed_ns: u64) {
        // One thread writes: no atomic addition is needed.
        self.0.store(self.completed() + 1, Ordering::Relaxed);
    }
}

/// What one thread is to do.
pub(super) struct Share<'a> {
    many: &'a ManyFlows<'a>,
    number: usize,
    sockets: &'a [Socket],
    progress: &'a Progress,
}

/// What it did.
#[derive(Debug)]
pub(super) struct Shared {
    pub(super) flow: Flow,
    pub(super) histogram: LatencyHistogram,
    /// Transactions of each of its flows.
    pub(super) per_flow: Vec<u64>,
    pub(super) traffic: Traffic,
    /// What it had done before any of this.
    pub(super) warmed_up: Option<WarmedUp>,
    /// What the thread cost; without a warm-up from its start.
    pub(super) usage: ThreadUsage,
    pub(super) unbound: Option<AffinityError>,
    pub(super) ledger: Option<Result<Ledger, HostError>>,
}

/// A stretch of the test.
struct Part {
    started_ns: u64,
    /// For all threads together.
    length: Length,
    /// Ends with nothing in flight.
    to_the_last: bool,
}

impl<'a> Share<'a> {
    pub(super) fn new(many: &'a ManyFlows<'a>, number: usize, progress: &'a Progress) -> Self {
        Self { many, number, sockets: &many.sockets[many.plan.load.flows_of(number)], progress }
    }

    /// Gets ready, measures when all have passed their gates, and closes the flows.
    pub(super) fn run(&self, hook: Option<Prepared>, gate: Gate) -> Shared {
        let plan = self.many.plan;
        let cpu = plan.load.cpus.of_thread(self.number);
        let mut shared = Shared {
            flow: Flow { transactions: 0, last_ns: 0, end: End::Stopped },
            histogram: LatencyHistogram::new(),
            per_flow: vec![0; self.sockets.len()],
            traffic: Traffic::default(),
            warmed_up: None,
            usage: ThreadUsage::default(),
            unbound: cpu.and_then(|cpu| data::pin_current_thread(cpu).err()),
            ledger: None,
        };
        let link = &plan.link;
        let flows = EpollFlows::new(self.sockets, self.many.wake, &link.request, link.response_size, plan.load.wait);
        let hook = hook.map(|hook| hook.on_end_of(&self.sockets[0])).transpose();
        match (flows, hook) {
            (Ok(flows), Ok(hook)) => self.measure(flows, hook, gate, &mut shared),
            (Err(e), _) => {
                shared.flow.end = End::RecvFailed(e);
                self.give_up(&gate);
            }
            (_, Err(e)) => {
                shared.ledger = Some(Err(e));
                self.give_up(&gate);
            }
        }
        shared.usage = ThreadId::current().usage() - shared.usage;
        shared
    }

    /// A test without this thread is not the test that was asked for: nobody passes.
    fn give_up(&self, gate: &Gate) {
        self.many.wake.ring();
        let _ = gate.pass();
    }

    fn measure(&self, flows: EpollFlows<'_, Socket>, mut hook: Option<EndHook>, gate: Gate, shared: &mut Shared) {
        let mut flows = if hook.is_some() { flows.keeping_messages() } else { flows };
        shared.flow = match &mut hook {
            Some(EndHook::Messages(hook)) => {
                let ports = data::ports(self.sockets);
                self.stretches(&mut flows, &gate, shared, |flow, response| {
                    hook.on_message_between(ports[flow], response)
                })
            }
            // Nobody to call.
            _ => self.stretches(&mut flows, &gate, shared, |_, _| Verdict::Pass),
        };
        drop(gate);
        shared.ledger = hook.map(EndHook::detach);
        shared.traffic = flows.traffic().since(&shared.warmed_up.unwrap_or_default().traffic);
        settle(&mut flows, self.sockets.len(), LEFTOVER_PATIENCE);
    }

    /// Warms up, if that is asked for, and then measures.
    fn stretches(
        &self,
        flows: &mut EpollFlows<'_, Socket>,
        gate: &Gate,
        shared: &mut Shared,
        mut hook: impl FnMut(usize, &[u8]) -> Verdict,
    ) -> Flow {
        let mut flow = Flow { transactions: 0, last_ns: Monotonic.now_ns(), end: End::Stopped };
        if let Some(warm_up) = self.many.plan.warm_up {
            let Some(started_ns) = gate.pass() else { return flow };
            let warm_up = Part { started_ns, length: warm_up.into(), to_the_last: true };
            flow = self.stopping(warm_up, flows, shared, &mut hook);
            self.forget(shared, WarmedUp { transactions: flow.transactions, traffic: flows.traffic() });
        }
        match gate.pass() {
            Some(started_ns) => {
                let length = self.many.plan.length.into();
                self.stopping(Part { started_ns, length, to_the_last: false }, flows, shared, hook)
            }
            None => Flow { transactions: 0, ..flow },
        }
    }

    /// What has been recorded was the warm-up's.
    fn forget(&self, shared: &mut Shared, warmed_up: WarmedUp) {
        shared.histogram.clear();
        shared.per_flow.fill(0);
        self.progress.clear();
        shared.warmed_up = Some(warmed_up);
        shared.usage = ThreadId::current().usage();
    }

    /// Chooses when to stop.
    fn stopping(
        &self,
        part: Part,
        flows: &mut EpollFlows<'_, Socket>,
        shared: &mut Shared,
        hook: impl FnMut(usize, &[u8]) -> Verdict,
    ) -> Flow {
        let flow = match part.length {
            Length::Time(ns) => {
                let at_ns = part.started_ns.saturating_add(ns);
                self.scheduling(part, flows, None, &Deadline { at_ns }, shared, hook)
            }
            Length::Transactions(count) => {
                let transactions = self.part_of(count);
                self.scheduling(part, flows, Some(transactions), &Count { transactions }, shared, hook)
            }
            Length::Endless => self.scheduling(part, flows, None, &Unlimited, shared, hook),
        };
        if !matches!(flow.end, End::Stopped) {
            // A test that lost a flow is no longer the test that was asked for.
            self.many.wake.ring();
        }
        flow
    }

    fn scheduling(
        &self,
        part: Part,
        flows: &mut EpollFlows<'_, Socket>,
        total: Option<u64>,
        stop: &impl Stop,
        shared: &mut Shared,
        mut hook: impl FnMut(usize, &[u8]) -> Verdict,
    ) -> Flow {
        let mut schedule = Closed::new(self.sockets.len(), self.many.plan.burst + 1, total);
        let mut per_flow = mem::take(&mut shared.per_flow);
        let mut recorder = (&mut shared.histogram, self.progress);
        let mut flows = engine::ManyFlows {
            exchange: flows,
            clock: &Monotonic,
            schedule: &mut schedule,
            stop,
            recorder: &mut recorder,
        };
        let mut flow = flows.run(Monotonic.now_ns(), &mut per_flow, &mut hook);
        // A bell that was heard would not be heard again while responses are awaited.
        if part.to_the_last && matches!(flow.end, End::Stopped) && !self.many.wake.is_rung() {
            let rest = flows.drain(flow.last_ns, &mut per_flow, hook);
            flow = Flow { transactions: flow.transactions + rest.transactions, ..rest };
        }
        shared.per_flow = per_flow;
        flow
    }

    /// This thread's part of a count, so that all parts add up to it.
    fn part_of(&self, count: u64) -> u64 {
        let threads = u64::from(self.many.plan.load.threads);
        let from = |thread: u64| (u128::from(count) * u128::from(thread) / u128::from(threads)) as u64;
        from(self.number as u64 + 1) - from(self.number as u64)
    }
}

/// Closes our side of all flows and waits for the server's: closing must reset nothing under it.
fn settle(exchange: &mut impl Exchange, flows: usize, patience: Duration) {
    (0..flows).for_each(|flow| exchange.close(flow));
    let deadline = Instant::now() + patience;
    let mut left = flows;
    while left > 0 {
        let patience = deadline.saturating_duration_since(Instant::now());
        match exchange.next(Some(patience)) {
            _ if patience.is_zero() => break,
            Ok(Happening::Closed(_) | Happening::Broken(..)) => left -= 1,
            Ok(Happening::Message(_) | Happening::Nothing | Happening::Woken) => {}
            Err(_) => break,
        }
    }
}
