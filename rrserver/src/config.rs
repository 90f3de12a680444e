//! What an operator decides about a server.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
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
            drain: Duration::from_secs(5),
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
            passphrase: None,
            limits: Limits::default(),
            hooks: Policy::default(),
        }
    }
}
