//! How each kind of test is served: which transport, and how its socket ends.

use std::io;
use std::net::Shutdown;
use std::sync::Arc;
use std::time::{Duration, Instant};

use hooks::host::{EndHook, HostError};
use hooks::{Ledger, Verdict};
use socket2::Socket;
use tokio::sync::oneshot;

use super::flows;
use super::plan::{Kind, Plan};
use super::worker::Outcome;
use crate::data::{
    self, Accepting, Cancel, Datagrams, End, MessageStream, Served, SocketStream, Threads, Traffic, Transport, Waiting,
};
use crate::hooking::TestHook;

/// How long a client may take to close after a counted test.
const DRAIN_PATIENCE: Duration = Duration::from_secs(4);

/// What serving a test needs.
pub(super) struct Path<'a> {
    /// The listening socket, or the datagram socket.
    pub(super) socket: Arc<Socket>,
    /// It is the connection itself.
    pub(super) connected: bool,
    pub(super) plan: &'a Plan,
    pub(super) cancel: &'a Cancel,
    /// Where further data threads enter themselves.
    pub(super) threads: &'a Threads,
    /// To be told when the first connection is there.
    pub(super) arrival: &'a mut Option<oneshot::Sender<()>>,
    /// When the first connection, or the first message, was there.
    pub(super) started: Option<Instant>,
}

impl Path<'_> {
    /// The one data connection of the test, or `None` when the test was cancelled before it came.
    fn connection(&self) -> io::Result<Option<Arc<Socket>>> {
        match self.connected {
            true => Ok(self.cancel.hold(&self.socket).then(|| Arc::clone(&self.socket))),
            false => self.cancel.accept(&self.socket),
        }
    }

    pub(super) fn arrived(&mut self) {
        self.started = Some(Instant::now());
        // Whoever waits for it may have given up.
        let _ = self.arrival.take().map(|arrival| arrival.send(()));
    }
}

/// Serves one test to its end.
pub(super) fn serve(path: &mut Path<'_>, hook: TestHook) -> Outcome {
    match path.plan.kind {
        Kind::Stream if path.plan.load.flows > 1 => flows::serve(path, hook),
        Kind::Stream => stream(path, hook),
        Kind::Connections => connections(path, hook),
        Kind::Datagrams => datagrams(path, hook),
    }
}

/// Serves with the hook that is the data thread's to attach.
fn serve_hooked(
    transport: &mut impl Transport,
    limit: Option<u64>,
    hook: TestHook,
    socket: &Socket,
) -> (Served, Option<Result<Ledger, HostError>>) {
    let TestHook::DataThread(prepared) = hook else {
        return (data::serve(transport, limit, |_| Verdict::Pass), None);
    };
    match prepared.on_end_of(socket) {
        Ok(mut hook) => {
            let served = match &mut hook {
                EndHook::Messages(hook) => data::serve(transport, limit, |request| hook.on_message(request)),
                // The kernel does the calling.
                #[cfg(feature = "ebpf")]
                EndHook::Socket(_) => data::serve(transport, limit, |_| Verdict::Pass),
            };
            (served, Some(hook.detach()))
        }
        // A test without its hook would be taken for one with it.
        Err(e) => (Served { transactions: 0, end: End::Dropped }, Some(Err(e))),
    }
}

fn stream(path: &mut Path<'_>, hook: TestHook) -> Outcome {
    let stream = match path.connection() {
        Ok(Some(stream)) => stream,
        Ok(None) => return Outcome::default(),
        Err(e) => return Outcome { broken: Some(e), ..Outcome::default() },
    };
    path.arrived();
    let Plan { request_size, response_size, transactions, .. } = *path.plan;
    let wait = path.plan.load.wait;
    let waiting = Waiting::begin(&*stream, wait);
    let mut messages = MessageStream::new(SocketStream::waiting(&*stream, wait), response_size, request_size);
    let (mut served, ledger) = serve_hooked(&mut messages, transactions, hook, &stream);
    if matches!(served.end, End::Counted)
        && let Err(e) = end_counted(&stream)
    {
        served.end = End::Broken(e);
    }
    let shortfall = waiting.shortfall(&*stream);
    Outcome { ledger, shortfall, ..outcome(served, messages.traffic(), &stream) }
}

fn connections(path: &mut Path<'_>, hook: TestHook) -> Outcome {
    let socket = Arc::clone(&path.socket);
    let Plan { request_size, response_size, transactions, .. } = *path.plan;
    let mut accepting = Accepting::new(&socket, path.cancel, response_size, request_size);
    let announced = &mut Announced { transport: &mut accepting, path };
    let (served, ledger) = serve_hooked(announced, transactions, hook, &socket);
    Outcome { ledger, ..outcome(served, accepting.traffic(), &socket) }
}

fn datagrams(path: &mut Path<'_>, hook: TestHook) -> Outcome {
    let socket = Arc::clone(&path.socket);
    if !path.cancel.hold(&socket) {
        return Outcome::default();
    }
    let Plan { request_size, response_size, transactions, .. } = *path.plan;
    let wait = path.plan.load.wait;
    let waiting = Waiting::begin(&*socket, wait);
    let mut datagrams = Datagrams::server(&*socket, response_size, request_size);
    datagrams.wait(wait, None);
    let announced = &mut Announced { transport: &mut datagrams, path };
    let (served, ledger) = serve_hooked(announced, transactions, hook, &socket);
    let shortfall = waiting.shortfall(&*socket);
    Outcome { ledger, shortfall, ..outcome(served, datagrams.traffic(), &socket) }
}

fn outcome(served: Served, traffic: Traffic, socket: &Socket) -> Outcome {
    let broken = match served.end {
        End::Counted | End::Closed | End::Dropped => None,
        End::Broken(e) => Some(e),
    };
    Outcome { transactions: served.transactions, traffic, at_end: data::at_end(socket), broken, ..Outcome::default() }
}

/// A transport whose first message is the arrival of the client.
struct Announced<'a, 'b, T> {
    transport: &'a mut T,
    path: &'a mut Path<'b>,
}

impl<T: Transport> Transport for Announced<'_, '_, T> {
    fn send(&mut self) -> io::Result<()> {
        self.transport.send()
    }

    fn recv(&mut self) -> io::Result<Option<&[u8]>> {
        let message = self.transport.recv()?;
        if message.is_some() && self.path.arrival.is_some() {
            self.path.arrived();
        }
        Ok(message)
    }
}

/// Ends a counted test without a reset: closes our side, and reads what the client still had in flight.
fn end_counted(stream: &Socket) -> io::Result<()> {
    stream.shutdown(Shutdown::Write)?;
    data::drain(stream, DRAIN_PATIENCE).map(drop)
}
