//! A server that follows a script of the test instead of the protocol.

use std::io::{self, ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::thread::{self, JoinHandle};

use compat::wire::{MESSAGE_LEN, Message, OmniResponse};
use socket2::{Domain, Socket, Type};

/// A server for one control connection, or for a few.
pub(crate) struct Mock {
    address: SocketAddr,
    threads: Vec<JoinHandle<()>>,
}

impl Mock {
    /// Hands the first control connection to `serve`, on a thread of its own. A client that breaks off ends the
    /// script with an error, which is the client's to explain.
    pub(crate) fn start(serve: impl FnOnce(TcpStream) -> io::Result<()> + Send + 'static) -> Self {
        Self::of(vec![serve])
    }

    /// Hands each of the first `count` control connections to a `serve` of its own.
    pub(crate) fn start_many(
        count: usize,
        serve: impl Fn(TcpStream) -> io::Result<()> + Clone + Send + 'static,
    ) -> Self {
        Self::of(vec![serve; count])
    }

    fn of(scripts: Vec<impl FnOnce(TcpStream) -> io::Result<()> + Send + 'static>) -> Self {
        let listener = Arc::new(loopback());
        let address = listener.local_addr().expect("an address");
        let attend = |serve| {
            let listener = Arc::clone(&listener);
            thread::spawn(move || attend(listener, serve))
        };
        Self { address, threads: scripts.into_iter().map(attend).collect() }
    }

    /// The port of its control connection, as an option's value.
    pub(crate) fn port(&self) -> String {
        self.address.port().to_string()
    }
}

/// Nothing listens any more when the last client is there.
fn attend(listener: Arc<TcpListener>, serve: impl FnOnce(TcpStream) -> io::Result<()>) {
    let (control, _client) = listener.accept().expect("a client");
    drop(listener);
    let _ = serve(control);
}

impl Drop for Mock {
    fn drop(&mut self) {
        // A script that nobody came to waits for its client; after that, nothing listens any more.
        for _ in &self.threads {
            drop(TcpStream::connect(self.address));
        }
        for thread in self.threads.drain(..) {
            let _ = thread.join();
        }
    }
}

/// A socket for the data connection, and the response that names its port.
pub(crate) fn data_listener() -> (TcpListener, Message) {
    let listener = loopback();
    let data_port = listener.local_addr().expect("an address").port();
    (listener, answer(data_port))
}

/// The response that sends the client to `data_port`.
pub(crate) fn answer(data_port: u16) -> Message {
    OmniResponse { data_port, ..OmniResponse::default() }.encode()
}

/// A port where nothing listens, and the socket that keeps it so.
pub(crate) fn refusing_port() -> (Socket, u16) {
    let socket = Socket::new(Domain::IPV4, Type::STREAM, None).expect("a socket");
    let any = SocketAddr::from(([127, 0, 0, 1], 0));
    socket.bind(&any.into()).expect("a free port");
    let address = socket.local_addr().ok().and_then(|address| address.as_socket());
    (socket, address.expect("an IPv4 address").port())
}

/// A port that was free a moment ago.
pub(crate) fn free_port() -> u16 {
    refusing_port().1
}

/// Reads one whole message of the client's.
pub(crate) fn read_message(control: &mut TcpStream) -> io::Result<()> {
    control.read_exact(&mut [0; MESSAGE_LEN])
}

/// Answers one-byte requests until the client closes its side.
pub(crate) fn serve_data(listener: &TcpListener) -> io::Result<()> {
    let (mut data, _client) = listener.accept()?;
    let mut request = [0];
    loop {
        match data.read_exact(&mut request) {
            Ok(()) => data.write_all(&request)?,
            Err(e) if e.kind() == ErrorKind::UnexpectedEof => return Ok(()),
            Err(e) => return Err(e),
        }
    }
}

fn loopback() -> TcpListener {
    TcpListener::bind("127.0.0.1:0").expect("a loopback port")
}
