//! One data thread's share of the flows: set up before the test, measured together with the others, closed after it.

use std::time::Duration;

use hooks::Ledger;
use hooks::host::{EndHook, HostError, Prepared};
use rrserver::data::{self, AffinityError, AnyFlows, Messages, ThreadId, ThreadUsage, Traffic};
use socket2::Socket;

use super::ManyFlows;
use super::interims::{Delivery, IntervalRecorder};
use super::stages::{OpenPart, Stages, be_punctual};
use super::start::Gate;
use crate::engine::{End, Flow, LatencyHistogram, ServiceTimes};
use crate::run::WarmedUp;
use crate::run::stretch::Length;

/// How long the server may take to send what the end of the test left unanswered, and to close.
const LEFTOVER_PATIENCE: Duration = Duration::from_secs(2);

/// What one thread is to do.
pub(super) struct Share<'a> {
    many: &'a ManyFlows<'a>,
    number: usize,
    sockets: &'a [Socket],
}

/// What it did.
#[derive(Debug)]
pub(super) struct Shared {
    pub(super) warmed_up: Option<WarmedUp>,
    pub(super) flow: Flow,
    /// Without what has been delivered.
    pub(super) histogram: LatencyHistogram,
    pub(super) open: OpenPart,
    /// Transactions of each of its flows.
    pub(super) per_flow: Vec<u64>,
    pub(super) traffic: Traffic,
    /// What the thread cost.
    pub(super) usage: ThreadUsage,
    pub(super) unbound: Option<AffinityError>,
    /// Why it did not wait as it was asked to.
    pub(super) shortfall: Option<String>,
    pub(super) ledger: Option<Result<Ledger, HostError>>,
}

impl Shared {
    /// All memory that results take.
    pub(super) fn nothing(flows: usize) -> Self {
        Self {
            warmed_up: None,
            flow: Flow::nothing(),
            histogram: LatencyHistogram::new(),
            open: None,
            per_flow: vec![0; flows],
            traffic: Traffic::default(),
            usage: ThreadUsage::default(),
            unbound: None,
            shortfall: None,
            ledger: None,
        }
    }
}

impl<'a> Share<'a> {
    pub(super) fn new(many: &'a ManyFlows<'a>, number: usize) -> Self {
        Self { many, number, sockets: &many.sockets[many.plan.load.flows_of(number)] }
    }

    /// Gets ready, measures when all have passed their gates, and closes the flows; before that it brings the load up and
    /// warms up, if that is asked for.
    pub(super) fn run(&self, hook: Option<Prepared>, gate: Gate, mut delivery: Option<Delivery>) -> Shared {
        let plan = self.many.plan;
        let mut shared = Shared::nothing(self.sockets.len());
        let cpu = plan.load.cpus.of_thread(self.number);
        shared.unbound = cpu.and_then(|cpu| data::pin_current_thread(cpu).err());
        if plan.open.is_some() || plan.ramp.is_some() {
            be_punctual();
        }
        let mut stages = self.get_ready(hook, &mut shared);
        let mut start = gate.pass();
        if plan.has_unmeasured() {
            if let Some((stages, start_ns)) = stages.as_mut().zip(start) {
                let flow = stages.before(start_ns);
                shared.warmed_up =
                    Some(WarmedUp { transactions: flow.transactions, traffic: stages.exchange.traffic() });
                shared.flow = self.ended(Flow { transactions: 0, ..flow });
            }
            start = gate.pass();
        }
        let before = ThreadId::current().usage();
        if let Some((stages, start_ns)) = stages.as_mut().zip(start).filter(|_| shared.flow.has_stopped()) {
            let end_ns = Length::from(plan.length).end_ns(start_ns);
            let mut recorder = IntervalRecorder::new(&mut shared.histogram, delivery.take(), start_ns, end_ns);
            let (flow, open) = stages.measure(start_ns, &mut shared.per_flow, &mut recorder);
            recorder.finish(flow.last_ns);
            (shared.flow, shared.open) = (self.ended(flow), open);
        }
        drop((gate, delivery));
        if let Some(stages) = stages {
            shared.ledger = stages.hook.map(EndHook::detach);
            let mut exchange = stages.exchange;
            shared.shortfall = exchange.shortfall();
            let warmed_up = shared.warmed_up.map(|warmed_up| warmed_up.traffic).unwrap_or_default();
            shared.traffic = exchange.traffic().since(&warmed_up);
            let flows = self.sockets.len();
            data::settle(&mut exchange, flows, flows - shared.flow.lost(), LEFTOVER_PATIENCE);
        }
        shared.usage = ThreadId::current().usage() - before;
        shared
    }

    /// Registers the flows and attaches the hook; `shared` has what went wrong.
    fn get_ready(&self, hook: Option<Prepared>, shared: &mut Shared) -> Option<Stages<'a>> {
        let (plan, sockets) = (self.many.plan, self.sockets);
        let link = &plan.link;
        let (recv_size, kept) = (link.response_size, hook.is_some());
        let messages = Messages { outgoing: &link.request, recv_size, kept, asked: true };
        let exchange = AnyFlows::new(plan.load.engine, sockets, self.many.wake, messages, plan.load.wait);
        let hook = hook.map(|hook| hook.on_end_of(&sockets[0])).transpose();
        match (exchange, hook) {
            (Ok(exchange), Ok(hook)) => {
                let service = plan.open.map(|_| ServiceTimes::default());
                return Some(Stages {
                    plan,
                    number: self.number,
                    sockets,
                    wake: self.many.wake,
                    exchange,
                    hook,
                    service,
                });
            }
            (Err(e), _) => shared.flow = self.ended(Flow { end: End::RecvFailed(e), ..Flow::nothing() }),
            (_, Err(e)) => {
                shared.ledger = Some(Err(e));
                // A test without its hook would be taken for one with it.
                self.many.wake.ring();
            }
        }
        None
    }

    /// A test that lost a flow is no longer the test that was asked for: the other threads end, too.
    fn ended(&self, flow: Flow) -> Flow {
        if !flow.has_stopped() {
            self.many.wake.ring();
        }
        flow
    }
}
