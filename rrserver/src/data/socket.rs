//! A data socket with the options a test asks for, set in netperf's order and read back.
//!
//! Both ends print what the kernel made of a request, not the request: Linux doubles buffer sizes and caps them.

use std::borrow::Borrow;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::os::fd::AsFd;

use socket2::{Domain, Protocol, SockAddr, SockRef, Socket, Type};
use thiserror::Error;

use super::{TcpInfo, raw_option, tcp_info};

/// What netperf reports for a priority or TOS that nobody asked for.
const NOT_ASKED: i32 = -1;

/// What netperf reports for a priority or TOS that the kernel refused.
const REFUSED: i32 = -2;

/// What a test asks of its data socket. `None` and `false` leave the system's default.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SocketOptions {
    /// SO_SNDBUF, bytes.
    pub send_buffer: Option<u32>,
    /// SO_RCVBUF, bytes.
    pub recv_buffer: Option<u32>,
    /// TCP_NODELAY.
    pub nodelay: bool,
    /// TCP_CORK.
    pub cork: bool,
    /// SO_KEEPALIVE.
    pub keepalive: bool,
    /// SO_PRIORITY.
    pub priority: Option<u32>,
    /// IP_TOS or IPV6_TCLASS; 0 counts as not asked, as in netperf.
    pub tos: Option<u32>,
    /// TCP_CONGESTION; empty leaves the default, an unknown name is ignored, as in netperf.
    pub congestion_control: String,
    /// The data connection's protocol; options of the other one are left alone.
    pub protocol: DataProtocol,
    /// TCP_MAXSEG, bytes; what the kernel refuses is ignored, as in netperf.
    pub max_segment: Option<u32>,
    /// SO_DONTROUTE.
    pub direct_route: bool,
    /// SO_DEBUG; refused without privileges, which is ignored, as in netperf.
    pub debug: bool,
    /// TCP_DEFER_ACCEPT, on a listening socket.
    pub defer_accept: bool,
    /// Take a port when connecting, not when binding: it then needs to be free towards the destination alone.
    pub late_port: bool,
    /// Data in the first segment of a connection (TCP fast open), and from which side.
    pub fast_open: Option<FastOpen>,
}

impl SocketOptions {
    fn asked_tos(&self) -> Option<u32> {
        self.tos.filter(|&tos| tos > 0)
    }
}

/// What carries the messages of a test.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum DataProtocol {
    /// A byte stream.
    #[default]
    Tcp,
    /// Datagrams.
    Udp,
}

/// Which side of a TCP fast open a socket is on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FastOpen {
    /// The one that connects.
    Client,
    /// The one that listens.
    Server,
}

/// Seconds that a listening socket with TCP_DEFER_ACCEPT waits for a request.
const DEFER_ACCEPT_SECS: i32 = 1;

/// Fast open connections that may wait for their handshake to complete.
const FAST_OPEN_QUEUE: i32 = 128;

/// What the kernel made of the options.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Effective {
    /// SO_SNDBUF, bytes.
    pub send_buffer: u32,
    /// SO_RCVBUF, bytes.
    pub recv_buffer: u32,
    /// TCP_NODELAY.
    pub nodelay: bool,
    /// SO_PRIORITY; −1 not asked, −2 refused.
    pub priority: i32,
    /// TOS; −1 not asked, −2 refused.
    pub tos: i32,
}

/// Which step of making a data socket failed.
#[derive(Debug, Error)]
pub enum SetupError {
    /// No socket of this family.
    #[error("cannot create a data socket for {0}: {1}")]
    Create(SocketAddr, #[source] io::Error),
    /// The kernel refused a buffer size.
    #[error("cannot set {0} to {1} bytes: {2}")]
    Buffer(&'static str, u32, #[source] io::Error),
    /// The kernel refused an option.
    #[error("cannot set {0}: {1}")]
    Option(&'static str, #[source] io::Error),
    /// The address is in use or not ours.
    #[error("cannot bind the data socket to {0}: {1}")]
    Bind(SocketAddr, #[source] io::Error),
}

impl SetupError {
    /// The kernel's error, for the `serv_errno` word of a response.
    pub fn io(&self) -> &io::Error {
        match self {
            Self::Create(_, e) | Self::Buffer(_, _, e) | Self::Option(_, e) | Self::Bind(_, e) => e,
        }
    }
}

/// Creates a data socket for the family of `address` and sets what has to be set before [`bind`]ing it.
///
/// # Errors
/// The kernel refused the socket, a buffer size or an option.
pub fn open(address: SocketAddr, options: &SocketOptions) -> Result<Socket, SetupError> {
    let (kind, protocol) = match options.protocol {
        DataProtocol::Tcp => (Type::STREAM, Protocol::TCP),
        DataProtocol::Udp => (Type::DGRAM, Protocol::UDP),
    };
    let socket =
        Socket::new(Domain::for_address(address), kind, Some(protocol)).map_err(|e| SetupError::Create(address, e))?;
    if let Some(bytes) = options.send_buffer {
        socket.set_send_buffer_size(bytes as usize).map_err(|e| SetupError::Buffer("SO_SNDBUF", bytes, e))?;
    }
    if let Some(bytes) = options.recv_buffer {
        socket.set_recv_buffer_size(bytes as usize).map_err(|e| SetupError::Buffer("SO_RCVBUF", bytes, e))?;
    }
    if options.protocol == DataProtocol::Tcp {
        open_tcp(&socket, options)?;
    }
    if options.keepalive {
        socket.set_keepalive(true).map_err(|e| SetupError::Option("SO_KEEPALIVE", e))?;
    }
    socket.set_reuse_address(true).map_err(|e| SetupError::Option("SO_REUSEADDR", e))?;
    Ok(socket)
}

/// Sets on a connection that is there already what a test asks of its data socket. What the kernel no longer takes is
/// left as it is.
pub fn configure(socket: &Socket, options: &SocketOptions) {
    let _ = options.send_buffer.map(|bytes| socket.set_send_buffer_size(bytes as usize));
    let _ = options.recv_buffer.map(|bytes| socket.set_recv_buffer_size(bytes as usize));
    let _ = socket.set_tcp_nodelay(options.nodelay);
    let _ = socket.set_keepalive(options.keepalive);
    let _ = options.priority.map(|priority| socket.set_priority(priority));
    // On a socket for both families what counts is which one the peer came by.
    let own = socket.local_addr().ok().and_then(|own| own.as_socket());
    if let Some((own, tos)) = own.zip(options.asked_tos()) {
        let _ = set_tos(socket, own.ip().to_canonical(), tos);
    }
    if !options.congestion_control.is_empty() {
        let _ = socket.set_tcp_congestion(options.congestion_control.as_bytes());
    }
}

fn open_tcp(socket: &Socket, options: &SocketOptions) -> Result<(), SetupError> {
    if options.nodelay {
        socket.set_tcp_nodelay(true).map_err(|e| SetupError::Option("TCP_NODELAY", e))?;
    }
    if let Some(bytes) = options.max_segment {
        let _ = socket.set_tcp_mss(bytes);
    }
    if options.cork {
        socket.set_tcp_cork(true).map_err(|e| SetupError::Option("TCP_CORK", e))?;
    }
    if options.defer_accept {
        raw_option::set(socket, libc::IPPROTO_TCP, libc::TCP_DEFER_ACCEPT, DEFER_ACCEPT_SECS)
            .map_err(|e| SetupError::Option("TCP_DEFER_ACCEPT", e))?;
    }
    let fast_open = match options.fast_open {
        None => return Ok(()),
        Some(FastOpen::Client) => raw_option::set(socket, libc::IPPROTO_TCP, libc::TCP_FASTOPEN_CONNECT, 1),
        Some(FastOpen::Server) => raw_option::set(socket, libc::IPPROTO_TCP, libc::TCP_FASTOPEN, FAST_OPEN_QUEUE),
    };
    fast_open.map_err(|e| SetupError::Option("TCP fast open", e))
}

/// Binds `socket` to `address`, sets what netperf sets after that, and reads everything back.
///
/// # Errors
/// The address is in use or not ours, or the kernel does not answer for its own options.
pub fn bind(socket: &Socket, address: SocketAddr, options: &SocketOptions) -> Result<Effective, SetupError> {
    if options.late_port {
        raw_option::set(socket, libc::IPPROTO_IP, libc::IP_BIND_ADDRESS_NO_PORT, 1)
            .map_err(|e| SetupError::Option("IP_BIND_ADDRESS_NO_PORT", e))?;
    }
    socket.bind(&address.into()).map_err(|e| SetupError::Bind(address, e))?;
    if options.direct_route {
        raw_option::set(socket, libc::SOL_SOCKET, libc::SO_DONTROUTE, 1)
            .map_err(|e| SetupError::Option("SO_DONTROUTE", e))?;
    }
    let priority = effective(options.priority, |value| socket.set_priority(value).and_then(|()| socket.priority()));
    let tos = effective(options.asked_tos(), |value| set_tos(socket, address.ip(), value));
    if !options.congestion_control.is_empty() {
        // netperf does not fail on an unknown algorithm; the results name the one really in use.
        let _ = socket.set_tcp_congestion(options.congestion_control.as_bytes());
    }
    if options.debug {
        let _ = raw_option::set(socket, libc::SOL_SOCKET, libc::SO_DEBUG, 1);
    }
    read_back(socket, options.protocol, priority, tos).map_err(|e| SetupError::Option("read back socket options", e))
}

/// Sets IP_TOS or IPV6_TCLASS, as a socket that talks from `own` needs it; what the kernel made of it.
fn set_tos(socket: &Socket, own: IpAddr, tos: u32) -> io::Result<u32> {
    match own {
        IpAddr::V4(_) => socket.set_tos_v4(tos).and_then(|()| socket.tos_v4()),
        IpAddr::V6(_) => socket.set_tclass_v6(tos).and_then(|()| socket.tclass_v6()),
    }
}

/// A requested value as the kernel confirms it, in netperf's notation for "not asked" and "refused".
fn effective(asked: Option<u32>, set_and_get: impl FnOnce(u32) -> io::Result<u32>) -> i32 {
    match asked {
        None => NOT_ASKED,
        Some(value) => set_and_get(value).map_or(REFUSED, |got| got as i32),
    }
}

fn read_back(socket: &Socket, protocol: DataProtocol, priority: i32, tos: i32) -> io::Result<Effective> {
    Ok(Effective {
        send_buffer: socket.send_buffer_size()? as u32,
        recv_buffer: socket.recv_buffer_size()? as u32,
        nodelay: protocol == DataProtocol::Tcp && socket.tcp_nodelay()?,
        priority,
        tos,
    })
}

/// What the kernel says of a data socket after its test.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AtEnd {
    /// SO_SNDBUF, bytes; autotuning may have changed it.
    pub send_buffer: u32,
    /// SO_RCVBUF, bytes; autotuning may have changed it.
    pub recv_buffer: u32,
    /// TCP_MAXSEG, bytes.
    pub max_segment: Option<u32>,
    /// TCP_INFO of the connection.
    pub tcp_info: Option<TcpInfo>,
    /// TCP_CONGESTION; empty where there is none.
    pub congestion_control: String,
}

/// Reads everything that results tell of `socket`; what it does not have stays empty.
pub fn at_end(socket: &Socket) -> AtEnd {
    let size = |read: io::Result<usize>| read.map_or(0, |bytes| bytes as u32);
    AtEnd {
        send_buffer: size(socket.send_buffer_size()),
        recv_buffer: size(socket.recv_buffer_size()),
        max_segment: socket.tcp_mss().ok(),
        tcp_info: tcp_info(socket).ok(),
        congestion_control: congestion_control(socket),
    }
}

/// What results tell of many connections that were made alike: of the first, with the retransmits of all.
pub fn at_end_of_all<S: Borrow<Socket>>(sockets: &[S]) -> AtEnd {
    let Some((first, others)) = sockets.split_first() else { return AtEnd::default() };
    let mut at_end = at_end(first.borrow());
    if let Some(info) = &mut at_end.tcp_info {
        for other in others.iter().filter_map(|socket| tcp_info(socket.borrow()).ok()) {
            info.total_retransmits = info.total_retransmits.saturating_add(other.total_retransmits);
        }
    }
    at_end
}

/// The ports of connected sockets: the peer's and our own; 0 where there is none any more.
pub fn ports<S: AsFd>(sockets: &[S]) -> Vec<(u16, u16)> {
    let port = |address: io::Result<SockAddr>| address.ok().and_then(|ip| ip.as_socket()).map_or(0, |ip| ip.port());
    sockets
        .iter()
        .map(|socket| (port(SockRef::from(socket).peer_addr()), port(SockRef::from(socket).local_addr())))
        .collect()
}

/// Name of the congestion control algorithm in use; empty where the kernel does not say.
fn congestion_control(socket: &Socket) -> String {
    let name = socket.tcp_congestion().unwrap_or_default();
    let end = name.iter().position(|&byte| byte == 0).unwrap_or(name.len());
    String::from_utf8_lossy(&name[..end]).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::{TcpListener, TcpStream};

    /// What [`configure`] makes of a connection that `client` makes to a listener at `listen`.
    fn configured(listen: &str, client: &str) -> Option<Socket> {
        let listener = TcpListener::bind(listen).ok()?;
        let port = listener.local_addr().expect("its address").port();
        let _client = TcpStream::connect((client, port)).expect("connected");
        let socket = Socket::from(listener.accept().expect("accepted").0);
        configure(&socket, &SocketOptions { priority: Some(5), tos: Some(0x28), ..SocketOptions::default() });
        Some(socket)
    }

    #[test]
    fn a_connection_that_is_there_gets_the_tos_and_priority_of_its_family() {
        for (listen, client) in [("127.0.0.1:0", "127.0.0.1"), ("[::]:0", "127.0.0.1"), ("[::]:0", "::1")] {
            let Some(socket) = configured(listen, client) else { continue };
            let tos = if client == "::1" { socket.tclass_v6() } else { socket.tos_v4() };
            assert_eq!(tos.expect("a TOS"), 0x28, "{listen} {client}");
            // IPv4's TOS brings a priority of its own, also where netperf asks for both (linux/pkt_sched.h).
            let priority = if client == "::1" { 5 } else { 2 };
            assert_eq!(socket.priority().expect("a priority"), priority, "{listen} {client}");
        }
    }
}
