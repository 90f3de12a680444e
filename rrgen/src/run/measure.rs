//! Attending to the data thread: its events, the signals, and the clock.

use std::io::ErrorKind;
use std::net::SocketAddr;
use std::ops::ControlFlow;
use std::sync::mpsc::{Receiver, RecvTimeoutError, sync_channel};
use std::time::{Duration, Instant};

use compat::text::failure::Failure;
use hooks::host::Prepared;
use rrserver::data;

use super::flow::{FlowHandle, FlowOutcome, FlowPlan, Sockets};
use super::intervals::{Interim, Intervals};
use super::load::begin_measuring;
use super::signals::SignalWatch;
use super::stretch::Length;
use super::watchdog::{Action, Patience, Watchdog};
use super::{Event, Observer, RunFailure};
use crate::control::Control;
use crate::engine::End;

/// Interim results that may wait to be printed before the data thread waits too: nothing is ever lost.
const EVENT_QUEUE: usize = 1024;

/// Mean distances without an arrival of an open loop that no run ever sees: at random, once in half a billion.
const RARE_GAPS: f64 = 20.0;

/// What the data thread starts from.
#[derive(Debug)]
pub(super) struct Setup<'a> {
    pub(super) sockets: Sockets,
    /// The control connection, if the server wants to know when the warm-up is over.
    pub(super) server: Option<&'a mut Control>,
    /// A hook for it to attach to its end.
    pub(super) hook: Option<Prepared>,
    /// There is a hook somewhere on the way, which may drop packets.
    pub(super) hooked: bool,
}

/// A run of the data thread, attended to.
pub(super) struct Measured {
    pub(super) flow: FlowOutcome,
    /// A signal ended it.
    pub(super) interrupted: bool,
    /// Goes on until dropped.
    pub(super) signals: SignalWatch,
}

/// Starts the data thread and attends to events until it is done.
///
/// # Errors
/// The data connection could not be made, broke, or fell silent.
pub(super) fn measure(
    Setup { sockets, server, hook, hooked }: Setup<'_>,
    plan: FlowPlan,
    observer: &mut impl Observer,
) -> Result<Measured, RunFailure> {
    let (sender, events) = sync_channel(EVENT_QUEUE);
    let interrupt = sender.clone();
    let signals = SignalWatch::start(move || drop(interrupt.send(Event::Signal)))
        .map_err(|e| RunFailure::no_resource("catch SIGINT and SIGALRM", &e))?;
    let length = time(plan.length.into());
    let warm_up = plan.warm_up.map_or(Some(Duration::ZERO), |warm_up| time(warm_up.into()));
    let before = warm_up.map(|warm_up| warm_up.saturating_add(plan.ramp.unwrap_or_default()));
    let whole = length.zip(before).map(|(length, before)| length.saturating_add(before));
    // Many flows say when they begin.
    let from_now = whole.filter(|_| matches!(sockets, Sockets::One(_)));
    let patience = Patience::with_hook(hooked);
    let open_silence = plan.open.map(|open| patience.silence.max(Duration::from_secs_f64(RARE_GAPS / open.rate)));
    let mut watchdog = Watchdog::new(Instant::now(), from_now, patience);
    let (destination, burst) = (plan.link.destination, plan.burst);
    let (intervals, empty) = plan.keep_intervals.then(Intervals::new).unzip();
    let flow = FlowHandle::spawn(sockets, plan, hook, sender, empty)
        .map_err(|e| RunFailure::no_resource("start the data thread", &e))?;
    let mut attention = Attention {
        flow: &flow,
        watchdog: &mut watchdog,
        server,
        whole,
        length,
        open_silence,
        intervals,
        interrupted: false,
    };
    let outcome = attention.attend(&events, observer)?;
    let interrupted = attention.interrupted;
    signals.measured();
    Ok(Measured { flow: check(outcome, destination, burst)?, interrupted, signals })
}

/// How long a stretch takes, if that is known.
fn time(length: Length) -> Option<Duration> {
    match length {
        Length::Time(ns) => Some(Duration::from_nanos(ns)),
        Length::Transactions(_) | Length::Endless => None,
    }
}

/// The control plane while packets move.
struct Attention<'a> {
    flow: &'a FlowHandle,
    watchdog: &'a mut Watchdog,
    server: Option<&'a mut Control>,
    /// Of warm-up and measurement, if both are timed.
    whole: Option<Duration>,
    /// Of what is measured, if it is timed.
    length: Option<Duration>,
    /// How long an open loop may hear nothing on all of its flows.
    open_silence: Option<Duration>,
    /// Where histograms of single intervals go when they have been seen.
    intervals: Option<Intervals>,
    interrupted: bool,
}

impl Attention<'_> {
    fn attend(&mut self, events: &Receiver<Event>, observer: &mut impl Observer) -> Result<FlowOutcome, RunFailure> {
        loop {
            match events.recv_timeout(self.watchdog.sleep(Instant::now())) {
                Ok(Event::Interim(interim)) => {
                    let heard = observer.interim(&interim);
                    self.is_over(interim, heard);
                }
                Ok(Event::LeftOut(interim)) => {
                    let heard = observer.left_out(&interim);
                    self.is_over(interim, heard);
                }
                Ok(Event::Ended(mut outcome)) => {
                    if let Some(intervals) = self.intervals.take() {
                        outcome.histogram = intervals.complete(&outcome.histogram);
                    }
                    return Ok(*outcome);
                }
                Ok(Event::WarmedUp) => {
                    self.watchdog.begins(Instant::now(), self.length);
                    self.server.as_deref_mut().map(begin_measuring);
                }
                Ok(Event::Began) => self.watchdog.begins(Instant::now(), self.whole),
                Ok(Event::Signal) => {
                    self.interrupted = true;
                    self.end();
                }
                Err(RecvTimeoutError::Timeout) => self.step_in()?,
                Err(RecvTimeoutError::Disconnected) => {
                    return Err(RunFailure::Setup("the data thread failed; please report this as a bug".into()));
                }
            }
        }
    }

    /// Keeps the round trips of an interval, and ends the run if nobody wants to hear of more.
    fn is_over(&mut self, interim: Interim, heard: ControlFlow<()>) {
        if heard.is_break() {
            self.end();
        }
        if let Some((intervals, full)) = self.intervals.as_mut().zip(interim.round_trips) {
            intervals.take_back(full);
        }
    }

    /// Ends the run soon.
    fn end(&mut self) {
        self.flow.stop();
        self.watchdog.stop_requested(Instant::now());
    }

    /// An alarm went off: ends a run that is over, or one that nothing comes of.
    fn step_in(&mut self) -> Result<(), RunFailure> {
        let now = Instant::now();
        match self.watchdog.due(now) {
            None => Ok(()),
            Some(Action::ForceStop) => {
                self.flow.force_stop();
                Ok(())
            }
            Some(Action::Check) => self.check_progress(now),
        }
    }

    /// Datagram sockets have time-outs of their own; connections are looked at here.
    fn check_progress(&mut self, now: Instant) -> Result<(), RunFailure> {
        let patience = self.watchdog.patience();
        let (Some(socket), generation) = self.flow.socket() else { return self.check_many(now) };
        let Ok(info) = data::tcp_info(&*socket) else { return Ok(()) };
        let stuck = self.watchdog.stuck_for(generation, now);
        if socket.peer_addr().is_err() {
            if stuck >= patience.connect {
                self.flow.force_stop();
            }
            return Ok(());
        }
        if stuck.min(info.since_last_data) < patience.silence {
            return Ok(());
        }
        Err(self.give_up("the data connection"))
    }

    /// One flow that stands still fails the test: what the others measure is another test. In an open loop a flow may
    /// have nothing to do; there what is not answered is counted, and only silence of all fails.
    fn check_many(&mut self, now: Instant) -> Result<(), RunFailure> {
        let limit = self.open_silence.unwrap_or(self.watchdog.patience().silence);
        // To ask for thousands of flows takes a while; none has been silent for longer than the test has lasted.
        if self.watchdog.stuck_for(0, now) < limit {
            return Ok(());
        }
        let (silence, whatever) = match self.open_silence {
            None => (self.flow.silences().max(), "one of the flows"),
            Some(_) => (self.flow.silences().min(), "any of the flows"),
        };
        match silence.is_some_and(|silence| silence >= limit) {
            true => Err(self.give_up_after(limit, whatever)),
            false => Ok(()),
        }
    }

    fn give_up(&self, whatever: &str) -> RunFailure {
        self.give_up_after(self.watchdog.patience().silence, whatever)
    }

    fn give_up_after(&self, limit: Duration, whatever: &str) -> RunFailure {
        self.flow.force_stop();
        let limit = limit.as_secs();
        let hint = format!("no byte on {whatever} for {limit} s: the server hangs, or the path is cut");
        RunFailure::hinted(Failure::NoResponse, hint)
    }
}

/// A flow that broke is a failed run, whatever it measured until then.
fn check(mut flow: FlowOutcome, destination: SocketAddr, burst: u32) -> Result<FlowOutcome, RunFailure> {
    if let Some(e) = flow.connect_error.take() {
        let hint = format!(
            "the control connection works, but data port {destination} does not; if a firewall is in between, choose an open port with `-- -P ,PORT`"
        );
        return Err(RunFailure::hinted(Failure::DataConnect(e), hint));
    }
    let broken = "the connection broke during the test; the server's log may say why";
    match std::mem::replace(&mut flow.end, End::Stopped) {
        End::SendFailed(e) if burst > 0 && flow.transactions == 0 => {
            Err(RunFailure::hinted(Failure::FirstBurst(e), broken))
        }
        End::SendFailed(e) => Err(RunFailure::hinted(Failure::DataSend(e), broken)),
        // Only datagrams time out by themselves.
        End::RecvFailed(e) if e.kind() == ErrorKind::TimedOut => Err(RunFailure::hinted(
            Failure::NoResponse,
            "no datagram came any more: the server is gone, or one got lost and nothing came after it; `-- -e SECONDS` \
             gives up a lost one and goes on",
        )),
        End::RecvFailed(e) if e.kind() == ErrorKind::InvalidData => Err(RunFailure::hinted(
            Failure::DataRecv(e),
            "the server answers unasked, or with messages of another size than `-- -r` says: no result would be true",
        )),
        End::RecvFailed(e) => Err(RunFailure::hinted(Failure::DataRecv(e), broken)),
        end => {
            flow.end = end;
            Ok(flow)
        }
    }
}
