//! A TCP connection for every transaction (TCP_CRR).

use std::io::{self, ErrorKind, Read};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Instant;

use rrserver::data::{self, AtEnd, Cancel, Connection, MessageStream, SetupError, Traffic, Transport};
use socket2::Socket;

use super::ports::PortWalk;
use super::{Link, LinkPlan, Reconnecting};
use crate::run::watchdog::CONNECT_PATIENCE;

/// Connects for every request; the server closes after its response.
#[derive(Debug)]
pub(in crate::run) struct ReconnectingLink<'a> {
    cancel: &'a Cancel,
    destination: SocketAddr,
    how: Reconnecting,
    ports: PortWalk,
    messages: MessageStream<Connection>,
    /// The buffers of the first socket; netperf reports those, too.
    at_end: AtEnd,
}

impl<'a> ReconnectingLink<'a> {
    /// Connections like `first`, which has been made to learn what such a socket gets from the kernel.
    pub(in crate::run) fn new(first: &Socket, plan: &LinkPlan, how: Reconnecting, cancel: &'a Cancel) -> Self {
        let at_end = data::at_end(first);
        Self {
            cancel,
            destination: plan.destination,
            ports: PortWalk::new(how.ports, plan.destination.port()),
            how,
            messages: MessageStream::with_payload(Connection::default(), plan.request.clone(), plan.response_size),
            at_end: AtEnd { tcp_info: None, max_segment: None, congestion_control: String::new(), ..at_end },
        }
    }

    /// A connection from the next port that gives one.
    fn connect(&mut self) -> io::Result<Arc<Socket>> {
        let mut tries = self.ports.len();
        let mut failing_since = None;
        loop {
            let port = self.ports.advance();
            match self.connect_from(port) {
                Ok(socket) => return Ok(socket),
                Err(e) if self.cancel.is_cancelled() => return Err(e),
                // Every try is a new socket, which the watchdog takes for progress: the limit is here.
                Err(_)
                    if self.how.retry
                        && failing_since.get_or_insert_with(Instant::now).elapsed() < CONNECT_PATIENCE => {}
                Err(e) if is_taken(&e) && tries > 1 => tries -= 1,
                Err(e) => return Err(e),
            }
        }
    }

    fn connect_from(&self, port: u16) -> io::Result<Arc<Socket>> {
        let source = SocketAddr::new(self.how.source.ip(), port);
        let socket = data::open(source, &self.how.options).map_err(into_io)?;
        data::bind(&socket, source, &self.how.options).map_err(into_io)?;
        let socket = Arc::new(socket);
        if !self.cancel.hold(&socket) {
            return Err(ErrorKind::Interrupted.into());
        }
        socket.connect(&self.destination.into())?;
        Ok(socket)
    }
}

/// The port is the trouble, not the server.
fn is_taken(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::AddrInUse | ErrorKind::AddrNotAvailable)
}

fn into_io(error: SetupError) -> io::Error {
    error.io().raw_os_error().map_or_else(|| io::Error::other(error.to_string()), io::Error::from_raw_os_error)
}

impl Link for ReconnectingLink<'_> {
    fn open(&mut self) -> io::Result<()> {
        Ok(())
    }

    fn close(&mut self) -> AtEnd {
        self.at_end.clone()
    }

    fn traffic(&self) -> Traffic {
        self.messages.traffic()
    }
}

impl Transport for ReconnectingLink<'_> {
    fn send(&mut self) -> io::Result<()> {
        let socket = self.connect()?;
        self.messages.get_mut().open(socket);
        self.messages.send()
    }

    fn recv(&mut self) -> io::Result<Option<&[u8]>> {
        if self.messages.recv()?.is_none() {
            return Ok(None);
        }
        // The transaction includes the server's close.
        while let Err(e) = self.messages.get_mut().read(&mut [0]) {
            if e.kind() != ErrorKind::Interrupted {
                return Err(e);
            }
        }
        self.messages.get_mut().close();
        Ok(Some(self.messages.received()))
    }
}
