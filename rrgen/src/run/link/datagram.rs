//! Transactions in datagrams (UDP_RR).

use std::io::{self, ErrorKind};
use std::net::SocketAddr;
use std::time::Duration;

use rrserver::data::{self, AtEnd, Datagrams, Traffic, Transport};
use socket2::Socket;

use super::{Link, LinkPlan};
use crate::run::watchdog::SILENCE_LIMIT;

/// A socket that sends each request in a datagram.
#[derive(Debug)]
pub(in crate::run) struct DatagramLink<'a> {
    socket: &'a Socket,
    destination: SocketAddr,
    connect: bool,
    timeout: Option<Duration>,
    /// How long nothing has come.
    silent: Duration,
    datagrams: Datagrams<'a>,
}

impl<'a> DatagramLink<'a> {
    /// An exchange over `socket`; without a `timeout` a lost datagram ends the run, if nothing else does.
    pub(in crate::run) fn new(socket: &'a Socket, plan: &LinkPlan, connect: bool, timeout: Option<Duration>) -> Self {
        let mut datagrams = Datagrams::client(socket, plan.destination, plan.request.clone(), plan.response_size);
        datagrams.wait(plan.wait, Some(timeout.unwrap_or(SILENCE_LIMIT)));
        Self { socket, destination: plan.destination, connect, timeout, silent: Duration::ZERO, datagrams }
    }
}

impl Link for DatagramLink<'_> {
    fn open(&mut self) -> io::Result<()> {
        self.socket.set_read_timeout(Some(self.timeout.unwrap_or(SILENCE_LIMIT)))?;
        if self.connect {
            self.socket.connect(&self.destination.into())?;
            self.datagrams.connected();
        }
        Ok(())
    }

    fn close(&mut self) -> AtEnd {
        let at_end = data::at_end(self.socket);
        self.datagrams.farewell();
        at_end
    }

    fn traffic(&self) -> Traffic {
        self.datagrams.traffic()
    }
}

impl Transport for DatagramLink<'_> {
    #[inline]
    fn send(&mut self) -> io::Result<()> {
        self.datagrams.send()
    }

    #[inline]
    fn recv(&mut self) -> io::Result<Option<&[u8]>> {
        match self.datagrams.recv() {
            Err(e) if e.kind() == ErrorKind::WouldBlock => {
                self.silent = self.silent.saturating_add(self.timeout.unwrap_or(SILENCE_LIMIT));
                // One that is lost is the pacer's business; when nothing comes at all, the server is gone.
                Err(if self.silent < SILENCE_LIMIT { e } else { ErrorKind::TimedOut.into() })
            }
            result => {
                self.silent = Duration::ZERO;
                result
            }
        }
    }
}
