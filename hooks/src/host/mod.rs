//! The hook host: who may run which hook, and the way from a spec to an attached hook and its ledger.
//!
//! An rrserver is one for its clients, and rrgen is one for itself (`--hook-side client`); both go through here,
//! so that a hook means the same on either side.

mod attached;
mod clock;
mod policy;
mod prepared;

use std::io;
use std::net::SocketAddr;

use crate::attach::nfqueue::{Chain, NfqueueError, Scope};
use crate::engine::OpenError;
#[cfg(feature = "ebpf")]
use crate::engine::ebpf::EbpfError;

pub use attached::{EndHook, HostHook};
pub use clock::Clock;
pub use policy::{AllowError, AllowHook, Policy, Refusal, Requester};
pub use prepared::{Place, Prepared};

/// One direction of one TCP connection: what `source` sends to `destination`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Direction {
    /// The sender.
    pub source: SocketAddr,
    /// The receiver.
    pub destination: SocketAddr,
}

/// Where on a host a hook goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Site {
    /// The frames it is meant for.
    pub direction: Direction,
    /// Our address at which they come in: finds the interface, unless the hook names one.
    pub entrance: SocketAddr,
    /// Netfilter's chain, for a queue.
    pub chain: Chain,
    /// A queue sees everything in the chain, not only the frames of `direction`.
    pub whole_host: bool,
}

impl Site {
    fn scope(&self) -> Scope {
        let Direction { source, destination } = self.direction;
        if self.whole_host { Scope::Host } else { Scope::Connection { source, destination } }
    }
}

/// Why a hook cannot be had.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum HostError {
    /// The host lacks something.
    #[error("{hook} cannot run here: {missing}")]
    Missing {
        /// The hook.
        hook: String,
        /// Everything that is missing.
        missing: String,
    },
    /// The engine cannot be opened.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// The kernel says no.
    #[cfg(feature = "ebpf")]
    #[error(transparent)]
    Ebpf(#[from] EbpfError),
    /// Netfilter says no.
    #[error(transparent)]
    Nfqueue(#[from] NfqueueError),
    /// The interface that an address belongs to cannot be found.
    #[error("no interface here has the address {0}; name one with iface=")]
    NoInterface(std::net::IpAddr),
    /// The interfaces cannot be listed.
    #[error("cannot list the network interfaces: {0}")]
    Interfaces(io::Error),
    /// The socket has no addresses to make a frame of.
    #[error("the data socket is not connected: {0}")]
    NotConnected(io::Error),
    /// A hook of the host was asked for on one connection's end.
    #[error("{0} hooks the host, not one end of a connection")]
    NotAnEnd(String),
    /// A hook of a connection's own end was asked for on a host that is neither.
    #[error("{0} hooks the connection's own end: it runs on the target or on the client, not on a host between")]
    NotBetween(String),
}
