//! One test, from request to results: set up, spawn the data thread, watch over it, collect.
//!
//! The control plane decides when a test must end (backstop, shutdown, a client that left) and tells the
//! data thread in the one way that also reaches a blocked system call: it shuts the socket down.

mod data_path;
mod flows;
mod plan;
mod worker;

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use compat::wire::{self, Message, OmniRequest, OmniResults};
use thiserror::Error;
use tokio::net::TcpStream;
use tokio::sync::{oneshot, watch};
use tokio::time::{sleep, timeout};
use tracing::{debug, warn};

use crate::data::{self, AtEnd};
use crate::extension::{ERRNO_HOOK, Reply};
use crate::framing::{FramingError, write_message};
use crate::hooking::Hooking;
use crate::load::{LoadReport, ThreadReport};
use crate::loading::Loading;
use crate::single_port::Entrance;
use crate::{Config, Limits};
use plan::{Kind, Plan};
use worker::{Outcome, Signs, Source, Worker};

/// What netperf reports as the retransmits of a test without one connection to count them on.
const NO_RETRANSMITS: i32 = -1;

/// What the client of a test with many flows is told when it may begin.
const ALL_HERE: &str = "all flows are here";

/// Why a test has no results to send.
#[derive(Debug, Error)]
pub(crate) enum Aborted {
    #[error("{0}")]
    Framing(#[from] FramingError),
    #[error("the client went away during its test")]
    ClientGone,
    #[error("cannot start a data thread: {0}")]
    Spawn(#[source] io::Error),
    #[error("the data thread failed; please report this as a bug")]
    WorkerDied,
}

/// What a client may have asked of a test before it asked for the test, in requests that netperf does not have.
#[derive(Debug)]
pub(crate) struct Beyond {
    pub(crate) hooking: Hooking,
    pub(crate) loading: Loading,
    pub(crate) entrance: Entrance,
}

/// Runs the test that `request` asks for; the message to send afterwards is its results, or the error that
/// kept it from starting.
///
/// # Errors
/// The client is gone, or no thread could be had.
pub(crate) async fn run(
    request: &OmniRequest,
    control: &mut TcpStream,
    peer: SocketAddr,
    config: &Config,
    stopping: &mut watch::Receiver<bool>,
    beyond: &mut Beyond,
) -> Result<Message, Aborted> {
    let Beyond { hooking, loading, entrance } = beyond;
    let plan = match Plan::new(request, loading.begin_test(), peer.ip(), config) {
        Ok(plan) => plan,
        Err(refusal) => {
            warn!("{peer}: {refusal}");
            return Ok(wire::error_message(refusal.errno()));
        }
    };
    let reached = control.local_addr().map_err(FramingError::Io)?;
    let ticket = entrance.expect().filter(|_| plan.kind == Kind::Stream && plan.load.flows == 1);
    let ready = if ticket.is_some() { plan.without_listening(reached.port()) } else { plan.listen() };
    let (listener, response) = match ready {
        Ok(ready) => ready,
        Err(e) => {
            warn!("{peer}: {e}");
            return Ok(wire::error_message(e.io().raw_os_error().unwrap_or(libc::EIO)));
        }
    };
    let direction = plan.direction(peer, reached, response.data_port);
    let hook = match hooking.begin_test(direction, &plan.load).await {
        Ok(hook) => hook,
        Err(reason) => {
            warn!("{peer}: {reason}");
            return Ok(wire::error_message(ERRNO_HOOK));
        }
    };
    let (worker, signs) = match ticket {
        None => {
            let started = Worker::spawn(Source::Listening(listener), plan.clone(), hook).map_err(Aborted::Spawn)?;
            write_message(control, &response.encode(), config.limits.message).await?;
            started
        }
        Some(mut ticket) => {
            write_message(control, &response.encode(), config.limits.message).await?;
            let socket = tokio::select! {
                socket = timeout(config.limits.idle, &mut ticket.socket) => socket.ok().and_then(Result::ok),
                _ = stopping.wait_for(|&stopping| stopping) => None,
                _ = done_with_it(control) => None,
            };
            let socket = socket.ok_or(Aborted::ClientGone)?;
            data::configure(&socket, &plan.options);
            Worker::spawn(Source::Connected(socket), plan.clone(), hook).map_err(Aborted::Spawn)?
        }
    };
    let signs = match plan.load.flows {
        1 => signs,
        _ => announce(signs, control, &config.limits, stopping).await?,
    };
    let mut watched = watch_over(&worker, signs, control, Patience::new(&plan, &config.limits), stopping).await?;
    hooking.end_test(watched.outcome.ledger.take()).await;
    loading.end_test(&report(&watched.outcome, &plan));
    debug!("{peer}: {watched:?}");
    if let Some(e) = &watched.outcome.unbound {
        warn!("{peer}: {e}; the test ran unbound");
    }
    if let Some(e) = &watched.outcome.broken {
        warn!("{peer}: data connection: {e}");
    }
    Ok(results(&watched, &plan, request).encode())
}

/// How a test came to its end.
#[derive(Debug)]
struct Watched {
    outcome: Outcome,
    /// The backstop ended it: the client never closed its side, or the test has no other end.
    backstopped: bool,
}

/// How long a test may take.
#[derive(Debug, Clone, Copy)]
struct Patience {
    /// For its data connection, or first datagram, to come.
    connect: Duration,
    /// From then on, if the test is timed.
    test: Option<Duration>,
}

impl Patience {
    /// Nothing on the wire announces the end of a test with a connection per transaction. Once the client has made its
    /// first connection, however, its clock is known: it makes no further one after its seconds are over.
    fn new(plan: &Plan, limits: &Limits) -> Self {
        let grace = if plan.kind == Kind::Connections { limits.last_connection } else { limits.backstop };
        Self { connect: limits.idle, test: plan.seconds.map(|seconds| seconds + grace) }
    }
}

/// Waits for the data thread, and ends it when it has had its time, at a shutdown, or when the client leaves.
async fn watch_over(
    worker: &Worker,
    Signs { connected, mut outcome }: Signs,
    control: &TcpStream,
    patience: Patience,
    stopping: &mut watch::Receiver<bool>,
) -> Result<Watched, Aborted> {
    let mut backstopped = false;
    let mut client_gone = false;
    let natural_end = tokio::select! {
        biased;
        result = &mut outcome => Some(result),
        _ = stopping.wait_for(|&stopping| stopping) => None,
        gone = done_with_it(control) => { client_gone = gone; None }
        () = overdue(connected, patience) => { backstopped = true; None }
    };
    let cancelled = natural_end.is_none();
    let result = match natural_end {
        Some(result) => result,
        None => {
            worker.cancel();
            outcome.await
        }
    };
    if client_gone {
        return Err(Aborted::ClientGone);
    }
    let mut outcome = result.map_err(|_| Aborted::WorkerDied)?;
    if cancelled {
        // Our own doing.
        outcome.broken = None;
    }
    Ok(Watched { outcome, backstopped })
}

/// Tells the client when all flows of its test are here, so that none of its transactions waits for that.
async fn announce(
    Signs { mut connected, outcome }: Signs,
    control: &mut TcpStream,
    limits: &Limits,
    stopping: &mut watch::Receiver<bool>,
) -> Result<Signs, Aborted> {
    let arrived = tokio::select! {
        biased;
        arrived = timeout(limits.idle, &mut connected) => matches!(arrived, Ok(Ok(()))),
        _ = stopping.wait_for(|&stopping| stopping) => false,
        _ = done_with_it(control) => false,
    };
    let (again, connected) = oneshot::channel();
    if arrived {
        write_message(control, &Reply::Done(ALL_HERE.into()).encode(), limits.message).await?;
        // We have the receiver.
        let _ = again.send(());
    }
    // If they did not all come, whoever watches finds that out once more, and ends the test.
    Ok(Signs { connected, outcome })
}

/// Completes when a test has had its time.
async fn overdue(connected: oneshot::Receiver<()>, patience: Patience) {
    if let Ok(Ok(())) = timeout(patience.connect, connected).await {
        match patience.test {
            Some(time) => sleep(time).await,
            None => std::future::pending().await,
        }
    }
}

/// Completes when the client has closed its control connection (`true`), or asks for the next thing (`false`):
/// either way it is done with this test.
async fn done_with_it(control: &TcpStream) -> bool {
    !matches!(control.peek(&mut [0]).await, Ok(1..))
}

/// What the client may ask for beyond the results.
fn report(outcome: &Outcome, plan: &Plan) -> LoadReport {
    let cpu = plan.cpu_of(0).filter(|_| outcome.unbound.is_none());
    let only = ThreadReport { cpu, flows: plan.load.flows, transactions: outcome.transactions };
    LoadReport {
        flows: plan.load.flows,
        retransmits: outcome.at_end.tcp_info.map_or(0, |info| info.total_retransmits.into()),
        threads: if outcome.threads.is_empty() { vec![only] } else { outcome.threads.clone() },
    }
}

/// The results message. What a timed test took beyond its time was only the backstop's grace.
fn results(watched: &Watched, plan: &Plan, request: &OmniRequest) -> OmniResults {
    let outcome = &watched.outcome;
    let elapsed = Duration::from_nanos(outcome.elapsed_ns);
    let elapsed = plan.seconds.filter(|_| watched.backstopped).map_or(elapsed, |seconds| elapsed.min(seconds));
    let AtEnd { send_buffer, recv_buffer, tcp_info, congestion_control, .. } = outcome.at_end.clone();
    let one_connection = plan.kind == Kind::Stream;
    OmniResults {
        errno: 0,
        bytes_received: outcome.traffic.bytes_received,
        recv_calls: outcome.traffic.recv_calls as u32,
        recv_buffer: recv_buffer as i32,
        bytes_sent: outcome.traffic.bytes_sent,
        send_calls: outcome.traffic.send_calls as u32,
        send_buffer: send_buffer as i32,
        transactions: outcome.transactions as u32,
        elapsed: elapsed.as_secs_f32(),
        cpu: outcome.cpu,
        retransmits: tcp_info.filter(|_| one_connection).map_or(NO_RETRANSMITS, |info| info.total_retransmits as i32),
        congestion_control: if request.allow_routing && one_connection { congestion_control } else { String::new() },
    }
}
