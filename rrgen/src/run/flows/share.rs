//! One data thread's share of the flows: set up before the test, measured together with the others, closed after it.

use std::mem;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, Sender};
use std::time::{Duration, Instant};

use compat::wire::TestLength;
use hooks::host::{EndHook, HostError, Prepared};
use hooks::{Ledger, Verdict};
use rrserver::data::{self, AffinityError, EpollFlows, Exchange, Happening, ThreadId, ThreadUsage, Traffic};
use socket2::Socket;

use super::ManyFlows;
use crate::engine::{
    self, Clock, Closed, Count, Deadline, End, Flow, LatencyHistogram, Monotonic, Recorder, Stop, Unlimited,
};

const NS_PER_SEC: u64 = 1_000_000_000;

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
    /// What the thread cost.
    pub(super) usage: ThreadUsage,
    pub(super) unbound: Option<AffinityError>,
    pub(super) ledger: Option<Result<Ledger, HostError>>,
}

impl<'a> Share<'a> {
    pub(super) fn new(many: &'a ManyFlows<'a>, number: usize, progress: &'a Progress) -> Self {
        Self { many, number, sockets: &many.sockets[many.plan.load.flows_of(number)], progress }
    }

    /// Gets ready, signs, waits for `begin`, measures, signs again, and closes the flows.
    pub(super) fn run(&self, hook: Option<Prepared>, begin: &Receiver<u64>, sign: &Sender<()>) -> Shared {
        let plan = self.many.plan;
        let cpu = plan.load.cpus.of_thread(self.number);
        let mut shared = Shared {
            flow: Flow { transactions: 0, last_ns: 0, end: End::Stopped },
            histogram: LatencyHistogram::new(),
            per_flow: vec![0; self.sockets.len()],
            traffic: Traffic::default(),
            usage: ThreadUsage::default(),
            unbound: cpu.and_then(|cpu| data::pin_current_thread(cpu).err()),
            ledger: None,
        };
        let link = &plan.link;
        let flows = EpollFlows::new(self.sockets, self.many.wake, &link.request, link.response_size, plan.load.wait);
        let hook = hook.map(|hook| hook.on_end_of(&self.sockets[0])).transpose();
        // Whoever listens counts signs; one that has gone is missed by nobody.
        let _ = sign.send(());
        let started = begin.recv();
        match (flows, hook, started) {
            (Ok(flows), Ok(hook), Ok(started_ns)) => self.measure(flows, hook, started_ns, sign, &mut shared),
            (Err(e), ..) => shared.flow.end = End::RecvFailed(e),
            (_, Err(e), _) => shared.ledger = Some(Err(e)),
            (.., Err(_)) => {}
        }
        shared.usage = ThreadId::current().usage();
        shared
    }

    fn measure(
        &self,
        flows: EpollFlows<'_, Socket>,
        mut hook: Option<EndHook>,
        started_ns: u64,
        sign: &Sender<()>,
        shared: &mut Shared,
    ) {
        let mut flows = if hook.is_some() { flows.keeping_messages() } else { flows };
        shared.flow = match &mut hook {
            Some(EndHook::Messages(hook)) => {
                let ports = data::ports(self.sockets);
                self.stopping(&mut flows, started_ns, shared, |flow, response| {
                    hook.on_message_between(ports[flow], response)
                })
            }
            // Nobody to call.
            _ => self.stopping(&mut flows, started_ns, shared, |_, _| Verdict::Pass),
        };
        if !matches!(shared.flow.end, End::Stopped) {
            // A test that lost a flow is no longer the test that was asked for.
            self.many.wake.ring();
        }
        let _ = sign.send(());
        shared.ledger = hook.map(EndHook::detach);
        shared.traffic = flows.traffic();
        settle(&mut flows, self.sockets.len(), LEFTOVER_PATIENCE);
    }

    /// Chooses when to stop.
    fn stopping(
        &self,
        flows: &mut EpollFlows<'_, Socket>,
        started_ns: u64,
        shared: &mut Shared,
        hook: impl FnMut(usize, &[u8]) -> Verdict,
    ) -> Flow {
        match self.many.plan.length {
            TestLength::Seconds(seconds) => {
                let at_ns = started_ns + u64::from(seconds) * NS_PER_SEC;
                self.scheduling(flows, None, &Deadline { at_ns }, shared, hook)
            }
            TestLength::Transactions(count) => {
                let transactions = self.part_of(count.into());
                self.scheduling(flows, Some(transactions), &Count { transactions }, shared, hook)
            }
            TestLength::UntilClosed => self.scheduling(flows, None, &Unlimited, shared, hook),
        }
    }

    fn scheduling(
        &self,
        flows: &mut EpollFlows<'_, Socket>,
        total: Option<u64>,
        stop: &impl Stop,
        shared: &mut Shared,
        hook: impl FnMut(usize, &[u8]) -> Verdict,
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
        let flow = flows.run(Monotonic.now_ns(), &mut per_flow, hook);
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
