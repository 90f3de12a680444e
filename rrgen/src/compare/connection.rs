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
use super::supervisor::Hold;
use crate::engine::{Clock, Flow, LockStep, Recorder, Stop, run_flow};
use crate::plan::Plan;
use crate::results::{Ledger, Settings};
use crate::run::{self, Agreed, CONNECT_PATIENCE, DataError, RunFailure};
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

/// An open data connection, and the control connection that belongs to it.
#[derive(Debug)]
pub(super) struct Connection {
    plan: Plan,
    agreed: Agreed,
}

impl Connection {
    /// Opens both connections to the server at the end of `path`, with `hook` on the data connection.
    ///
    /// # Errors
    /// The server cannot be reached, or does not agree.
    pub(super) fn open(path: &Path, hook: &str, settings: &Settings) -> Result<Self, ConnectionError> {
        let plan = Test { path, hook, settings }.plan(UNTIL_CLOSED).map_err(ConnectionError::Settings)?;
        let mut agreed = run::agree(&plan)?;
        agreed.connect(CONNECT_PATIENCE)?;
        Ok(Self { plan, agreed })
    }

    /// The data connection, for whoever measures.
    ///
    /// # Errors
    /// The messages cannot be filled.
    pub(super) fn traffic(&mut self) -> Result<Traffic<'_, MessageStream<SocketStream<'_>>>, ConnectionError> {
        let (transport, hook) = self.agreed.messages(&self.plan.test)?;
        Ok(Traffic { transport, hook })
    }

    /// Closes the connections after `transactions`; what the hook did.
    ///
    /// # Errors
    /// The server did not count as many, or is gone.
    pub(super) fn close(self, transactions: u64) -> Result<Option<Ledger>, ConnectionError> {
        self.agreed.socket().shutdown(Shutdown::Write)?;
        let (results, ledger) = self.agreed.results()?;
        let server = results.transactions;
        let client = saturated(transactions);
        if client != server {
            return Err(ConnectionError::Counts { client, server });
        }
        Ok(ledger.map(|ledger| Ledger {
            // Those of the warm-up included.
            expected_calls: transactions * crossings(&ledger.attached),
            calls: ledger.calls,
            errors: ledger.errors,
            ns_per_call: ledger.cost.map(|cost| cost.ns_per_call),
            attached: ledger.attached,
        }))
    }
}

/// How often a transaction crosses a hook: with its request, and over the loopback device with its response, too.
fn crossings(attached: &str) -> u64 {
    if attached.ends_with(" on lo") { 2 } else { 1 }
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
pub(super) struct Sockets(Vec<Socket>);

impl Sockets {
    /// Those of `connections`.
    ///
    /// # Errors
    /// No descriptor is to be had.
    pub(super) fn of(connections: &[Connection]) -> io::Result<Self> {
        connections.iter().map(|connection| connection.agreed.socket().try_clone()).collect::<Result<_, _>>().map(Self)
    }
}

impl Hold for Sockets {
    fn end(&self) {
        // A connection that is gone needs no ending.
        self.0.iter().for_each(|socket| drop(socket.shutdown(Shutdown::Both)));
    }

    fn silence(&self) -> Duration {
        let silence = |socket: &Socket| data::tcp_info(socket).map(|info| info.since_last_data).ok();
        // One connection at a time is busy.
        self.0.iter().filter_map(silence).min().unwrap_or_default()
    }
}
