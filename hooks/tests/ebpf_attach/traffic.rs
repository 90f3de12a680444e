//! Requests and responses over a real TCP connection, for the hooks to see.

use std::io::{self, Read, Write};
use std::net::{IpAddr, TcpListener, TcpStream};
use std::time::Duration;

use crate::netns::Namespace;

/// How long a message that must arrive may take. Retransmissions are part of it.
const PATIENCE: Duration = Duration::from_secs(10);
/// How long a message that must not arrive is waited for: some dozen times what it takes to arrive.
const SILENCE: Duration = Duration::from_millis(150);

/// Both ends of one connection.
pub(crate) struct Connection {
    pub(crate) client: TcpStream,
    pub(crate) server: TcpStream,
}

impl Connection {
    /// Connects a client in one namespace to a server at `address` in another, or the same.
    pub(crate) fn new(client: &Namespace, server: &Namespace, address: &str) -> Connection {
        let address: IpAddr = address.parse().unwrap();
        let listener = server.run(move || TcpListener::bind((address, 0))).unwrap();
        let target = listener.local_addr().unwrap();
        let client = client.run(move || TcpStream::connect_timeout(&target, PATIENCE)).unwrap();
        let (server, _) = listener.accept().unwrap();
        for end in [&client, &server] {
            end.set_nodelay(true).unwrap();
            end.set_read_timeout(Some(PATIENCE)).unwrap();
        }
        Connection { client, server }
    }

    /// One-byte requests and responses, one after the other.
    pub(crate) fn transact(&mut self, count: u64) {
        for _ in 0..count {
            self.client.write_all(b"q").unwrap();
            self.server.read_exact(&mut [0]).unwrap();
            self.server.write_all(b"a").unwrap();
            self.client.read_exact(&mut [0]).unwrap();
        }
    }

    /// Sends a request.
    pub(crate) fn request(&mut self, message: &[u8]) {
        self.client.write_all(message).unwrap();
    }

    /// Whether the server gets nothing.
    pub(crate) fn is_silent(&mut self) -> bool {
        self.server.set_read_timeout(Some(SILENCE)).unwrap();
        // `read_exact` is `read` without the interruptions that other tests' children cause.
        let read = self.server.read_exact(&mut [0]);
        self.server.set_read_timeout(Some(PATIENCE)).unwrap();
        read.is_err_and(|error| error.kind() == io::ErrorKind::WouldBlock)
    }

    /// Waits until the server has got exactly `message`.
    pub(crate) fn expect(&mut self, message: &[u8]) {
        let mut got = vec![0; message.len()];
        self.server.read_exact(&mut got).unwrap();
        assert_eq!(got, message);
    }
}
