//! The client's data thread: one pinned thread that connects, measures, and half-closes.
//!
//! What the measured time covers is netperf's: from before the connect to the end of the half-close.

use std::io::{self, ErrorKind, Read};
use std::net::{Shutdown, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::SyncSender;
use std::thread;
use std::time::Duration;

use compat::text::interim::{Interval, IntervalMeter};
use compat::wire::TestLength;
use hdrhistogram::Histogram;
use hooks::host::{EndHook, HostError, Prepared};
use hooks::{Ledger, Verdict};
use rrserver::data::{self, AffinityError, MessageStream, SocketStream};
use socket2::Socket;

use super::Event;
use crate::engine::{
    Clock, Count, Deadline, End, Flag, Flow, LatencyHistogram, LockStep, Monotonic, Pacer, Recorder, Stop, Unlimited,
    Window, run_flow,
};

/// Responses that a timed burst test leaves unread, discarded after the measured time, bytes.
const LEFTOVER_BYTES: usize = 64 << 20;

/// How long the server may take to send it.
const LEFTOVER_PATIENCE: Duration = Duration::from_secs(2);

/// What the data thread is to do.
#[derive(Debug, Clone)]
pub(super) struct FlowPlan {
    pub(super) destination: SocketAddr,
    pub(super) request_size: usize,
    pub(super) response_size: usize,
    pub(super) length: TestLength,
    /// Requests in flight beyond the first.
    pub(super) burst: u32,
    pub(super) cpu: Option<u32>,
    /// When interim results are due, and how many units one transaction is.
    pub(super) interim: Option<(IntervalMeter, u64)>,
}

/// What the data thread did.
#[derive(Debug)]
pub struct FlowOutcome {
    /// Completed transactions.
    pub transactions: u64,
    /// Connect, transactions and half-close, ns.
    pub elapsed_ns: u64,
    /// Every round trip, ns.
    pub histogram: Histogram<u64>,
    /// Why it ended. A stop asked for by the control plane is [`End::Stopped`] however it came about.
    pub end: End,
    /// The CPU asked for could not be had.
    pub unbound: Option<AffinityError>,
    /// The connection was never made.
    pub connect_error: Option<io::Error>,
    /// What a hook on this end did.
    pub ledger: Option<Result<Ledger, HostError>>,
}

/// The control plane's hold on the data thread.
#[derive(Debug)]
pub(super) struct FlowHandle {
    socket: Arc<Socket>,
    stop: Arc<AtomicBool>,
}

impl FlowHandle {
    /// Starts the thread; its outcome comes as an [`Event::Ended`].
    ///
    /// # Errors
    /// No thread to be had.
    pub(super) fn spawn(
        socket: Socket,
        plan: FlowPlan,
        hook: Option<Prepared>,
        events: SyncSender<Event>,
    ) -> io::Result<Self> {
        let handle = Self { socket: Arc::new(socket), stop: Arc::default() };
        let (socket, stop) = (Arc::clone(&handle.socket), Arc::clone(&handle.stop));
        thread::Builder::new().name("rr-data".into()).spawn(move || {
            let outcome = FlowThread { socket: &socket, stop: &stop, plan: &plan, events: &events }.run(hook);
            // Nobody listens any more only when the whole run is being abandoned.
            let _ = events.send(Event::Ended(Box::new(outcome)));
        })?;
        Ok(handle)
    }

    /// Asks the loop to end before its next transaction.
    pub(super) fn stop(&self) {
        self.stop.store(true, Ordering::Relaxed);
    }

    /// Ends the loop whatever it waits for: a response, room to send, or the connection itself.
    pub(super) fn force_stop(&self) {
        self.stop();
        // Fails where there is no connection left to wait on.
        let _ = self.socket.shutdown(Shutdown::Both);
    }

    /// Whether the data connection has been made.
    pub(super) fn is_connected(&self) -> bool {
        self.socket.peer_addr().is_ok()
    }

    /// How long the server has sent nothing.
    pub(super) fn silence(&self) -> Duration {
        data::tcp_info(&*self.socket).map_or(Duration::ZERO, |info| info.since_last_data)
    }
}

struct FlowThread<'a> {
    socket: &'a Socket,
    stop: &'a AtomicBool,
    plan: &'a FlowPlan,
    events: &'a SyncSender<Event>,
}

impl<'b> FlowThread<'b> {
    fn run(&self, hook: Option<Prepared>) -> FlowOutcome {
        let unbound = self.plan.cpu.and_then(|cpu| data::pin_current_thread(cpu).err());
        let clock = Monotonic;
        let mut messages =
            MessageStream::new(SocketStream::new(self.socket), self.plan.request_size, self.plan.response_size);
        let mut histogram = LatencyHistogram::new();
        let started_ns = clock.now_ns();
        let connected = self.socket.connect(&self.plan.destination.into());
        let nothing = Flow { transactions: 0, last_ns: started_ns, end: End::PeerClosed };
        let hook = hook.filter(|_| connected.is_ok()).map(|hook| hook.on_end_of(self.socket)).transpose();
        let (flow, ledger) = match hook {
            Ok(hook) if connected.is_ok() => self.measure(&mut messages, &clock, started_ns, &mut histogram, hook),
            Ok(_) => (nothing, None),
            Err(e) => (nothing, Some(Err(e))),
        };
        let clean = connected.is_ok() && half_close(self.socket);
        let elapsed_ns = clock.now_ns() - started_ns;
        if !clean {
            discard(self.socket);
        }
        FlowOutcome {
            transactions: flow.transactions,
            elapsed_ns,
            histogram: histogram.into_inner(),
            end: if self.stop.load(Ordering::Relaxed) { End::Stopped } else { flow.end },
            unbound,
            ledger,
            connect_error: connected.err().map(|e| self.connect_error(e)),
        }
    }

    /// An attempt that we gave up fails with whatever the kernel makes of that; what happened is a time-out.
    fn connect_error(&self, error: io::Error) -> io::Error {
        if self.stop.load(Ordering::Relaxed) { io::Error::from_raw_os_error(libc::ETIMEDOUT) } else { error }
    }

    /// Chooses when to stop; the timed end counts from `started_ns`, before the connect, as netperf's alarm does.
    fn measure(
        &self,
        messages: &mut MessageStream<SocketStream<'b>>,
        clock: &Monotonic,
        started_ns: u64,
        histogram: &mut LatencyHistogram,
        mut hook: Option<EndHook>,
    ) -> (Flow, Option<Result<Ledger, HostError>>) {
        let mut composer = Composer { thread: self, messages, clock, started_ns, histogram, hook: hook.as_mut() };
        let flow = match self.plan.length {
            TestLength::Seconds(seconds) => {
                let length_ns = u64::from(seconds) * 1_000_000_000;
                composer.with_stop(&Deadline { at_ns: started_ns + length_ns })
            }
            TestLength::Transactions(count) => composer.with_stop(&Count { transactions: count.into() }),
            TestLength::UntilClosed => composer.with_stop(&Unlimited),
        };
        (flow, hook.map(EndHook::detach))
    }
}

/// Puts the loop together from the parts that a plan names; each step fixes one type.
struct Composer<'a, 'b> {
    thread: &'a FlowThread<'b>,
    messages: &'a mut MessageStream<SocketStream<'b>>,
    clock: &'a Monotonic,
    started_ns: u64,
    histogram: &'a mut LatencyHistogram,
    hook: Option<&'a mut EndHook>,
}

impl Composer<'_, '_> {
    fn with_stop(&mut self, stop: &impl Stop) -> Flow {
        let total = match self.thread.plan.length {
            TestLength::Transactions(count) => Some(u64::from(count)),
            _ => None,
        };
        match self.thread.plan.burst {
            0 => self.with_pacer(stop, LockStep::default()),
            burst => self.with_pacer(stop, Window::new(burst as usize + 1, total)),
        }
    }

    fn with_pacer(&mut self, stop: &impl Stop, pacer: impl Pacer) -> Flow {
        match self.hook.take() {
            Some(EndHook::Messages(hook)) => self.with_hook(stop, pacer, |response| hook.on_message(response)),
            // Nobody to call: there is none, or the kernel does the calling.
            _ => self.with_hook(stop, pacer, |_| Verdict::Pass),
        }
    }

    fn with_hook(&mut self, stop: &impl Stop, mut pacer: impl Pacer, hook: impl FnMut(&[u8]) -> Verdict) -> Flow {
        let stop = (Flag(self.thread.stop), stop);
        let connected_ns = self.clock.now_ns();
        let Some((meter, units)) = &self.thread.plan.interim else {
            return run_flow(self.messages, self.clock, connected_ns, &mut pacer, &stop, self.histogram, hook);
        };
        let mut interim = InterimResults { meter: meter.clone(), units: *units, events: self.thread.events };
        interim.meter.restart(self.started_ns);
        let mut both = (&mut *self.histogram, &mut interim);
        let flow = run_flow(self.messages, self.clock, connected_ns, &mut pacer, &stop, &mut both, hook);
        if let Some(rest) = interim.meter.finish(self.clock.now_ns()) {
            interim.emit(rest);
        }
        flow
    }
}

/// Hands every full interval to the control plane, which does the formatting.
struct InterimResults<'a> {
    meter: IntervalMeter,
    units: u64,
    events: &'a SyncSender<Event>,
}

impl InterimResults<'_> {
    #[cold]
    fn emit(&self, interval: Interval) {
        let _ = self.events.send(Event::Interim(interval));
    }
}

impl Recorder for InterimResults<'_> {
    #[inline]
    fn record(&mut self, _sent_ns: u64, completed_ns: u64) {
        if let Some(interval) = self.meter.record(self.units, completed_ns) {
            self.emit(interval);
        }
    }
}

/// Closes our side and waits for the server's: one receive, as netperf does. Whether the end was all that came.
fn half_close(mut socket: &Socket) -> bool {
    let _ = socket.shutdown(Shutdown::Write);
    loop {
        match socket.read(&mut [0]) {
            Err(e) if e.kind() == ErrorKind::Interrupted => {}
            result => return matches!(result, Ok(0)),
        }
    }
}

/// Reads what a burst left unanswered, so that closing resets nothing under the server.
fn discard(mut socket: &Socket) {
    let mut scrap = [0; 4096];
    let mut discarded = 0;
    // A server that sends nothing more, or for ever, is closed as it is.
    if socket.set_read_timeout(Some(LEFTOVER_PATIENCE)).is_err() {
        return;
    }
    while discarded < LEFTOVER_BYTES {
        match socket.read(&mut scrap) {
            Ok(0) | Err(_) => break,
            Ok(n) => discarded += n,
        }
    }
}
