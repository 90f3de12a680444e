//! The control plane's listening socket.

use std::io;
use std::net::{SocketAddr, TcpListener};

use socket2::{Domain, Protocol, Socket, Type};

use crate::Listen;

/// Connections the kernel may hold for us before we accept them.
const BACKLOG: i32 = 128;

/// Listens where `listen` says: on the first candidate that the host can offer.
///
/// # Errors
/// The last candidate's address and what the kernel said of it.
pub(crate) fn listen(listen: &Listen, port: u16) -> Result<TcpListener, (SocketAddr, io::Error)> {
    let listen_on = |address| listen_on(address, matches!(listen, Listen::Address(_)));
    let candidates = listen.candidates(port);
    let (last, others) = candidates.split_last().expect("every Listen has a candidate");
    for &address in others {
        match listen_on(address) {
            // The port is taken: the other family may be free, but half a server would mislead.
            Err(e) if e.kind() == io::ErrorKind::AddrInUse => return Err((address, e)),
            Err(_) => {}
            Ok(listener) => return Ok(listener),
        }
    }
    listen_on(*last).map_err(|e| (*last, e))
}

fn listen_on(address: SocketAddr, only_its_family: bool) -> io::Result<TcpListener> {
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, Some(Protocol::TCP))?;
    if address.is_ipv6() {
        socket.set_only_v6(only_its_family)?;
    }
    socket.set_reuse_address(true)?;
    socket.set_nonblocking(true)?;
    socket.bind(&address.into())?;
    socket.listen(BACKLOG)?;
    Ok(socket.into())
}
