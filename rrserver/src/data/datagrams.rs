//! Whole messages in datagrams (UDP_RR), from either side.

use std::io::{self, ErrorKind};
use std::net::SocketAddr;
use std::os::fd::{AsFd, BorrowedFd};
use std::time::Duration;

use rustix::net::{RecvFlags, SendFlags, SocketAddrAny, recv, recvfrom, send, sendto};

use super::spin::Spin;
use super::{Traffic, Transport, Wait, payload};

/// Largest request or response that one datagram over IPv4 can carry, bytes.
pub const MAX_DATAGRAM: usize = 65_507;

/// Empty datagrams that say the test is over: several, because any may be lost (netperf sends as many).
const FAREWELLS: usize = 3;

/// To whom datagrams go.
#[derive(Debug)]
enum Peer {
    /// Always there.
    Fixed(SocketAddr),
    /// The socket knows.
    Connected,
    /// Whoever sent the last one.
    Sender(Option<SocketAddrAny>),
}

/// A [`Transport`] over a UDP socket; an empty datagram is the end of the test.
#[derive(Debug)]
pub struct Datagrams<'a> {
    socket: BorrowedFd<'a>,
    peer: Peer,
    /// Set if it never sleeps.
    spin: Option<Spin>,
    outgoing: Vec<u8>,
    incoming: Vec<u8>,
    traffic: Traffic,
}

impl<'a> Datagrams<'a> {
    /// Sends `request` datagrams to `server`, and receives responses of up to `response_size` bytes.
    pub fn client(socket: &'a impl AsFd, server: SocketAddr, request: Vec<u8>, response_size: usize) -> Self {
        Self::new(socket, Peer::Fixed(server), request, response_size)
    }

    /// Receives requests of up to `request_size` bytes and answers whoever sent them.
    pub fn server(socket: &'a impl AsFd, response_size: usize, request_size: usize) -> Self {
        Self::new(socket, Peer::Sender(None), payload::pattern(response_size), request_size)
    }

    fn new(socket: &'a impl AsFd, peer: Peer, outgoing: Vec<u8>, receive_size: usize) -> Self {
        let incoming = vec![0; receive_size.clamp(1, MAX_DATAGRAM)];
        Self { socket: socket.as_fd(), peer, spin: None, outgoing, incoming, traffic: Traffic::default() }
    }

    /// The socket has been connected to the server: addresses are its business from now on.
    pub fn connected(&mut self) {
        self.peer = Peer::Connected;
    }

    /// Waits as it is told from now on; a spinning one gives a datagram up after `patience`, as one that sleeps does
    /// by the socket's own time-out.
    pub fn wait(&mut self, wait: Wait, patience: Option<Duration>) {
        self.spin = (wait == Wait::Spin).then_some(Spin { patience });
    }

    /// What has gone over the socket so far.
    pub fn traffic(&self) -> Traffic {
        self.traffic
    }

    /// Tells the peer that the test is over.
    pub fn farewell(&self) {
        for _ in 0..FAREWELLS {
            // One that is lost is what the others are for.
            let _ = self.transmit(&[]);
        }
    }

    fn transmit(&self, bytes: &[u8]) -> io::Result<usize> {
        Ok(match &self.peer {
            Peer::Fixed(address) => sendto(self.socket, bytes, SendFlags::NOSIGNAL, address)?,
            Peer::Sender(Some(address)) => sendto(self.socket, bytes, SendFlags::NOSIGNAL, address)?,
            Peer::Connected => send(self.socket, bytes, SendFlags::NOSIGNAL)?,
            Peer::Sender(None) => return Err(ErrorKind::NotConnected.into()),
        })
    }

    /// One datagram; its length in the buffer. A socket that is shut down gives an empty one.
    #[inline]
    fn receive(&mut self) -> io::Result<usize> {
        let socket = self.socket;
        Ok(match self.spin {
            None => self.receive_once(RecvFlags::empty())?,
            Some(spin) => spin.until(socket, || self.receive_once(RecvFlags::DONTWAIT))?.unwrap_or(0),
        })
    }

    #[inline]
    fn receive_once(&mut self, flags: RecvFlags) -> rustix::io::Result<usize> {
        let buffer = &mut self.incoming[..];
        Ok(match &mut self.peer {
            Peer::Sender(sender) => {
                let (length, _, from) = recvfrom(self.socket, buffer, flags)?;
                *sender = from;
                length
            }
            Peer::Fixed(_) | Peer::Connected => recv(self.socket, buffer, flags)?.0,
        })
    }
}

impl Transport for Datagrams<'_> {
    #[inline]
    fn send(&mut self) -> io::Result<()> {
        loop {
            match self.transmit(&self.outgoing) {
                Ok(n) => {
                    self.traffic.send_calls += 1;
                    self.traffic.bytes_sent += n as u64;
                    return Ok(());
                }
                Err(e) if e.kind() == ErrorKind::Interrupted => {}
                Err(e) => return Err(e),
            }
        }
    }

    #[inline]
    fn recv(&mut self) -> io::Result<Option<&[u8]>> {
        loop {
            match self.receive() {
                Ok(0) => return Ok(None),
                Ok(n) => {
                    self.traffic.recv_calls += 1;
                    self.traffic.bytes_received += n as u64;
                    return Ok(Some(&self.incoming[..n]));
                }
                Err(e) if e.kind() == ErrorKind::Interrupted => {}
                Err(e) => return Err(e),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::{self, End};
    use hooks::Verdict;
    use std::net::UdpSocket;
    use std::thread;

    fn exchange(connect: bool, wait: Wait) {
        let socket = UdpSocket::bind("127.0.0.1:0").expect("server socket");
        let address = socket.local_addr().expect("address");
        let server = thread::spawn(move || {
            let mut transport = Datagrams::server(&socket, 4, 3);
            transport.wait(wait, None);
            (data::serve(&mut transport, None, |_| Verdict::Pass), transport.traffic())
        });
        let socket = UdpSocket::bind("127.0.0.1:0").expect("client socket");
        let mut client = Datagrams::client(&socket, address, payload::pattern(3), 4);
        client.wait(wait, None);
        if connect {
            socket.connect(address).expect("connected");
            client.connected();
        }
        for _ in 0..2 {
            client.send().expect("request");
            assert_eq!(client.recv().expect("response"), Some(&b"netp"[..]));
        }
        client.farewell();
        let (served, traffic) = server.join().expect("server");
        assert!(matches!(served.end, End::Closed), "{served:?}");
        assert_eq!((served.transactions, client.traffic().send_calls), (2, 2));
        assert_eq!(traffic, Traffic { send_calls: 2, recv_calls: 2, bytes_sent: 8, bytes_received: 6 });
    }

    #[test]
    fn requests_are_answered_to_their_sender_until_the_empty_datagram() {
        for wait in [Wait::Block, Wait::Spin] {
            exchange(false, wait);
            exchange(true, wait);
        }
    }
}
