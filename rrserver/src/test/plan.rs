//! What a request means, checked before anything is set up.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use compat::wire::{ERRNO_UNKNOWN_REQUEST, Family, OmniRequest, OmniResponse, SocketType, TestLength};
use hooks::host::Direction;
use socket2::Socket;
use thiserror::Error;

use crate::Config;
use crate::data::{self, Effective, MAX_MESSAGE, SetupError, SocketOptions};

/// One connection per test; netserver's queue is as short.
const BACKLOG: i32 = 5;

/// netperf's direction bits of a server that both sends and receives.
const SEND_AND_RECEIVE: u32 = 2 | 4;

/// Why a request is not carried out.
#[derive(Debug, Error, PartialEq, Eq)]
pub(crate) enum Refusal {
    #[error("the client asked for a test other than TCP_RR, the only one here")]
    UnknownTest,
    #[error("the client wants its data connection at {wanted}, but -L keeps this server to {own}")]
    Confined { own: IpAddr, wanted: IpAddr },
    #[error("{what} size {size} is out of range (1 to {MAX_MESSAGE} bytes)")]
    Size { what: &'static str, size: i32 },
}

impl Refusal {
    /// The `serv_errno` that tells the client.
    pub(crate) fn errno(&self) -> i32 {
        match self {
            Self::UnknownTest => ERRNO_UNKNOWN_REQUEST,
            Self::Confined { .. } => libc::EADDRNOTAVAIL,
            Self::Size { .. } => libc::EMSGSIZE,
        }
    }
}

/// A test that can be run.
#[derive(Debug, Clone)]
pub(crate) struct Plan {
    /// CPU for the data thread.
    pub(crate) cpu: Option<u32>,
    /// Length of a timed test.
    pub(crate) seconds: Option<Duration>,
    /// Number of transactions of a counted test.
    pub(crate) transactions: Option<u64>,
    pub(crate) request_size: usize,
    pub(crate) response_size: usize,
    /// What the results' buffer sizes are re-read for: only those that nobody fixed.
    pub(crate) options: SocketOptions,
    address: SocketAddr,
    client_address: Option<IpAddr>,
    client_port: u16,
}

impl Plan {
    /// Checks `request` against what this server does and what its operator allows.
    pub(crate) fn new(request: &OmniRequest, peer: IpAddr, config: &Config) -> Result<Self, Refusal> {
        // A stream test sends one way only.
        if request.direction != SEND_AND_RECEIVE
            || request.connection_test
            || request.socket_type != SocketType::Stream
            || request.protocol != libc::IPPROTO_TCP as u32
        {
            return Err(Refusal::UnknownTest);
        }
        let (seconds, transactions) = match request.length {
            TestLength::Seconds(seconds) => (Some(Duration::from_secs(seconds.into())), None),
            TestLength::Transactions(count) => (None, Some(count.into())),
            TestLength::UntilClosed => (None, None),
        };
        Ok(Self {
            cpu: request.remote_cpu,
            seconds,
            transactions,
            request_size: checked_size("request", request.request_size)?,
            response_size: checked_size("response", request.response_size)?,
            options: SocketOptions {
                send_buffer: request.send_buffer,
                recv_buffer: request.recv_buffer,
                nodelay: request.nodelay,
                cork: false,
                keepalive: request.keepalive,
                priority: request.priority,
                tos: request.tos,
                congestion_control: request.congestion_control.clone(),
            },
            address: (listen_address(request, peer, config)?, request.data_port).into(),
            client_address: request.client_address,
            client_port: request.client_port,
        })
    }

    /// Listens for the data connection, and says so in netperf's terms.
    ///
    /// # Errors
    /// The kernel refused the socket or one of its options.
    pub(crate) fn listen(&self) -> Result<(Socket, OmniResponse), SetupError> {
        let (socket, effective, port) = self.listen_on(self.address).or_else(|e| match e {
            // netserver listens elsewhere when the wanted port is taken; the client goes where the response says.
            SetupError::Bind(..) if self.address.port() != 0 => self.listen_on(SocketAddr::new(self.address.ip(), 0)),
            e => Err(e),
        })?;
        Ok((socket, self.response(&effective, port)))
    }

    /// The direction of the requests: from the client at `peer`, whose data socket was bound before it asked, to
    /// `data_port` of the address at which the client reached us.
    pub(crate) fn direction(&self, peer: SocketAddr, reached: SocketAddr, data_port: u16) -> Direction {
        let source = self.client_address.unwrap_or(peer.ip());
        let destination = if self.address.ip().is_unspecified() { reached.ip() } else { self.address.ip() };
        Direction {
            source: (source.to_canonical(), self.client_port).into(),
            destination: (destination.to_canonical(), data_port).into(),
        }
    }

    fn listen_on(&self, address: SocketAddr) -> Result<(Socket, Effective, u16), SetupError> {
        let socket = data::open(address, &self.options)?;
        let effective = data::bind(&socket, address, &self.options)?;
        let port = socket
            .listen(BACKLOG)
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
            data_port,
            priority: effective.priority,
            tos: effective.tos,
            ..OmniResponse::default()
        }
    }
}

fn checked_size(what: &'static str, size: i32) -> Result<usize, Refusal> {
    usize::try_from(size).ok().filter(|size| (1..=MAX_MESSAGE).contains(size)).ok_or(Refusal::Size { what, size })
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
        Plan::new(&request, Ipv4Addr::LOCALHOST.into(), &Config::default())
    }

    #[test]
    fn only_request_response_over_tcp_is_served() {
        assert!(plan(|_| {}).is_ok());
        assert_eq!(plan(|r| r.connection_test = true).unwrap_err(), Refusal::UnknownTest);
        assert_eq!(plan(|r| r.socket_type = SocketType::Datagram).unwrap_err(), Refusal::UnknownTest);
        assert_eq!(plan(|r| r.protocol = 17).unwrap_err(), Refusal::UnknownTest);
    }

    #[test]
    fn sizes_from_the_network_are_bounded() {
        for size in [0, -1, i32::MIN, i32::MAX, MAX_MESSAGE as i32 + 1] {
            assert_eq!(plan(|r| r.request_size = size).unwrap_err(), Refusal::Size { what: "request", size });
            assert_eq!(plan(|r| r.response_size = size).unwrap_err(), Refusal::Size { what: "response", size });
        }
        assert!(plan(|r| r.request_size = MAX_MESSAGE as i32).is_ok());
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
