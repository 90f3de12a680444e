//! One variant's connection to the server: agreed upon over a control connection of its own, and checked at its end.

use std::io;
use std::net::Shutdown;
use std::time::Duration;

use compat::wire::saturated;
use hooks::Verdict;
use hooks::host::EndHook;
use rrserver::data::{self, MessageStream, SocketStream, Transport};
use socket2::Socket;
use thiserror::Error;

use super::netperf::{Test, UNTIL_CLOSED};
use super::supervisor::{Cause, Hold};
use crate::engine::{Clock, Flow, LockStep, Recorder, Stop, run_flow};
use crate::plan::Plan;
use crate::results::{Ledger, Settings};
use crate::run::{self, Agreed, ClockHost, DataError, RunFailure};
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
    /// The data connection cannot be made.
    #[error(transparent)]
    Data(#[from] DataError),
    /// It is gone.
    #[error("data connection: {0}")]
    Closed(#[from] io::Error),
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
            Self::Data(DataError::Connect(_)) | Self::Closed(_) | Self::Counts { .. } => true,
            Self::Run(RunFailure::Netperf { .. }) => true,
            Self::Data(DataError::Hook(_)) | Self::Settings(_) | Self::Run(RunFailure::Setup(_)) => false,
        }
    }
}

/// An open data connection, and the control connection that belongs to it.
#[derive(Debug)]
pub(super) struct Connection {
    plan: Plan,
    agreed: Agreed,
}

impl Connection {
    /// Opens both connections to the server at the end of `path`, with `hook` on the data connection. A program of the
    /// kernel's is `timed` all along, or by its [`clock_host`](Self::clock_host) only.
    ///
    /// # Errors
    /// The server cannot be reached, or does not agree.
    pub(super) fn open(path: &Path, hook: &str, settings: &Settings, timed: bool) -> Result<Self, ConnectionError> {
        let mut plan = Test { path, hook, settings }.plan(UNTIL_CLOSED).map_err(ConnectionError::Settings)?;
        plan.hook.iter_mut().for_each(|hook| hook.timed = timed);
        let mut agreed = run::agree(&plan)?;
        match agreed.connect() {
            Ok(()) => Ok(Self { plan, agreed }),
            Err(e) => Err(agreed.explain().map_or(ConnectionError::Data(e), ConnectionError::Run)),
        }
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

    /// The data connection, for whoever measures.
    ///
    /// # Errors
    /// The messages cannot be filled.
    pub(super) fn traffic(&mut self) -> Result<Traffic<'_, MessageStream<SocketStream<'_>>>, ConnectionError> {
        let (transport, hook) = self.agreed.messages(&self.plan.test)?;
        Ok(Traffic { transport, hook })
    }

    /// Closes the connections after `transactions`, of which so many were `timed`; what the hook did.
    ///
    /// # Errors
    /// The server did not count as many, or is gone.
    pub(super) fn close(self, transactions: u64, timed: u64) -> Result<Option<Ledger>, ConnectionError> {
        self.agreed.socket().shutdown(Shutdown::Write)?;
        let (results, ledger) = self.agreed.results()?;
        let server = results.transactions;
        let client = saturated(transactions);
        if client != server {
            return Err(ConnectionError::Counts { client, server });
        }
        Ok(ledger.map(|ledger| Ledger::new(ledger, transactions, timed)))
    }
}

/// What moves over a connection, and the hook on our end of it.
#[derive(Debug)]
pub(super) struct Traffic<'a, T> {
    pub(super) transport: T,
    pub(super) hook: Option<&'a mut EndHook>,
}

impl<T: Transport> Traffic<'_, T> {
    /// Runs transactions from `started_ns` on until `stop`; whether there is a hook is not asked between two packets.
    pub(super) fn run(
        &mut self,
        clock: &impl Clock,
        started_ns: u64,
        stop: &impl Stop,
        recorder: &mut impl Recorder,
    ) -> Flow {
        let mut pacer = LockStep::default();
        match self.hook.as_deref_mut() {
            Some(EndHook::Messages(hook)) => {
                let call = |response: &[u8]| hook.on_message(response);
                run_flow(&mut self.transport, clock, started_ns, &mut pacer, stop, recorder, call)
            }
            // Nobody to call: there is none, or the kernel does the calling.
            _ => run_flow(&mut self.transport, clock, started_ns, &mut pacer, stop, recorder, |_| Verdict::Pass),
        }
    }
}

/// What ends everything that waits on some connections.
pub(super) struct Sockets {
    sockets: Vec<Socket>,
    /// For the next byte on any of them.
    patience: Duration,
}

impl Sockets {
    /// Those of `connections`.
    ///
    /// # Errors
    /// No descriptor is to be had.
    pub(super) fn of(connections: &[Connection]) -> io::Result<Self> {
        let agreed = || connections.iter().map(|connection| &connection.agreed);
        let sockets = agreed().map(|agreed| agreed.socket().try_clone()).collect::<Result<_, _>>()?;
        let patience = agreed().map(|agreed| agreed.patience().silence).min().unwrap_or_default();
        Ok(Self { sockets, patience })
    }
}

impl Hold for Sockets {
    fn end(&self) {
        // A connection that is gone needs no ending.
        self.sockets.iter().for_each(|socket| drop(socket.shutdown(Shutdown::Both)));
    }

    fn silence(&self) -> Option<Duration> {
        let silence = |socket: &Socket| data::tcp_info(socket).map(|info| info.since_last_data).ok();
        // One connection at a time is busy.
        self.sockets.iter().filter_map(silence).min().filter(|silence| *silence >= self.patience)
    }
}
