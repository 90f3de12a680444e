//! A connection for every transaction, from the server's side (TCP_CRR).
//!
//! The server closes first, right after its response: that is what netperf measures, and it leaves the waiting
//! state (TIME-WAIT) here, not with the client's ports.

use std::io::{self, ErrorKind, Read, Write};
use std::sync::Arc;

use socket2::Socket;

use super::{Cancel, MessageStream, SocketStream, Traffic, Transport};

/// A [`Transport`] that accepts a connection for every request and closes it after the response.
#[derive(Debug)]
pub struct Accepting<'a> {
    listener: &'a Arc<Socket>,
    cancel: &'a Cancel,
    messages: MessageStream<Connection>,
}

/// The connection there is at the moment, as a byte stream.
#[derive(Debug, Default)]
pub struct Connection(Option<Arc<Socket>>);

impl Connection {
    /// Takes the place of the last one, which is closed unless somebody else holds it.
    pub fn open(&mut self, socket: Arc<Socket>) {
        self.0 = Some(socket);
    }

    /// Closes it, unless somebody else holds it.
    pub fn close(&mut self) {
        self.0 = None;
    }

    fn stream(&self) -> io::Result<SocketStream<'_>> {
        self.0.as_deref().map(SocketStream::new).ok_or_else(|| ErrorKind::NotConnected.into())
    }
}

impl Read for Connection {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.stream()?.read(buffer)
    }
}

impl Write for Connection {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.stream()?.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'a> Accepting<'a> {
    /// Serves the connections of `listener`: requests of `request_size` bytes, responses of `response_size`.
    pub fn new(listener: &'a Arc<Socket>, cancel: &'a Cancel, response_size: usize, request_size: usize) -> Self {
        Self { listener, cancel, messages: MessageStream::new(Connection::default(), response_size, request_size) }
    }

    /// What has gone over all connections so far.
    pub fn traffic(&self) -> Traffic {
        self.messages.traffic()
    }
}

impl Transport for Accepting<'_> {
    fn send(&mut self) -> io::Result<()> {
        self.messages.send()?;
        self.messages.get_mut().close();
        Ok(())
    }

    fn recv(&mut self) -> io::Result<Option<&[u8]>> {
        loop {
            let Some(connection) = self.cancel.accept(self.listener)? else { return Ok(None) };
            self.messages.get_mut().open(connection);
            // A client that closes without a request has not ended the test.
            if self.messages.recv()?.is_some() {
                return Ok(Some(self.messages.received()));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::{self, End};
    use hooks::Verdict;
    use socket2::{Domain, Type};
    use std::net::{Ipv4Addr, Shutdown, SocketAddr, TcpStream};
    use std::thread;

    #[test]
    fn every_request_has_its_connection_and_the_server_closes_it() {
        let listener = Socket::new(Domain::IPV4, Type::STREAM, None).expect("socket");
        listener.bind(&SocketAddr::from((Ipv4Addr::LOCALHOST, 0)).into()).expect("bound");
        listener.listen(5).expect("listening");
        let address = listener.local_addr().expect("address").as_socket().expect("IPv4");
        let (listener, cancel) = (Arc::new(listener), Arc::new(Cancel::default()));
        let shared = Arc::clone(&cancel);
        let server = thread::spawn(move || {
            let mut transport = Accepting::new(&listener, &shared, 2, 3);
            (data::serve(&mut transport, None, |_| Verdict::Pass), transport.traffic())
        });
        drop(TcpStream::connect(address).expect("a connection without a request"));
        for _ in 0..2 {
            let mut client = TcpStream::connect(address).expect("connection");
            client.write_all(b"abc").expect("request");
            let mut response = Vec::new();
            client.read_to_end(&mut response).expect("response and close");
            assert_eq!(response, b"ne");
        }
        cancel.cancel(Shutdown::Both);
        let (served, traffic) = server.join().expect("server");
        assert!(matches!(served.end, End::Closed), "{served:?}");
        assert_eq!(served.transactions, 2);
        assert_eq!(traffic, Traffic { send_calls: 2, recv_calls: 2, bytes_sent: 4, bytes_received: 6 });
    }
}
