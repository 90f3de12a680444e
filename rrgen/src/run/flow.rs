//! The client's data thread: one pinned thread that connects, measures, and ends the connection.
//!
//! What the measured time covers is netperf's: from before the connect to the end of the half-close.

use std::io;
use std::net::Shutdown;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, SyncSender};
use std::thread::{self, Thread};
use std::time::Duration;

use compat::text::interim::IntervalMeter;
use compat::wire::{RemoteCpu, TestLength};
use hdrhistogram::Histogram;
use hooks::Ledger;
use hooks::host::{EndHook, HostError, Prepared};
use rrserver::data::{self, AffinityError, AtEnd, Cancel, Traffic, Waiting, Wake};
use rrserver::{EndReport, LoadTerms};
use socket2::Socket;

use super::Event;
use super::baseline::Baseline;
use super::compose::Composer;
use super::flows::{Fairness, ManyFlows, OpenResult};
use super::link::{DatagramLink, Link, LinkKind, LinkPlan, ReconnectingLink, StreamLink};
use super::stretch::WarmedUp;
use crate::engine::{End, Flow, LatencyHistogram};
use crate::plan::{OpenLoop, Pace, WarmUp};

/// What the data thread is to do.
#[derive(Debug, Clone)]
pub(super) struct FlowPlan {
    pub(super) link: LinkPlan,
    /// What goes before the test.
    pub(super) warm_up: Option<WarmUp>,
    /// How long the load is brought up before that.
    pub(super) ramp: Option<Duration>,
    pub(super) open: Option<OpenLoop>,
    pub(super) length: TestLength,
    /// Requests in flight beyond the first.
    pub(super) burst: u32,
    pub(super) pace: Option<Pace>,
    /// How many flows there are, and how many threads have them.
    pub(super) load: LoadTerms,
    pub(super) cpu: Option<u32>,
    pub(super) measure_cpu: bool,
    /// When interim results are due, and how many units one transaction is.
    pub(super) interim: Option<(IntervalMeter, u64)>,
    /// Every interval gets a histogram of its own.
    pub(super) keep_intervals: bool,
}

/// What the data thread did.
#[derive(Debug)]
pub struct FlowOutcome {
    /// Completed transactions.
    pub transactions: u64,
    /// System calls and bytes.
    pub traffic: Traffic,
    /// What was done before any of this, if there was a warm-up.
    pub warmed_up: Option<WarmedUp>,
    /// Where measuring began, on the engine's clock, ns.
    pub started_ns: u64,
    /// Connect, transactions and half-close, ns; without the connect after a warm-up.
    pub elapsed_ns: u64,
    /// How evenly many flows got on.
    pub fairness: Option<Fairness>,
    /// What became of the load that an open loop offered.
    pub open: Option<OpenResult>,
    /// Every round trip, ns; of an open loop from when it was to begin.
    pub histogram: Histogram<u64>,
    /// What the kernel said of the connection when the loop was done.
    pub at_end: AtEnd,
    /// How busy this host was, if that was asked for.
    pub cpu: Option<RemoteCpu>,
    /// What the test took at this end.
    pub report: EndReport,
    /// What the meter of interim results has learnt, for the next iteration.
    pub interim: Option<IntervalMeter>,
    /// Why it ended. A stop asked for by the control plane is [`End::Stopped`] however it came about.
    pub end: End,
    /// The CPU asked for could not be had.
    pub unbound: Option<AffinityError>,
    /// The connection was never made.
    pub connect_error: Option<io::Error>,
    /// What a hook on this end did.
    pub ledger: Option<Result<Ledger, HostError>>,
}

impl FlowPlan {
    /// Whether something goes before the test that is in no result.
    pub(super) fn has_unmeasured(&self) -> bool {
        self.ramp.is_some() || self.warm_up.is_some()
    }
}

/// What messages are exchanged over.
#[derive(Debug)]
pub(super) enum Sockets {
    /// One that is to be connected.
    One(Socket),
    /// Many that are.
    Many(Vec<Socket>),
}

/// What the control plane holds of many flows.
#[derive(Debug, Clone)]
struct Many {
    sockets: Arc<[Socket]>,
    wake: Arc<Wake>,
}

/// The control plane's hold on the data thread.
#[derive(Debug)]
pub(super) struct FlowHandle {
    cancel: Arc<Cancel>,
    stop: Arc<AtomicBool>,
    thread: Thread,
    /// How to shut its socket down: one that can still say farewell must be able to send.
    ending: Shutdown,
    many: Option<Many>,
}

impl FlowHandle {
    /// Starts the thread; its outcome comes as an [`Event::Ended`]. With `empty` histograms every interval gets its own,
    /// and the outcome has what came after the last.
    ///
    /// # Errors
    /// No thread to be had.
    pub(super) fn spawn(
        sockets: Sockets,
        plan: FlowPlan,
        hook: Option<Prepared>,
        events: SyncSender<Event>,
        empty: Option<Receiver<LatencyHistogram>>,
    ) -> io::Result<Self> {
        let ending = match plan.link.kind {
            LinkKind::Datagrams { .. } => Shutdown::Read,
            LinkKind::Stream { .. } | LinkKind::Reconnecting(_) => Shutdown::Both,
        };
        let (cancel, stop) = (Arc::<Cancel>::default(), Arc::<AtomicBool>::default());
        let (its_cancel, its_stop) = (Arc::clone(&cancel), Arc::clone(&stop));
        let (one, many) = match sockets {
            Sockets::One(socket) => (Some(socket), None),
            Sockets::Many(sockets) => (None, Some(Many { sockets: sockets.into(), wake: Arc::new(Wake::new()?) })),
        };
        let its_many = many.clone();
        let thread = thread::Builder::new().name("rr-data".into()).spawn(move || {
            let thread = FlowThread { cancel: &its_cancel, stop: &its_stop, plan: &plan, events: &events, empty };
            let outcome = match (one, &its_many) {
                (Some(socket), _) => thread.run(Arc::new(socket), hook),
                (None, Some(many)) => thread.run_many(many, hook),
                (None, None) => unreachable!("there are sockets"),
            };
            // Nobody listens any more only when the whole run is being abandoned.
            let _ = events.send(Event::Ended(Box::new(outcome)));
        })?;
        Ok(Self { cancel, stop, thread: thread.thread().clone(), ending, many })
    }

    /// Asks the loop to end before its next transaction.
    pub(super) fn stop(&self) {
        self.stop.store(true, Ordering::Relaxed);
        self.thread.unpark();
        if let Some(many) = &self.many {
            many.wake.ring();
        }
    }

    /// Ends the loop whatever it waits for: a response, room to send, or the connection itself.
    pub(super) fn force_stop(&self) {
        self.stop();
        self.cancel.cancel(self.ending);
    }

    /// How long each of many flows has been silent.
    pub(super) fn silences(&self) -> impl Iterator<Item = Duration> {
        let sockets = self.many.iter().flat_map(|many| many.sockets.iter());
        sockets.filter_map(|socket| Some(data::tcp_info(socket).ok()?.since_last_data))
    }

    /// The socket the thread is on, and how many there have been.
    pub(super) fn socket(&self) -> (Option<Arc<Socket>>, u64) {
        self.cancel.current()
    }
}

pub(super) struct FlowThread<'a> {
    cancel: &'a Cancel,
    pub(super) stop: &'a AtomicBool,
    pub(super) plan: &'a FlowPlan,
    pub(super) events: &'a SyncSender<Event>,
    pub(super) empty: Option<Receiver<LatencyHistogram>>,
}

impl FlowThread<'_> {
    /// Chooses the kind of connection; `socket` is the first, or the only one.
    fn run(&self, socket: Arc<Socket>, hook: Option<Prepared>) -> FlowOutcome {
        let link = &self.plan.link;
        // A run cancelled before it began ends at its first system call.
        let _ = self.cancel.hold(&socket);
        match &link.kind {
            LinkKind::Reconnecting(how) => {
                let mut link = ReconnectingLink::new(&socket, link, how.clone(), self.cancel);
                self.exchange(&mut link, &socket, hook)
            }
            LinkKind::Datagrams { connected, timeout, silence } => {
                let timeout = timeout.unwrap_or(*silence);
                self.exchange(&mut DatagramLink::new(&socket, link, *connected, timeout, *silence), &socket, hook)
            }
            LinkKind::Stream { preface } => {
                self.exchange(&mut StreamLink::new(&socket, link, preface.clone()), &socket, hook)
            }
        }
    }

    fn run_many(self, Many { sockets, wake }: &Many, hook: Option<Prepared>) -> FlowOutcome {
        ManyFlows { plan: self.plan, sockets, wake, stop: self.stop, events: self.events }.run(hook, self.empty)
    }

    fn exchange(&self, link: &mut impl Link, socket: &Socket, hook: Option<Prepared>) -> FlowOutcome {
        let unbound = self.plan.cpu.and_then(|cpu| data::pin_current_thread(cpu).err());
        let mut histogram = LatencyHistogram::new();
        let mut interim = self.plan.interim.clone();
        let waiting = Waiting::begin(socket, self.plan.link.wait);
        let mut baseline = Baseline::take(link, socket);
        let connected = link.open();
        let hook = hook.filter(|_| connected.is_ok()).map(|hook| hook.on_end_of(socket)).transpose();
        let (ran, ledger) = match hook {
            Ok(mut hook) if connected.is_ok() => {
                let composer = Composer { thread: self, link, histogram: &mut histogram, hook: hook.as_mut() };
                (self.test(composer, socket, &mut baseline, interim.as_mut()), hook.map(EndHook::detach))
            }
            Ok(_) => (Ran::nothing(&baseline), None),
            Err(e) => (Ran::nothing(&baseline), Some(Err(e))),
        };
        let at_end = link.close();
        let spent = baseline.spent(link);
        let end = match link.settle() {
            Err(e) => End::RecvFailed(e),
            Ok(()) if self.stop.load(Ordering::Relaxed) => End::Stopped,
            Ok(()) => ran.flow.end,
        };
        let report = EndReport {
            elapsed_ns: spent.elapsed_ns,
            cpu: spent.cpu,
            threads: spent.threads,
            shortfall: connected.as_ref().ok().and_then(|()| waiting.shortfall(socket)),
            ..EndReport::of_connection(ran.flow.transactions, &spent.traffic, &at_end, baseline.retransmits())
        };
        FlowOutcome {
            transactions: ran.flow.transactions,
            traffic: spent.traffic,
            warmed_up: ran.warmed_up,
            started_ns: baseline.started_ns(),
            elapsed_ns: spent.elapsed_ns,
            fairness: None,
            open: None,
            histogram: histogram.into_inner(),
            at_end,
            cpu: spent.usage.filter(|_| self.plan.measure_cpu),
            report,
            interim: interim.map(|(meter, _)| meter),
            end,
            unbound,
            ledger,
            connect_error: connected.err().map(|e| self.connect_error(e)),
        }
    }

    /// Warms up, if that is asked for, and measures from a new baseline.
    fn test(
        &self,
        mut composer: Composer<'_, impl Link>,
        socket: &Socket,
        baseline: &mut Baseline,
        interim: Option<&mut (IntervalMeter, u64)>,
    ) -> Ran {
        let warmed_up = self.plan.warm_up.map(|length| {
            let flow = composer.warm_up(baseline.started_ns(), length.into());
            composer.histogram.clear();
            let warmed_up = WarmedUp { transactions: flow.transactions, traffic: composer.link.traffic() };
            // The control plane goes when the whole run is being abandoned.
            let _ = self.events.send(Event::WarmedUp);
            *baseline = Baseline::take(composer.link, socket);
            (warmed_up, flow)
        });
        let (warmed_up, flow) = warmed_up.unzip();
        let flow = match flow {
            Some(flow) if !matches!(flow.end, End::Stopped) => Flow { transactions: 0, ..flow },
            _ => composer.measure(baseline.started_ns(), self.plan.length.into(), interim),
        };
        Ran { flow, warmed_up }
    }

    /// An attempt that we gave up fails with whatever the kernel makes of that; what happened is a time-out.
    fn connect_error(&self, error: io::Error) -> io::Error {
        if self.stop.load(Ordering::Relaxed) { io::Error::from_raw_os_error(libc::ETIMEDOUT) } else { error }
    }
}

/// What the loop did, and what it had done before.
struct Ran {
    flow: Flow,
    warmed_up: Option<WarmedUp>,
}

impl Ran {
    /// There was no connection to run on.
    fn nothing(baseline: &Baseline) -> Self {
        let flow = Flow { transactions: 0, last_ns: baseline.started_ns(), end: End::PeerClosed };
        Self { flow, warmed_up: None }
    }
}
