//! One test, from request to results: set up, spawn the data thread, watch over it, collect.
//!
//! The data thread serves; everything else, from the sockets to the words on the control connection, is done around it.

mod data_path;
mod flows;
mod plan;
mod reading;
mod results;
mod watching;
mod worker;

use std::io;
use std::net::SocketAddr;

use compat::wire::{self, Message, OmniRequest};
use thiserror::Error;
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio::time::timeout;
use tracing::{debug, warn};

use crate::Config;
use crate::data;
use crate::extension::ERRNO_HOOK;
use crate::framing::{FramingError, write_message};
use crate::hooking::Hooking;
use crate::loading::Loading;
use crate::single_port::Entrance;
use plan::{Kind, Plan};
use results::{report, results};
use watching::{Patience, announce, watch_over, word};
use worker::{Source, Worker};

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
    let hook = match hooking.begin_test(direction, &plan.load, plan.cpu_of_hook()).await {
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
                _ = word(control) => None,
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
    loading.end_test(&report(&watched, &plan));
    debug!("{peer}: {watched:?}");
    if let Some(e) = &watched.outcome.unbound {
        warn!("{peer}: {e}; the test ran unbound");
    }
    if let Some(e) = &watched.outcome.broken {
        warn!("{peer}: data connection: {e}");
    }
    Ok(results(&watched, &plan, request).encode())
}
