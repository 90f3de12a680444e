//! A client that inetd has accepted, or systemd (`Accept=yes`, `StandardInput=socket`): its connection is our standard
//! input, and it is the only one we are here for.

use std::io;
use std::net::TcpStream;
use std::os::fd::AsFd;

use socket2::{Socket, Type};

use crate::daemon;

/// The client on standard input, if there is one. Nothing can be printed from then on: what is standard output
/// elsewhere is the control connection here.
///
/// # Errors
/// Standard input does not let go of it.
pub(crate) fn client() -> io::Result<Option<TcpStream>> {
    let Some(client) = tcp_connection(io::stdin()) else { return Ok(None) };
    daemon::silence()?;
    Ok(Some(client))
}

/// The TCP connection behind a descriptor; `None` for anything else, such as the socket pair of a parent process.
fn tcp_connection(descriptor: impl AsFd) -> Option<TcpStream> {
    let socket = Socket::from(descriptor.as_fd().try_clone_to_owned().ok()?);
    let is_stream = socket.r#type().is_ok_and(|kind| kind == Type::STREAM);
    let has_client = socket.peer_addr().is_ok_and(|peer| peer.as_socket().is_some());
    (is_stream && has_client).then(|| socket.into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs::File;
    use std::net::{TcpListener, UdpSocket};
    use std::os::unix::net::UnixStream;

    #[test]
    fn only_a_tcp_connection_is_a_client() {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a listener");
        let address = listener.local_addr().expect("its address");
        let _client = TcpStream::connect(address).expect("connected");
        let accepted = listener.accept().expect("accepted").0;
        assert!(tcp_connection(&accepted).is_some());
        assert!(tcp_connection(&listener).is_none());
        let datagrams = UdpSocket::bind("127.0.0.1:0").expect("a socket");
        datagrams.connect(address).expect("connected");
        assert!(tcp_connection(&datagrams).is_none());
        assert!(tcp_connection(UnixStream::pair().expect("a pair").0).is_none());
        assert!(tcp_connection(File::open("/dev/null").expect("a file")).is_none());
    }
}
