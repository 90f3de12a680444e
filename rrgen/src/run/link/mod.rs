//! The data connection as each test has it: how it is opened, what it carries, how it ends.
//!
//! The measuring loop is the same for all of them; what differs is a [`Transport`] and these two moments around it.

mod datagram;
mod ports;
mod reconnecting;
mod stream;

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use compat::args::PortRange;
use rrserver::data::{AtEnd, SocketOptions, Traffic, Transport, Wait};

pub(super) use datagram::DatagramLink;
pub(super) use reconnecting::ReconnectingLink;
pub(super) use stream::StreamLink;

/// A data connection, from the client's side.
pub(super) trait Link: Transport {
    /// Makes it ready for the first request, within the measured time.
    ///
    /// # Errors
    /// The server cannot be reached.
    fn open(&mut self) -> io::Result<()>;

    /// Ends it, within the measured time; what the kernel said of it before.
    fn close(&mut self) -> AtEnd;

    /// Tidies up after the measured time.
    ///
    /// # Errors
    /// The server has sent what nobody asked for, and nothing that was measured is true.
    fn settle(&mut self) -> io::Result<()> {
        Ok(())
    }

    /// System calls and bytes.
    fn traffic(&self) -> Traffic;
}

/// What every kind of data connection needs to know.
#[derive(Debug, Clone)]
pub(super) struct LinkPlan {
    pub(super) destination: SocketAddr,
    /// The message to send.
    pub(super) request: Vec<u8>,
    /// Bytes of the message to receive.
    pub(super) response_size: usize,
    pub(super) wait: Wait,
    pub(super) kind: LinkKind,
}

/// What is special about a kind.
#[derive(Debug, Clone)]
pub(super) enum LinkKind {
    /// One TCP connection (TCP_RR), opened with these bytes if there are any.
    Stream { preface: Option<Vec<u8>> },
    /// A TCP connection per transaction (TCP_CRR).
    Reconnecting(Reconnecting),
    /// Datagrams (UDP_RR).
    Datagrams {
        /// Connect the socket (test `-n`).
        connected: bool,
        /// How long to wait for a response before giving it up for lost (test `-e`).
        timeout: Option<Duration>,
        /// How long nothing at all may come.
        silence: Duration,
    },
}

/// How to make the next connection of many.
#[derive(Debug, Clone)]
pub(super) struct Reconnecting {
    pub(super) source: SocketAddr,
    pub(super) options: SocketOptions,
    /// Our own ports (test `-p`).
    pub(super) ports: PortRange,
    /// Try again whatever the error, for so long at a time (test `-U`).
    pub(super) retry_for: Option<Duration>,
}
