//! What a request means, checked before anything is set up.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use compat::wire::{ERRNO_UNKNOWN_REQUEST, Family, OmniRequest, OmniResponse, SocketType, TestLength, flags};
use hooks::host::Direction;
use socket2::Socket;
use thiserror::Error;

use crate::data::{
    self, CPU_RATE, DataProtocol, Effective, FastOpen, MAX_DATAGRAM, MAX_MESSAGE, SetupError, SocketOptions, Wait,
};
use crate::{Config, LoadTerms};

/// What a test with one connection needs; netserver's queue is as short.
const BACKLOG: i32 = 5;

/// netperf's direction bits of a server that both sends and receives.
const SEND_AND_RECEIVE: u32 = 2 | 4;

/// Why a request is not carried out.
#[derive(Debug, Error, PartialEq, Eq)]
pub(crate) enum Refusal {
    #[error("the client asked for a test other than TCP_RR, TCP_CRR and UDP_RR")]
    UnknownTest,
    #[error("{what} size {size} is out of range (1 to {max} bytes)")]
    Size { what: &'static str, size: i32, max: usize },
    #[error("the client asked for several flows of a test other than TCP_RR")]
    Flows,
    #[error("a TCP_CRR waits for connections, which only wait=block can")]
    Wait,
    #[error("the client wants its data connection at {wanted}, but -L keeps this server to {own}")]
    Confined { own: IpAddr, wanted: IpAddr },
}

impl Refusal {
    /// The `serv_errno` that tells the client.
    pub(crate) fn errno(&self) -> i32 {
        match self {
            Self::UnknownTest => ERRNO_UNKNOWN_REQUEST,
            Self::Confined { .. } => libc::EADDRNOTAVAIL,
            Self::Size { .. } => libc::EMSGSIZE,
            Self::Flows | Self::Wait => libc::EOPNOTSUPP,
        }
    }
}

/// The tests there are, by how messages travel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// TCP_RR: one connection.
    Stream,
    /// TCP_CRR: a connection for every transaction.
    Connections,
    /// UDP_RR.
    Datagrams,
}

impl Kind {
    fn of(request: &OmniRequest) -> Result<Self, Refusal> {
        let protocol = i32::try_from(request.protocol).map_err(|_| Refusal::UnknownTest)?;
        // A stream test sends one way only.
        if request.direction != SEND_AND_RECEIVE {
            return Err(Refusal::UnknownTest);
        }
        match (request.socket_type, protocol, request.connection_test) {
            (SocketType::Stream, libc::IPPROTO_TCP, false) => Ok(Self::Stream),
            (SocketType::Stream, libc::IPPROTO_TCP, true) => Ok(Self::Connections),
            (SocketType::Datagram, libc::IPPROTO_UDP, false) => Ok(Self::Datagrams),
            _ => Err(Refusal::UnknownTest),
        }
    }

    fn max_message(self) -> usize {
        match self {
            Self::Stream | Self::Connections => MAX_MESSAGE,
            Self::Datagrams => MAX_DATAGRAM,
        }
    }
}

/// A test that can be run.
#[derive(Debug, Clone)]
pub(crate) struct Plan {
    pub(crate) kind: Kind,
    /// How many flows, in which threads, and how those wait.
    pub(crate) load: LoadTerms,
    /// Whoever sets terms may ask for a report.
    pub(crate) reports: bool,
    /// Whether to measure how busy this host is.
    pub(crate) measure_cpu: bool,
    cpu_rate: f32,
    /// CPU for the data thread, unless the load's terms name some.
    cpu: Option<u32>,
    /// Length of a timed test.
    pub(crate) seconds: Option<Duration>,
    /// Number of transactions of a counted test.
    pub(crate) transactions: Option<u64>,
    pub(crate) request_size: usize,
    pub(crate) response_size: usize,
    /// What the results' buffer sizes are re-read for: only those that nobody fixed.
    pub(crate) options: SocketOptions,
    address: IpAddr,
    /// Where to listen: the first of these that is free.
    ports: Vec<u16>,
    client_address: Option<IpAddr>,
    client_port: u16,
}

impl Plan {
    /// Checks `request` against what this server does and what its operator allows.
    pub(crate) fn new(
        request: &OmniRequest,
        load: Option<LoadTerms>,
        peer: IpAddr,
        config: &Config,
    ) -> Result<Self, Refusal> {
        let (reports, load) = (load.is_some(), load.unwrap_or_default());
        let kind = Kind::of(request)?;
        let (seconds, transactions) = match request.length {
            TestLength::Seconds(seconds) => (Some(Duration::from_secs(seconds.into())), None),
            TestLength::Transactions(count) => (None, Some(count.into())),
            TestLength::UntilClosed => (None, None),
        };
        if load.flows > 1 && kind != Kind::Stream {
            return Err(Refusal::Flows);
        }
        if kind == Kind::Connections && load.wait != Wait::Block {
            return Err(Refusal::Wait);
        }
        Ok(Self {
            kind,
            load,
            reports,
            measure_cpu: request.measure_cpu,
            cpu_rate: if request.cpu_rate > 0.0 { request.cpu_rate } else { CPU_RATE },
            cpu: request.remote_cpu,
            seconds,
            transactions,
            request_size: checked_size("request", request.request_size, kind.max_message())?,
            response_size: checked_size("response", request.response_size, kind.max_message())?,
            options: socket_options(request, kind),
            address: listen_address(request, peer, config)?,
            ports: config.data_ports.candidates(wanted_port(request, peer)),
            client_address: request.client_address,
            client_port: request.client_port,
        })
    }

    /// Listens for the data connection, and says so in netperf's terms.
    ///
    /// # Errors
    /// The kernel refused the socket or one of its options.
    pub(crate) fn listen(&self) -> Result<(Socket, OmniResponse), SetupError> {
        let mut taken = None;
        for &port in &self.ports {
            match self.listen_on(SocketAddr::new(self.address, port)) {
                Ok((socket, effective, port)) => return Ok((socket, self.response(&effective, port))),
                Err(e @ SetupError::Bind(..)) => taken = Some(e),
                Err(e) => return Err(e),
            }
        }
        let nowhere = SocketAddr::new(self.address, 0);
        Err(taken.unwrap_or_else(|| SetupError::Bind(nowhere, io::ErrorKind::AddrInUse.into())))
    }

    /// What [`listen`](Self::listen) would say if the data connection came to `port`, which is listened on already.
    ///
    /// # Errors
    /// The kernel refused a socket like it.
    pub(crate) fn without_listening(&self, port: u16) -> Result<(Socket, OmniResponse), SetupError> {
        let alike = SocketAddr::new(self.address, 0);
        let socket = data::open(alike, &self.options)?;
        let effective = data::bind(&socket, alike, &self.options)?;
        Ok((socket, self.response(&effective, port)))
    }

    /// Where the data thread with this number runs.
    pub(crate) fn cpu_of(&self, thread: usize) -> Option<u32> {
        self.load.cpus.of_thread(thread).or(self.cpu)
    }

    /// Where a hook runs that has a thread of its own: beside the data thread, as the kernel's hooks do, unless that never
    /// sleeps.
    pub(crate) fn cpu_of_hook(&self) -> Option<u32> {
        self.cpu_of(0).filter(|_| self.load.wait != Wait::Spin)
    }

    /// The direction of the requests: from the client at `peer`, whose data socket was bound before it asked, to
    /// `data_port` of the address at which the client reached us.
    pub(crate) fn direction(&self, peer: SocketAddr, reached: SocketAddr, data_port: u16) -> Direction {
        let source = self.client_address.unwrap_or(peer.ip());
        let destination = if self.address.is_unspecified() { reached.ip() } else { self.address };
        Direction {
            source: (source.to_canonical(), self.client_port).into(),
            destination: (destination.to_canonical(), data_port).into(),
        }
    }

    /// Room for all flows to knock at once; the kernel takes what it has (net.core.somaxconn).
    fn backlog(&self) -> i32 {
        BACKLOG.max(self.load.flows as i32)
    }

    fn listen_on(&self, address: SocketAddr) -> Result<(Socket, Effective, u16), SetupError> {
        let socket = data::open(address, &self.options)?;
        let effective = data::bind(&socket, address, &self.options)?;
        let ready = if self.kind == Kind::Datagrams { Ok(()) } else { socket.listen(self.backlog()) };
        let port = ready
            .and_then(|()| socket.local_addr())
            .map_err(|e| SetupError::Bind(address, e))?
            .as_socket()
            .map_or(0, |address| address.port());
        Ok((socket, effective, port))
    }

    fn response(&self, effective: &Effective, data_port: u16) -> OmniResponse {
        OmniResponse {
            recv_buffer: effective.recv_buffer as i32,
            recv_size: self.request_size as i32,
            send_buffer: effective.send_buffer as i32,
            send_size: self.response_size as i32,
            nodelay: effective.nodelay,
            cpu_measured: self.measure_cpu,
            cpu_rate: if self.measure_cpu { self.cpu_rate } else { 0.0 },
            data_port,
            priority: effective.priority,
            tos: effective.tos,
            ..OmniResponse::default()
        }
    }
}

fn checked_size(what: &'static str, size: i32, max: usize) -> Result<usize, Refusal> {
    usize::try_from(size).ok().filter(|size| (1..=max).contains(size)).ok_or(Refusal::Size { what, size, max })
}

fn socket_options(request: &OmniRequest, kind: Kind) -> SocketOptions {
    SocketOptions {
        send_buffer: request.send_buffer,
        recv_buffer: request.recv_buffer,
        nodelay: request.nodelay,
        keepalive: request.keepalive,
        priority: request.priority,
        tos: request.tos,
        congestion_control: request.congestion_control.clone(),
        protocol: if kind == Kind::Datagrams { DataProtocol::Udp } else { DataProtocol::Tcp },
        direct_route: !request.allow_routing,
        defer_accept: request.other_flags & flags::DEFER_ACCEPT != 0,
        fast_open: (request.other_flags & flags::FAST_OPEN != 0).then_some(FastOpen::Server),
        ..SocketOptions::default()
    }
}

/// The port the client asked for, unless its own socket on this host has it, at any address: it would connect to itself.
fn wanted_port(request: &OmniRequest, peer: IpAddr) -> u16 {
    let is_its_own = peer.to_canonical().is_loopback()
        && request.client_address.is_none()
        && request.client_port == request.data_port;
    if is_its_own { 0 } else { request.data_port }
}

/// The address the client named, else any of the family it wants; never another than the operator confined us to.
fn listen_address(request: &OmniRequest, peer: IpAddr, config: &Config) -> Result<IpAddr, Refusal> {
    let any: IpAddr = match request.family {
        Family::Inet6 => Ipv6Addr::UNSPECIFIED.into(),
        Family::Unspecified if peer.is_ipv6() => Ipv6Addr::UNSPECIFIED.into(),
        Family::Inet | Family::Unspecified => Ipv4Addr::UNSPECIFIED.into(),
    };
    let wanted = request.server_address.unwrap_or(any);
    match config.listen.confined_to() {
        None => Ok(wanted),
        Some(own) if wanted == own || (wanted.is_unspecified() && wanted.is_ipv4() == own.is_ipv4()) => Ok(own),
        Some(own) => Err(Refusal::Confined { own, wanted }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Listen;

    fn plan(change: impl FnOnce(&mut OmniRequest)) -> Result<Plan, Refusal> {
        let mut request = OmniRequest::default();
        change(&mut request);
        Plan::new(&request, None, Ipv4Addr::LOCALHOST.into(), &Config::default())
    }

    #[test]
    fn the_request_names_one_of_three_tests_or_is_refused() {
        let kind = |change: fn(&mut OmniRequest)| plan(change).map(|plan| plan.kind);
        let udp = |r: &mut OmniRequest| (r.socket_type, r.protocol) = (SocketType::Datagram, 17);
        assert_eq!(kind(|_| {}), Ok(Kind::Stream));
        assert_eq!(kind(|r| r.connection_test = true), Ok(Kind::Connections));
        assert_eq!(kind(udp), Ok(Kind::Datagrams));
        assert_eq!(kind(|r| r.socket_type = SocketType::Datagram), Err(Refusal::UnknownTest));
        assert_eq!(kind(|r| r.protocol = 17), Err(Refusal::UnknownTest));
        assert_eq!(kind(|r| r.protocol = u32::MAX), Err(Refusal::UnknownTest));
    }

    #[test]
    fn sizes_from_the_network_are_bounded() {
        let max = MAX_MESSAGE;
        for size in [0, -1, i32::MIN, i32::MAX, max as i32 + 1] {
            assert_eq!(plan(|r| r.request_size = size).unwrap_err(), Refusal::Size { what: "request", size, max });
            assert_eq!(plan(|r| r.response_size = size).unwrap_err(), Refusal::Size { what: "response", size, max });
        }
        assert!(plan(|r| r.request_size = max as i32).is_ok());
        let datagram =
            |size| plan(|r| (r.socket_type, r.protocol, r.request_size) = (SocketType::Datagram, 17, size)).map(|_| ());
        assert_eq!(datagram(MAX_DATAGRAM as i32), Ok(()));
        assert!(datagram(MAX_DATAGRAM as i32 + 1).is_err());
    }

    #[test]
    fn the_rate_of_the_cpu_measurement_is_netperfs_or_the_clients() {
        let rate = |measure_cpu, cpu_rate| {
            let plan = plan(|r| (r.measure_cpu, r.cpu_rate) = (measure_cpu, cpu_rate)).expect("plan");
            plan.listen().expect("socket").1.cpu_rate
        };
        assert_eq!((rate(false, 50.0), rate(true, 0.0), rate(true, 50.0)), (0.0, CPU_RATE, 50.0));
    }

    #[test]
    fn a_client_on_this_host_is_not_sent_to_its_own_port() {
        let request = OmniRequest { client_port: 7, data_port: 7, ..OmniRequest::default() };
        let elsewhere = IpAddr::from([192, 0, 2, 1]);
        assert_eq!(wanted_port(&request, Ipv4Addr::LOCALHOST.into()), 0);
        assert_eq!(wanted_port(&request, elsewhere), 7);
        let apart = OmniRequest { client_address: Some(IpAddr::from([127, 0, 0, 2])), ..request };
        assert_eq!(wanted_port(&apart, Ipv4Addr::LOCALHOST.into()), 7);
    }

    #[test]
    fn a_server_confined_to_an_address_keeps_its_data_sockets_there() {
        let own: IpAddr = Ipv4Addr::LOCALHOST.into();
        let config = Config { listen: Listen::Address(own), ..Config::default() };
        let mut request = OmniRequest::default();
        assert_eq!(listen_address(&request, own, &config), Ok(own));
        request.server_address = Some(own);
        assert_eq!(listen_address(&request, own, &config), Ok(own));
        for wanted in [IpAddr::from([127, 0, 0, 2]), Ipv6Addr::LOCALHOST.into()] {
            request.server_address = Some(wanted);
            assert_eq!(listen_address(&request, own, &config), Err(Refusal::Confined { own, wanted }));
            assert_eq!(listen_address(&request, own, &Config::default()), Ok(wanted));
        }
    }

    #[test]
    fn a_taken_data_port_is_replaced_as_netserver_does() {
        let taken = std::net::TcpListener::bind("127.0.0.1:0").expect("listener");
        let port = taken.local_addr().expect("address").port();
        let plan = plan(|r| {
            r.server_address = Some(Ipv4Addr::LOCALHOST.into());
            r.data_port = port;
        })
        .expect("plan");
        let (_socket, response) = plan.listen().expect("another port");
        assert_ne!(response.data_port, port);
        assert_ne!(response.data_port, 0);
    }
}
