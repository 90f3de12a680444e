//! How each kind of test is served: which transport, and how its socket ends.

use std::io::{self, Read};
use std::net::Shutdown;
use std::sync::Arc;
use std::time::{Duration, Instant};

use socket2::Socket;
use tokio::sync::oneshot;

use super::plan::{Kind, Plan};
use super::worker::Outcome;
use crate::data::{self, Accepting, Cancel, Datagrams, End, MessageStream, Served, SocketStream, Traffic, Transport};

/// What a client may still have in flight after a counted test, before we stop listening to it.
const DRAIN_BYTES: usize = 64 << 20;

/// How long a client may take to close after a counted test.
const DRAIN_PATIENCE: Duration = Duration::from_secs(4);

/// What serving a test needs.
pub(super) struct Path<'a> {
    /// The listening socket, or the datagram socket.
    pub(super) socket: Arc<Socket>,
    pub(super) plan: &'a Plan,
    pub(super) cancel: &'a Cancel,
    /// To be told when the first connection is there.
    pub(super) arrival: Option<oneshot::Sender<()>>,
    /// When the first connection was there; before that, when the thread was.
    pub(super) started: Instant,
}

impl Path<'_> {
    fn arrived(&mut self) {
        self.started = Instant::now();
        // Whoever waits for it may have given up.
        let _ = self.arrival.take().map(|arrival| arrival.send(()));
    }
}

/// Serves one test to its end.
pub(super) fn serve(path: &mut Path<'_>) -> Outcome {
    match path.plan.kind {
        Kind::Stream => stream(path),
        Kind::Connections => connections(path),
        Kind::Datagrams => datagrams(path),
    }
}

fn stream(path: &mut Path<'_>) -> Outcome {
    let stream = match path.cancel.accept(&path.socket) {
        Ok(Some(stream)) => stream,
        Ok(None) => return Outcome::default(),
        Err(e) => return Outcome { broken: Some(e), ..Outcome::default() },
    };
    path.arrived();
    let Plan { request_size, response_size, transactions, .. } = *path.plan;
    let mut messages = MessageStream::new(SocketStream::new(&*stream), response_size, request_size);
    let mut served = data::serve(&mut messages, transactions);
    if matches!(served.end, End::Counted)
        && let Err(e) = drain(&stream)
    {
        served.end = End::Broken(e);
    }
    outcome(served, messages.traffic(), &stream)
}

fn connections(path: &mut Path<'_>) -> Outcome {
    let socket = Arc::clone(&path.socket);
    let Plan { request_size, response_size, transactions, .. } = *path.plan;
    let mut accepting = Accepting::new(&socket, path.cancel, response_size, request_size);
    let served = data::serve(&mut Announced { transport: &mut accepting, path }, transactions);
    outcome(served, accepting.traffic(), &socket)
}

fn datagrams(path: &mut Path<'_>) -> Outcome {
    let socket = Arc::clone(&path.socket);
    if !path.cancel.hold(&socket) {
        return Outcome::default();
    }
    let Plan { request_size, response_size, transactions, .. } = *path.plan;
    let mut datagrams = Datagrams::server(&*socket, response_size, request_size);
    let served = data::serve(&mut Announced { transport: &mut datagrams, path }, transactions);
    outcome(served, datagrams.traffic(), &socket)
}

fn outcome(served: Served, traffic: Traffic, socket: &Socket) -> Outcome {
    let broken = match served.end {
        End::Counted | End::Closed => None,
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
fn drain(mut stream: &Socket) -> io::Result<()> {
    stream.shutdown(Shutdown::Write)?;
    stream.set_read_timeout(Some(DRAIN_PATIENCE))?;
    let mut scrap = [0; 4096];
    let mut drained = 0;
    while drained < DRAIN_BYTES {
        match stream.read(&mut scrap)? {
            0 => break,
            n => drained += n,
        }
    }
    Ok(())
}
