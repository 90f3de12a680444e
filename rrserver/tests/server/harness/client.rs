//! A netperf client in pieces: each step of the protocol alone, so that a test can leave any of them out.

use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use compat::wire::{MESSAGE_LEN, Message, OmniRequest, OmniResponse, OmniResults, TestLength};
use rrserver::extension::{LoadRequest, Reply};
use socket2::SockRef;

use super::{Data, PATIENCE};

/// A control connection.
#[derive(Debug)]
pub(crate) struct Client {
    control: TcpStream,
}

impl Client {
    /// Connects, with limits on waiting that a server in order never reaches.
    pub(crate) fn connect(server: SocketAddr) -> Self {
        let control = TcpStream::connect_timeout(&server, PATIENCE).expect("control connection");
        control.set_read_timeout(Some(PATIENCE)).expect("read timeout");
        control.set_write_timeout(Some(PATIENCE)).expect("write timeout");
        Self { control }
    }

    /// Sends these bytes, be they a message or not.
    pub(crate) fn send(&mut self, bytes: &[u8]) {
        self.control.write_all(bytes).expect("control bytes sent");
    }

    /// Sends `message` again and again without reading an answer, until the server closes the connection.
    pub(crate) fn flood(&mut self, message: &[u8]) {
        let end = loop {
            if let Err(e) = self.control.write_all(message) {
                break e.kind();
            }
        };
        assert_ne!(end, io::ErrorKind::WouldBlock, "the server neither reads nor closes");
    }

    /// Sends as much of `bytes` as the kernel takes at once; `None` when it takes nothing.
    pub(crate) fn send_without_waiting(&mut self, bytes: &[u8]) -> Option<usize> {
        let sent = self.at_once(|mut control| control.write(bytes));
        sent.map(|sent| sent.expect("control bytes sent"))
    }

    /// The next message.
    pub(crate) fn receive(&mut self) -> Message {
        self.try_receive().expect("control message")
    }

    /// The next message, or `None` if the server closes the connection instead.
    pub(crate) fn try_receive(&mut self) -> Option<Message> {
        let mut bytes = [0; MESSAGE_LEN];
        match self.control.read_exact(&mut bytes) {
            Ok(()) => Some(Message::from_bytes(bytes)),
            Err(e) if e.kind() == io::ErrorKind::WouldBlock => panic!("no answer within {PATIENCE:?}"),
            Err(_) => None,
        }
    }

    /// Whether no byte from the server has arrived so far.
    pub(crate) fn has_heard_nothing(&self) -> bool {
        self.at_once(|control| control.peek(&mut [0])).is_none()
    }

    /// Does `work` without blocking; `None` if it would have blocked.
    fn at_once<T>(&self, work: impl FnOnce(&TcpStream) -> io::Result<T>) -> Option<io::Result<T>> {
        self.control.set_nonblocking(true).expect("non-blocking");
        let done = work(&self.control);
        self.control.set_nonblocking(false).expect("blocking");
        match done {
            Err(e) if e.kind() == io::ErrorKind::WouldBlock => None,
            done => Some(done),
        }
    }

    /// Whether the server closes the control connection without another byte.
    pub(crate) fn is_dismissed(&mut self) -> bool {
        match self.control.read(&mut [0]) {
            Ok(received) => received == 0,
            // The server closed with bytes of ours unread.
            Err(e) => e.kind() == io::ErrorKind::ConnectionReset,
        }
    }

    /// Asks for a test.
    pub(crate) fn ask(&mut self, request: &OmniRequest) -> OmniResponse {
        self.send(request.encode().as_bytes());
        OmniResponse::decode(&self.receive()).expect("response")
    }

    /// Asks for a test that the server must grant, and opens its data connection.
    pub(crate) fn start(&mut self, request: &OmniRequest) -> Data {
        let response = self.ask(request);
        assert_eq!(response.errno, 0, "refused: {request:?}");
        Data::connect(self.data_address(&response), request)
    }

    /// Asks for something of ours.
    pub(crate) fn extend(&mut self, request: &Message) -> Reply {
        self.send(request.as_bytes());
        Reply::decode(&self.receive()).expect("reply")
    }

    /// Asks for a test on `terms`, which the server must grant; where its flows go.
    pub(crate) fn start_on(&mut self, terms: &str, request: &OmniRequest) -> SocketAddr {
        let terms = LoadRequest::Terms(terms.parse().expect("terms")).encode();
        assert!(matches!(self.extend(&terms), Reply::Done(_)));
        let response = self.ask(request);
        assert_eq!(response.errno, 0, "refused: {request:?}");
        self.data_address(&response)
    }

    /// Where netperf looks for the data port: on the host of the control connection.
    pub(crate) fn data_address(&self, response: &OmniResponse) -> SocketAddr {
        SocketAddr::new(self.control.peer_addr().expect("connected").ip(), response.data_port)
    }

    /// The results of the test that has ended.
    pub(crate) fn results(&mut self) -> OmniResults {
        OmniResults::decode(&self.receive(), false).expect("results")
    }

    /// Runs the whole test that `request` describes, for `count` transactions.
    pub(crate) fn run(&mut self, request: &OmniRequest, count: u32) -> OmniResults {
        let mut data = self.start(request);
        data.transact(count);
        data.finish();
        assert_eq!(data.rest().expect("an orderly end"), b"");
        self.results()
    }

    /// Breaks the connection off, as the kernel does for a process that dies with data unread.
    pub(crate) fn reset(self) {
        SockRef::from(&self.control).set_linger(Some(Duration::ZERO)).expect("SO_LINGER");
    }
}

/// Seconds; longer than any of these tests takes.
pub(crate) const A_MINUTE: u32 = 60;

/// A test over so many seconds.
pub(crate) fn timed(seconds: u32) -> OmniRequest {
    OmniRequest { length: TestLength::Seconds(seconds), ..OmniRequest::default() }
}

/// A test of so many transactions.
pub(crate) fn counted(transactions: u32) -> OmniRequest {
    OmniRequest { length: TestLength::Transactions(transactions), ..OmniRequest::default() }
}

/// A test that only the client ends.
pub(crate) fn until_closed() -> OmniRequest {
    OmniRequest { length: TestLength::UntilClosed, ..OmniRequest::default() }
}
