//! One test, from request to results: set up, spawn the data thread, watch over it, collect.
//!
//! The control plane decides when a test must end (backstop, shutdown, a client that left) and tells the
//! data thread in the one way that also reaches a blocked system call: it shuts the socket down.

mod data_path;
mod plan;
mod worker;

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use compat::wire::{self, Message, OmniRequest, OmniResults};
use thiserror::Error;
use tokio::net::TcpStream;
use tokio::sync::{oneshot, watch};
use tokio::time::{Instant, sleep_until, timeout_at};
use tracing::{debug, warn};

use crate::data::AtEnd;
use crate::framing::{FramingError, write_message};
use crate::{Config, Limits};
use plan::{Kind, Plan};
use worker::{Outcome, Worker};

/// What netperf reports as the retransmits of a test without one connection to count them on.
const NO_RETRANSMITS: i32 = -1;

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
) -> Result<Message, Aborted> {
    let plan = match Plan::new(request, config) {
        Ok(plan) => plan,
        Err(refusal) => {
            warn!("{peer}: {refusal}");
            return Ok(wire::error_message(refusal.errno()));
        }
    };
    let (listener, response) = match plan.listen() {
        Ok(ready) => ready,
        Err(e) => {
            warn!("{peer}: {e}");
            return Ok(wire::error_message(e.io().raw_os_error().unwrap_or(libc::EIO)));
        }
    };
    let started = Instant::now();
    let mut worker = Worker::spawn(listener, plan.clone()).map_err(Aborted::Spawn)?;
    write_message(control, &response.encode(), config.limits.message).await?;
    let backstop = Backstop { started, seconds: plan.seconds, kind: plan.kind, limits: &config.limits };
    let watched = watch_over(&mut worker, backstop, control, stopping).await?;
    debug!("{peer}: {watched:?}");
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

/// When a timed test ends that nothing else ends.
struct Backstop<'a> {
    started: Instant,
    seconds: Option<Duration>,
    kind: Kind,
    limits: &'a Limits,
}

impl Backstop<'_> {
    /// Completes when the test must end; never, if it is not timed.
    ///
    /// Nothing on the wire announces the end of a test with a connection per transaction. Once the client has made
    /// its first connection, however, its clock is known: it makes no further one after its seconds are over.
    async fn reached(&self, connected: &mut oneshot::Receiver<()>) {
        let Some(seconds) = self.seconds else { return std::future::pending().await };
        let latest = self.started + seconds + self.limits.backstop;
        if self.kind == Kind::Connections && timeout_at(latest, connected).await.is_ok() {
            sleep_until(latest.min(Instant::now() + seconds + self.limits.last_connection)).await;
        } else {
            sleep_until(latest).await;
        }
    }
}

/// Waits for the data thread, and ends it when the backstop, a shutdown, or the client's departure says so.
async fn watch_over(
    worker: &mut Worker,
    backstop: Backstop<'_>,
    control: &TcpStream,
    stopping: &mut watch::Receiver<bool>,
) -> Result<Watched, Aborted> {
    let mut backstopped = false;
    let mut client_gone = false;
    let natural_end = tokio::select! {
        biased;
        result = &mut worker.outcome => Some(result),
        _ = stopping.wait_for(|&stopping| stopping) => None,
        () = closed(control) => { client_gone = true; None }
        () = backstop.reached(&mut worker.connected) => { backstopped = true; None }
    };
    let result = match natural_end {
        Some(result) => result,
        None => {
            worker.cancel();
            (&mut worker.outcome).await
        }
    };
    if client_gone {
        return Err(Aborted::ClientGone);
    }
    let outcome = result.map_err(|_| Aborted::WorkerDied)?;
    Ok(Watched { outcome, backstopped })
}

/// Completes when the client has closed its control connection. A client that sends ahead is still there.
async fn closed(control: &TcpStream) {
    if let Ok(1..) = control.peek(&mut [0]).await {
        std::future::pending::<()>().await;
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
