//! Attending to the data thread: its events, the signals, and the clock.

use std::net::SocketAddr;
use std::sync::mpsc::{Receiver, RecvTimeoutError, sync_channel};
use std::time::{Duration, Instant};

use compat::text::failure::Failure;
use compat::units::Unit;
use compat::wire::TestLength;
use socket2::Socket;

use super::flow::{FlowHandle, FlowOutcome, FlowPlan};
use super::signals::SignalWatch;
use super::watchdog::{Action, SILENCE_LIMIT, Watchdog};
use super::{Event, Observer, RunFailure};
use crate::engine::End;
use crate::plan::Plan;

/// Interim results that may wait to be printed before the data thread waits too: nothing is ever lost.
const EVENT_QUEUE: usize = 1024;

/// Starts the data thread and attends to events until it is done.
///
/// # Errors
/// The data connection could not be made, broke, or fell silent.
pub(super) fn measure(
    socket: Socket,
    plan: &Plan,
    destination: SocketAddr,
    observer: &mut impl Observer,
) -> Result<FlowOutcome, RunFailure> {
    let (sender, events) = sync_channel(EVENT_QUEUE);
    let interrupt = sender.clone();
    let _signals = SignalWatch::start(move || drop(interrupt.send(Event::Signal)))
        .map_err(|e| RunFailure::no_resource("catch SIGINT and SIGALRM", &e))?;
    let length = match plan.test.length {
        TestLength::Seconds(seconds) => Some(Duration::from_secs(seconds.into())),
        _ => None,
    };
    let mut watchdog = Watchdog::new(Instant::now(), length);
    let flow = FlowHandle::spawn(socket, flow_plan(plan, destination), sender)
        .map_err(|e| RunFailure::no_resource("start the data thread", &e))?;
    check(attend(&flow, &events, &mut watchdog, observer)?, destination)
}

fn flow_plan(plan: &Plan, destination: SocketAddr) -> FlowPlan {
    let test = &plan.test;
    let units = match plan.style.unit {
        Unit::Transactions => 1,
        _ => u64::from(test.request_size) + u64::from(test.response_size),
    };
    FlowPlan {
        destination,
        request_size: test.request_size as usize,
        response_size: test.response_size as usize,
        length: test.length,
        burst: test.burst,
        cpu: test.local_cpu,
        interim: test.interim.clone().map(|meter| (meter, units)),
    }
}

fn attend(
    flow: &FlowHandle,
    events: &Receiver<Event>,
    watchdog: &mut Watchdog,
    observer: &mut impl Observer,
) -> Result<FlowOutcome, RunFailure> {
    loop {
        match events.recv_timeout(watchdog.sleep(Instant::now())) {
            Ok(Event::Interim(interval)) => observer.interim(interval),
            Ok(Event::Ended(outcome)) => return Ok(*outcome),
            Ok(Event::Signal) => {
                flow.stop();
                watchdog.stop_requested(Instant::now());
            }
            Err(RecvTimeoutError::Timeout) => step_in(flow, watchdog)?,
            Err(RecvTimeoutError::Disconnected) => {
                return Err(RunFailure::Setup("the data thread failed; please report this as a bug".into()));
            }
        }
    }
}

/// An alarm went off: ends a run that is over, or one that nothing comes of.
fn step_in(flow: &FlowHandle, watchdog: &mut Watchdog) -> Result<(), RunFailure> {
    let now = Instant::now();
    match watchdog.due(now) {
        None => {}
        Some(Action::ForceStop) => flow.force_stop(),
        Some(Action::Check) if flow.is_connected() => return check_silence(flow),
        Some(Action::Check) if watchdog.connect_overdue(now) => flow.abort(),
        Some(Action::Check) => {}
    }
    Ok(())
}

fn check_silence(flow: &FlowHandle) -> Result<(), RunFailure> {
    if flow.silence() < SILENCE_LIMIT {
        return Ok(());
    }
    flow.abort();
    let limit = SILENCE_LIMIT.as_secs();
    let hint = format!("no byte on the data connection for {limit} s: the server hangs, or the path is cut");
    Err(RunFailure::hinted(Failure::NoResponse, hint))
}

/// A flow that broke is a failed run, whatever it measured until then.
fn check(mut flow: FlowOutcome, destination: SocketAddr) -> Result<FlowOutcome, RunFailure> {
    if let Some(e) = flow.connect_error.take() {
        let hint = format!(
            "the control connection works, but data port {destination} does not; if a firewall is in between, choose an open port with `-- -P ,PORT`"
        );
        return Err(RunFailure::hinted(Failure::DataConnect(e), hint));
    }
    let broken = "the connection broke during the test; the server's log may say why";
    match std::mem::replace(&mut flow.end, End::Stopped) {
        End::SendFailed(e) => Err(RunFailure::hinted(Failure::DataSend(e), broken)),
        End::RecvFailed(e) => Err(RunFailure::hinted(Failure::DataRecv(e), broken)),
        end => {
            flow.end = end;
            Ok(flow)
        }
    }
}
