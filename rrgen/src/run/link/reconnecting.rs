//! A TCP connection for every transaction (TCP_CRR).

use std::io::{self, ErrorKind, Read};
use std::net::SocketAddr;
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use rrserver::data::{self, AtEnd, Cancel, Connection, MessageStream, SetupError, Traffic, Transport};
use socket2::Socket;

use super::ports::PortWalk;
use super::{Link, LinkPlan, Reconnecting};

/// Between two tries at a server that does not accept (test `-U`): it gets time to come up, and the CPU.
const RETRY_PAUSE: Duration = Duration::from_millis(10);

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
                Err(e) if is_taken(&e) && tries > 1 => tries -= 1,
                // Every try is a new socket, which the watchdog takes for progress: the limit is here.
                Err(e) => match self.how.retry_for {
                    Some(limit) if failing_since.get_or_insert_with(Instant::now).elapsed() < limit => {
                        thread::sleep(RETRY_PAUSE);
                    }
                    _ => return Err(e),
                },
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
        // Of the first connection, at its end, as netperf has it.
        if self.at_end.max_segment.is_none() {
            self.at_end.max_segment = self.cancel.current().0.and_then(|socket| socket.tcp_mss().ok());
        }
        self.messages.get_mut().close();
        Ok(Some(self.messages.received()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::run::link::LinkKind;
    use compat::args::PortRange;
    use rrserver::data::Wait;
    use socket2::{Domain, Type};
    use std::net::Shutdown;

    const LIMIT: Duration = Duration::from_millis(100);

    fn loopback() -> SocketAddr {
        ([127, 0, 0, 1], 0).into()
    }

    /// The first request of a link to `destination`.
    fn send(destination: SocketAddr, retry_for: Option<Duration>, cancel: &Cancel) -> io::Result<()> {
        let how =
            Reconnecting { source: loopback(), options: Default::default(), ports: PortRange::default(), retry_for };
        let kind = LinkKind::Reconnecting(how.clone());
        let plan = LinkPlan { destination, request: b"x".to_vec(), response_size: 1, wait: Wait::Block, kind };
        let first = Socket::new(Domain::IPV4, Type::STREAM, None)?;
        ReconnectingLink::new(&first, &plan, how, cancel).send()
    }

    /// A port that nobody listens on, as long as the socket is there.
    fn refusing() -> (Socket, SocketAddr) {
        let socket = Socket::new(Domain::IPV4, Type::STREAM, None).expect("a socket");
        socket.bind(&loopback().into()).expect("a free port");
        let address = socket.local_addr().ok().and_then(|address| address.as_socket()).expect("its address");
        (socket, address)
    }

    #[test]
    fn a_server_that_refuses_is_tried_again_until_the_limit_and_not_without_a_rest() {
        let (_socket, nobody) = refusing();
        let tries = |retry_for| {
            let cancel = Cancel::default();
            let error = send(nobody, retry_for, &cancel).expect_err("refused");
            assert_eq!(error.kind(), ErrorKind::ConnectionRefused, "{retry_for:?}");
            cancel.current().1
        };
        assert_eq!(tries(None), 1);
        let most = LIMIT.div_duration_f64(RETRY_PAUSE) as u64 + 2;
        assert!((2..=most).contains(&tries(Some(LIMIT))));
    }

    #[test]
    fn a_run_that_ends_tries_no_more() {
        let (_socket, nobody) = refusing();
        let cancel = Cancel::default();
        cancel.cancel(Shutdown::Both);
        assert!(send(nobody, Some(Duration::MAX), &cancel).is_err());
    }
}
