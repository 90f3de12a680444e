//! What an operator decides about a server.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::ops::RangeInclusive;
use std::time::Duration;

use compat::wire::CONTROL_PORT;
use hooks::host::Policy;

/// Where to listen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Listen {
    /// Every address of both families through one socket; IPv4 alone where the host has no IPv6.
    AnyFamily,
    /// One address, or every address of one family.
    Address(IpAddr),
}

impl Listen {
    /// Every IPv4 address.
    pub const ANY_IPV4: Self = Self::Address(IpAddr::V4(Ipv4Addr::UNSPECIFIED));
    /// Every IPv6 address.
    pub const ANY_IPV6: Self = Self::Address(IpAddr::V6(Ipv6Addr::UNSPECIFIED));

    /// The socket addresses to try, best first.
    pub(crate) fn candidates(&self, port: u16) -> Vec<SocketAddr> {
        match self {
            Self::AnyFamily => vec![(Ipv6Addr::UNSPECIFIED, port).into(), (Ipv4Addr::UNSPECIFIED, port).into()],
            Self::Address(address) => vec![(*address, port).into()],
        }
    }

    /// The address that data sockets must stay on too, when the operator named one.
    pub(crate) fn confined_to(&self) -> Option<IpAddr> {
        match self {
            Self::Address(address) if !address.is_unspecified() => Some(*address),
            _ => None,
        }
    }
}

/// Bounds on what a client may hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// Control connections served at once; further ones wait in the listen queue.
    pub sessions: usize,
    /// From connecting to the first whole message, and from the first byte of any message to its last.
    pub message: Duration,
    /// Between the end of one test and the next request on the same control connection, and for the data connection
    /// of a test to come.
    pub idle: Duration,
    /// What a timed test may take beyond its length, once connected (netserver: 4 s).
    pub backstop: Duration,
    /// What a client with a connection per transaction gets to complete its last one in, after its seconds.
    pub last_connection: Duration,
    /// What running sessions get to finish in after a shutdown.
    pub drain: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            sessions: 1024,
            message: Duration::from_secs(20),
            idle: Duration::from_secs(600),
            backstop: Duration::from_secs(4),
            last_connection: Duration::from_millis(250),
            drain: Duration::from_secs(5),
        }
    }
}

/// The ports data sockets may listen on.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum DataPorts {
    /// The one the client asks for; where that is taken, or none is asked for, whatever the kernel chooses.
    #[default]
    Any,
    /// These alone, whatever the client asks for: what a firewall lets through.
    Only(RangeInclusive<u16>),
}

impl DataPorts {
    /// The ports to try, best first; 0 lets the kernel choose.
    pub(crate) fn candidates(&self, wanted: u16) -> Vec<u16> {
        match self {
            // netserver listens elsewhere when the wanted port is taken; the client goes where the response says.
            Self::Any if wanted != 0 => vec![wanted, 0],
            Self::Any => vec![0],
            Self::Only(range) => {
                let first = Some(wanted).filter(|wanted| range.contains(wanted));
                first.into_iter().chain(range.clone().filter(|port| Some(*port) != first)).collect()
            }
        }
    }
}

/// Everything that makes one server differ from another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Config {
    /// Where to listen.
    pub listen: Listen,
    /// Control port; 0 lets the kernel choose.
    pub port: u16,
    /// Ports of data sockets.
    pub data_ports: DataPorts,
    /// What a client must send first, when set.
    pub passphrase: Option<String>,
    /// Bounds on what a client may hold.
    pub limits: Limits,
    /// Which hooks clients may have.
    pub hooks: Policy,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            listen: Listen::AnyFamily,
            port: CONTROL_PORT,
            data_ports: DataPorts::Any,
            passphrase: None,
            limits: Limits::default(),
            hooks: Policy::default(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_is_never_left_and_the_wanted_port_goes_first() {
        assert_eq!(DataPorts::Any.candidates(0), [0]);
        assert_eq!(DataPorts::Any.candidates(7), [7, 0]);
        let only = DataPorts::Only(5..=7);
        assert_eq!(only.candidates(0), [5, 6, 7]);
        assert_eq!(only.candidates(6), [6, 5, 7]);
        assert_eq!(only.candidates(99), [5, 6, 7]);
    }
}
