//! Transactions in datagrams (UDP_RR).

use std::io::{self, ErrorKind};
use std::net::SocketAddr;
use std::time::Duration;

use rrserver::data::{self, AtEnd, Datagrams, Traffic, Transport};
use socket2::Socket;

use super::{Link, LinkPlan};

/// A socket that sends each request in a datagram.
#[derive(Debug)]
pub(in crate::run) struct DatagramLink<'a> {
    socket: &'a Socket,
    destination: SocketAddr,
    connect: bool,
    timeout: Duration,
    /// How long nothing may come.
    silence: Duration,
    /// How long nothing has come.
    silent: Duration,
    datagrams: Datagrams<'a>,
}

impl<'a> DatagramLink<'a> {
    /// An exchange over `socket`: a response that takes longer than `timeout` is lost, and a server that is silent for
    /// `silence` is gone.
    pub(in crate::run) fn new(
        socket: &'a Socket,
        plan: &LinkPlan,
        connect: bool,
        timeout: Duration,
        silence: Duration,
    ) -> Self {
        let mut datagrams = Datagrams::client(socket, plan.destination, plan.request.clone(), plan.response_size);
        datagrams.wait(plan.wait, Some(timeout));
        Self { socket, destination: plan.destination, connect, timeout, silence, silent: Duration::ZERO, datagrams }
    }
}

impl Link for DatagramLink<'_> {
    fn open(&mut self) -> io::Result<()> {
        self.socket.set_read_timeout(Some(self.timeout))?;
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
                self.silent = self.silent.saturating_add(self.timeout);
                // One that is lost is the pacer's business; when nothing comes at all, the server is gone.
                Err(if self.silent < self.silence { e } else { ErrorKind::TimedOut.into() })
            }
            result => {
                self.silent = Duration::ZERO;
                result
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::run::link::LinkKind;
    use rrserver::data::Wait;
    use socket2::{Domain, Type};
    use std::net::UdpSocket;

    const TIMEOUT: Duration = Duration::from_millis(10);

    /// How receiving goes that many times, each after a request that `server` answers or not.
    fn received(answers: &[bool], silence: Duration) -> Vec<Result<usize, ErrorKind>> {
        let server = UdpSocket::bind("127.0.0.1:0").expect("a server");
        let destination = server.local_addr().expect("its address");
        let socket = Socket::new(Domain::IPV4, Type::DGRAM, None).expect("a socket");
        let kind = LinkKind::Datagrams { connected: false, timeout: Some(TIMEOUT), silence };
        let plan = LinkPlan { destination, request: b"x".to_vec(), response_size: 1, wait: Wait::Block, kind };
        let mut link = DatagramLink::new(&socket, &plan, false, TIMEOUT, silence);
        link.open().expect("open");
        let exchange = |&answer: &bool| {
            link.send().expect("sent");
            let (_, client) = server.recv_from(&mut [0]).expect("a request");
            if answer {
                server.send_to(b"y", client).expect("answered");
            }
            link.recv().map(|response| response.map_or(0, <[u8]>::len)).map_err(|e| e.kind())
        };
        answers.iter().map(exchange).collect()
    }

    #[test]
    fn one_that_is_lost_is_lost_and_a_server_that_is_silent_is_gone() {
        let lost = Err(ErrorKind::WouldBlock);
        let gone = Err(ErrorKind::TimedOut);
        assert_eq!(received(&[true, false, false, false], 3 * TIMEOUT), [Ok(1), lost, lost, gone]);
        assert_eq!(received(&[false, true, false, false], 3 * TIMEOUT), [lost, Ok(1), lost, lost], "it has answered");
        assert_eq!(received(&[false], TIMEOUT), [gone], "without -e the first one is enough");
    }
}
