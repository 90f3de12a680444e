//! The client's end of a data connection.

use std::io::{self, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::time::Duration;

use compat::wire::OmniRequest;
use socket2::SockRef;

use super::PATIENCE;

/// A data connection that sends and receives messages of the sizes agreed.
#[derive(Debug)]
pub(crate) struct Data {
    stream: TcpStream,
    request: Vec<u8>,
    response: Vec<u8>,
}

impl Data {
    /// Connects to a data port for the test that `request` asked for.
    pub(crate) fn connect(address: SocketAddr, request: &OmniRequest) -> Self {
        let size = |size: i32| usize::try_from(size).expect("a size that a server accepts");
        let stream = TcpStream::connect_timeout(&address, PATIENCE).expect("data connection");
        stream.set_read_timeout(Some(PATIENCE)).expect("read timeout");
        stream.set_write_timeout(Some(PATIENCE)).expect("write timeout");
        stream.set_nodelay(true).expect("TCP_NODELAY");
        Self { stream, request: vec![b'r'; size(request.request_size)], response: vec![0; size(request.response_size)] }
    }

    /// Runs `count` transactions.
    pub(crate) fn transact(&mut self, count: u32) {
        for _ in 0..count {
            self.send(1);
            self.receive(1);
        }
    }

    /// Runs one transaction; false when the server has ended the test in the way netperf takes for an end: by a
    /// close, seen on receiving.
    pub(crate) fn try_transact(&mut self) -> bool {
        self.send(1);
        match self.stream.read_exact(&mut self.response) {
            Err(e) if e.kind() == io::ErrorKind::UnexpectedEof => false,
            received => received.map(|()| true).expect("response"),
        }
    }

    /// Sends `count` requests without waiting for a response.
    pub(crate) fn send(&mut self, count: u32) {
        for _ in 0..count {
            self.stream.write_all(&self.request).expect("request sent");
        }
    }

    /// Sends the first `bytes` of a request.
    pub(crate) fn send_part(&mut self, bytes: usize) {
        self.stream.write_all(&self.request[..bytes]).expect("part of a request sent");
    }

    /// Takes `count` responses.
    pub(crate) fn receive(&mut self, count: u32) {
        for _ in 0..count {
            self.stream.read_exact(&mut self.response).expect("response");
        }
    }

    /// Waits until a response has begun to arrive, and leaves it where it is.
    pub(crate) fn hear(&self) {
        assert_eq!(self.stream.peek(&mut [0]).expect("a response"), 1);
    }

    /// Says that no request will follow, as netperf does at the end of a test.
    pub(crate) fn finish(&self) {
        self.stream.shutdown(Shutdown::Write).expect("half-close");
    }

    /// Whatever the server still sends before it closes the connection.
    ///
    /// # Errors
    /// It did not close but reset it.
    pub(crate) fn rest(&mut self) -> io::Result<Vec<u8>> {
        let mut bytes = Vec::new();
        self.stream.read_to_end(&mut bytes).map(|_| bytes)
    }

    /// Whether the server has closed or reset the connection, or does within the time allowed.
    pub(crate) fn ends(&mut self) -> bool {
        !matches!(self.rest(), Err(e) if e.kind() == io::ErrorKind::WouldBlock)
    }

    /// Breaks the connection off, as the kernel does for a process that dies with data unread.
    pub(crate) fn reset(self) {
        SockRef::from(&self.stream).set_linger(Some(Duration::ZERO)).expect("SO_LINGER");
    }
}
