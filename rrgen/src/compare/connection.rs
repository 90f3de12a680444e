//! One variant's way to the server: its data connection, or all of them, agreed upon over a control connection of its own,
//! and checked at the end.

use std::io;
use std::mem::MaybeUninit;
use std::net::Shutdown;
use std::sync::Arc;
use std::time::Duration;

use compat::wire::saturated;
use rrserver::data;
use socket2::Socket;
use thiserror::Error;

use super::netperf::{Test, UNTIL_CLOSED};
use super::supervisor::{Cause, Hold};
use super::traffic::{AllFlows, OneFlow, SocketTraffic};
use crate::plan::Plan;
use crate::results::{Ledger, Settings};
use crate::run::{self, AgreeError, Agreed, ClockHost, RunFailure};
use crate::testbed::Path;

/// Why a connection gives no result.
#[derive(Debug, Error)]
pub(super) enum ConnectionError {
    /// The settings make no test.
    #[error("{0}")]
    Settings(String),
    /// The server refused, or did not answer.
    #[error(transparent)]
    Run(#[from] RunFailure),
    /// There is no such test.
    #[error(transparent)]
    Agree(#[from] AgreeError),
    /// A data connection is gone.
    #[error("data connection: {0}")]
    Closed(#[from] io::Error),
    /// A server that answers before it is asked looks fast.
    #[error("the server answers unasked, or with messages of another size than `-- -r` says: no result would be true")]
    Unasked,
    /// Both ends must have counted the same.
    #[error("the client counted {client} transactions, the server {server}")]
    Counts {
        /// The client's count, as far as the server's message has room for it.
        client: u32,
        /// The server's.
        server: u32,
    },
}

impl Cause for ConnectionError {
    /// What broke, or was miscounted, may hold the next time; what was refused is refused again.
    fn is_repeatable(&self) -> bool {
        match self {
            Self::Agree(AgreeError::Connect(_)) | Self::Closed(_) | Self::Counts { .. } => true,
            Self::Run(failure) | Self::Agree(AgreeError::Run(failure)) => matches!(failure, RunFailure::Netperf { .. }),
            Self::Agree(AgreeError::Hook(_)) | Self::Settings(_) | Self::Unasked => false,
        }
    }
}

/// Open data connections, one or many, and the control connection that belongs to them.
#[derive(Debug)]
pub(super) struct Connection {
    plan: Plan,
    agreed: Agreed,
}

impl Connection {
    /// Opens all connections to the server at the end of `path`, with `hook` on those for data. A program of the kernel's
    /// is `timed` all along, or by its [`clock_host`](Self::clock_host) only.
    ///
    /// # Errors
    /// The server cannot be reached, or does not agree.
    pub(super) fn open(path: &Path, hook: &str, settings: &Settings, timed: bool) -> Result<Self, ConnectionError> {
        let mut plan = Test { path, hook, settings }.plan(UNTIL_CLOSED).map_err(ConnectionError::Settings)?;
        plan.hook.iter_mut().for_each(|hook| hook.timed = timed);
        let agreed = run::agree(&plan)?;
        Ok(Self { plan, agreed })
    }

    /// Where the kernel can be asked to time the hook of this connection; `None` if that is no program.
    pub(super) fn clock_host(&self) -> Option<ClockHost> {
        let hook = self.plan.hook.as_ref().filter(|hook| hook.spec.attach.is_in_kernel())?;
        Some(ClockHost { hook: hook.clone(), target: self.plan.target.clone() })
    }

    /// Why the connection broke, if its hook dropped what it should have carried.
    pub(super) fn explain(self) -> Option<ConnectionError> {
        self.agreed.explain().map(ConnectionError::Run)
    }

    /// The data connections, for whoever measures.
    ///
    /// # Errors
    /// The kernel has nothing to wait for many with.
    pub(super) fn traffic(&mut self) -> Result<SocketTraffic<'_>, ConnectionError> {
        let test = &self.plan.test;
        if !test.is_scheduled() {
            let (transport, hook) = self.agreed.messages(test);
            return Ok(SocketTraffic::One(OneFlow { transport, hook }));
        }
        let ports = data::ports(self.agreed.sockets());
        let (exchange, hook) = self.agreed.exchange(test)?;
        Ok(SocketTraffic::All(Box::new(AllFlows::new(exchange, hook, ports))))
    }

    /// Closes the connections after `transactions`, of which so many were `timed`; what the hook did.
    ///
    /// # Errors
    /// The server did not count as many, has sent more than it was asked for, or is gone.
    pub(super) fn close(self, transactions: u64, timed: u64) -> Result<Option<Ledger>, ConnectionError> {
        let sockets = Arc::clone(self.agreed.sockets());
        sockets.iter().try_for_each(|socket| socket.shutdown(Shutdown::Write))?;
        let (results, ledger) = self.agreed.results()?;
        // The last block ended at rest: its answers have been received.
        if sockets.iter().any(has_more) {
            return Err(ConnectionError::Unasked);
        }
        let server = results.transactions;
        let client = saturated(transactions);
        if client != server {
            return Err(ConnectionError::Counts { client, server });
        }
        Ok(ledger.map(|ledger| Ledger::new(ledger, transactions, timed)))
    }
}

/// Whether something came on `socket` that nobody has received.
fn has_more(socket: &Socket) -> bool {
    let received = socket.recv_with_flags(&mut [MaybeUninit::uninit()], libc::MSG_DONTWAIT);
    received.is_ok_and(|bytes| bytes > 0)
}

/// What ends everything that waits on some connections.
pub(super) struct Sockets {
    /// Of every connection its own.
    sockets: Vec<Arc<[Socket]>>,
    /// For the next byte on any of them.
    patience: Duration,
}

impl Sockets {
    /// Those of `connections`.
    pub(super) fn of(connections: &[Connection]) -> Self {
        let agreed = || connections.iter().map(|connection| &connection.agreed);
        let sockets = agreed().map(|agreed| Arc::clone(agreed.sockets())).collect();
        let patience = agreed().map(|agreed| agreed.patience().silence).min().unwrap_or_default();
        Self { sockets, patience }
    }

    fn all(&self) -> impl Iterator<Item = &Socket> {
        self.sockets.iter().flat_map(|sockets| sockets.iter())
    }
}

impl Hold for Sockets {
    fn end(&self) {
        // A connection that is gone needs no ending.
        self.all().for_each(|socket| drop(socket.shutdown(Shutdown::Both)));
    }

    fn silence(&self) -> Option<Duration> {
        let silence = |socket: &Socket| data::tcp_info(socket).map(|info| info.since_last_data).ok();
        let silences = || self.all().filter_map(silence);
        // One variant at a time is busy, and no flow of it is left behind by the others: the first that has been heard of
        // lately speaks for all.
        if silences().any(|silence| silence < self.patience) { None } else { silences().min() }
    }
}
