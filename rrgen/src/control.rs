//! The control connection to a netserver or rrserver: whole messages, with deadlines.

use std::io::{self, ErrorKind, Read, Write};
use std::net::{Ipv4Addr, Ipv6Addr, Shutdown, SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use compat::wire::{MESSAGE_LEN, Message};
use socket2::{Domain, Protocol, Socket, Type};
use thiserror::Error;

use crate::resolve::Resolved;

/// How long one address may take to answer a connection attempt.
const CONNECT_PATIENCE: Duration = Duration::from_secs(20);

/// How long the server may take to close after we have.
const CLOSE_PATIENCE: Duration = Duration::from_secs(2);

/// No address of the server could be reached.
#[derive(Debug, Error)]
#[error("cannot {} {}: {source}", if own.is_some() { "connect from" } else { "connect to" }, own.unwrap_or(*tried))]
pub struct ConnectError {
    /// The address tried last.
    pub tried: SocketAddr,
    /// Our own address, if that is what cannot be had.
    pub own: Option<SocketAddr>,
    /// What the kernel said of it.
    pub source: io::Error,
}

/// Why there is no answer.
#[derive(Debug, Error)]
pub enum ReceiveError {
    /// Nothing, or not all of it, within the time allowed.
    #[error("no response within {0:?}")]
    TimedOut(Duration),
    /// The connection was closed after this many bytes of a message.
    #[error("control connection closed after {0} of {MESSAGE_LEN} bytes")]
    Partial(usize),
    /// The connection broke.
    #[error("control connection: {0}")]
    Io(io::Error),
}

/// An open control connection.
#[derive(Debug)]
pub struct Control {
    stream: TcpStream,
    remote: Resolved,
}

impl Control {
    /// Connects to the first of `remotes` that answers on `port`, from the first of `locals` of the same family
    /// (any address if there are none) and `local_port`.
    ///
    /// # Errors
    /// What happened at the last address.
    pub fn connect(
        remotes: &[Resolved],
        port: u16,
        locals: &[Resolved],
        local_port: u16,
    ) -> Result<Self, ConnectError> {
        let mut last = None;
        for remote in remotes {
            let tried = with_port(remote.address, port);
            let Some(own) = own_address(tried, locals) else {
                let source = io::Error::new(ErrorKind::AddrNotAvailable, "our own address is of another family");
                last = Some(ConnectError { tried, own: locals.first().map(|local| local.address), source });
                continue;
            };
            match connect(tried, with_port(own, local_port)) {
                Ok(stream) => return Ok(Self { stream, remote: remote.clone() }),
                Err(e) => last = Some(e),
            }
        }
        Err(last.unwrap_or_else(|| ConnectError {
            tried: (Ipv4Addr::UNSPECIFIED, port).into(),
            own: None,
            source: ErrorKind::AddrNotAvailable.into(),
        }))
    }

    /// The address that answered.
    #[must_use]
    pub fn remote(&self) -> &Resolved {
        &self.remote
    }

    /// Sends one message.
    ///
    /// # Errors
    /// The connection broke.
    pub fn send(&mut self, message: &Message) -> io::Result<()> {
        self.stream.write_all(message.as_bytes())
    }

    /// Receives one message within `patience`.
    ///
    /// # Errors
    /// The server is silent, closed the connection, or it broke.
    pub fn receive(&mut self, patience: Duration) -> Result<Message, ReceiveError> {
        let deadline = Instant::now() + patience;
        let mut bytes = [0; MESSAGE_LEN];
        let mut filled = 0;
        while filled < MESSAGE_LEN {
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Err(ReceiveError::TimedOut(patience));
            }
            self.stream.set_read_timeout(Some(left)).map_err(ReceiveError::Io)?;
            match self.stream.read(&mut bytes[filled..]) {
                Ok(0) => return Err(ReceiveError::Partial(filled)),
                Ok(n) => filled += n,
                Err(e) if e.kind() == ErrorKind::Interrupted => {}
                Err(e) if e.kind() == ErrorKind::WouldBlock => return Err(ReceiveError::TimedOut(patience)),
                Err(e) => return Err(ReceiveError::Io(e)),
            }
        }
        Ok(Message::from_bytes(bytes))
    }

    /// Closes the connection in netperf's way: our side first, then the server's.
    pub fn close(mut self) {
        // The results are in; a server that does not close costs a moment, not the run.
        let _ = self.stream.shutdown(Shutdown::Write);
        let _ = self.stream.set_read_timeout(Some(CLOSE_PATIENCE));
        let _ = self.stream.read(&mut [0]);
    }
}

fn with_port(mut address: SocketAddr, port: u16) -> SocketAddr {
    address.set_port(port);
    address
}

/// Where to connect to `remote` from: the first own address of its family, or any if none was asked for.
fn own_address(remote: SocketAddr, locals: &[Resolved]) -> Option<SocketAddr> {
    if locals.is_empty() {
        return Some(unspecified_like(remote));
    }
    locals.iter().map(|local| local.address).find(|local| local.is_ipv4() == remote.is_ipv4())
}

/// The wildcard address of another address' family, port 0.
pub fn unspecified_like(address: SocketAddr) -> SocketAddr {
    match address {
        SocketAddr::V4(_) => (Ipv4Addr::UNSPECIFIED, 0).into(),
        SocketAddr::V6(_) => (Ipv6Addr::UNSPECIFIED, 0).into(),
    }
}

fn connect(remote: SocketAddr, own: SocketAddr) -> Result<TcpStream, ConnectError> {
    let failed = |source| ConnectError { tried: remote, own: None, source };
    let socket = Socket::new(Domain::for_address(remote), Type::STREAM, Some(Protocol::TCP)).map_err(failed)?;
    let bound = socket.bind(&own.into());
    bound.map_err(|source| ConnectError { tried: remote, own: Some(own), source })?;
    socket.connect_timeout(&remote.into(), CONNECT_PATIENCE).map_err(failed)?;
    rrserver::keep_alive(&socket).map_err(failed)?;
    Ok(socket.into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::TcpListener;
    use std::thread;

    const LONG: Duration = Duration::from_secs(60);

    fn loopback() -> Vec<Resolved> {
        vec![Resolved { name: "127.0.0.1".into(), address: (Ipv4Addr::LOCALHOST, 0).into() }]
    }

    fn against(serve: impl FnOnce(TcpStream) + Send + 'static) -> (Control, thread::JoinHandle<()>) {
        let listener = TcpListener::bind("127.0.0.1:0").expect("listener");
        let port = listener.local_addr().expect("address").port();
        let server = thread::spawn(move || serve(listener.accept().expect("client").0));
        (Control::connect(&loopback(), port, &[], 0).expect("connected"), server)
    }

    #[test]
    fn a_message_in_two_pieces_arrives_whole() {
        let (mut control, server) = against(|mut stream| {
            stream.write_all(&[7; 100]).expect("first piece");
            stream.write_all(&[7; MESSAGE_LEN - 100]).expect("second piece");
        });
        assert_eq!(control.receive(LONG).expect("message").as_bytes(), &[7; MESSAGE_LEN]);
        control.close();
        server.join().expect("server");
    }

    #[test]
    fn a_closed_connection_says_how_much_came() {
        let (mut control, server) = against(|mut stream| stream.write_all(&[7; 5]).expect("piece"));
        assert!(matches!(control.receive(LONG), Err(ReceiveError::Partial(5))));
        server.join().expect("server");
    }

    #[test]
    fn a_silent_server_times_out() {
        let (mut control, server) = against(|mut stream| {
            let _ = stream.read(&mut [0]);
        });
        let patience = Duration::from_millis(1);
        assert!(matches!(control.receive(patience), Err(ReceiveError::TimedOut(_))));
        control.close();
        server.join().expect("server");
    }

    /// The kernel's own two hours are longer than any cloud's patience.
    #[test]
    fn it_is_kept_alive_from_the_second_minute_on() {
        let (control, server) = against(drop);
        let socket = socket2::SockRef::from(&control.stream);
        assert!(socket.keepalive().expect("an option"));
        assert_eq!(socket.tcp_keepalive_time().expect("an option"), Duration::from_secs(60));
        server.join().expect("server");
    }

    #[test]
    fn an_own_address_of_the_other_family_connects_nowhere() {
        let locals = [Resolved { name: "::1".into(), address: (Ipv6Addr::LOCALHOST, 0).into() }];
        let error = Control::connect(&loopback(), 9, &locals, 0).expect_err("families differ");
        assert_eq!(error.source.kind(), ErrorKind::AddrNotAvailable);
    }
}
