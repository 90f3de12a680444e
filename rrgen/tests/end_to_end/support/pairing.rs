//! Who runs against whom.

use std::process::Command;

use super::{Client, Server, ServerKind};

/// A client and a server, at least one of them ours.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Pairing {
    pub(crate) client: Client,
    pub(crate) server: ServerKind,
}

impl Pairing {
    pub(crate) const RRGEN_NETSERVER: Self = Self { client: Client::Rrgen, server: ServerKind::Netserver };
    pub(crate) const NETPERF_RRSERVER: Self = Self { client: Client::Netperf, server: ServerKind::Rrserver };
    pub(crate) const RRGEN_RRSERVER: Self = Self { client: Client::Rrgen, server: ServerKind::Rrserver };

    /// The client without arguments, and a server on `host` with further options; `None`, after a skip, if one of
    /// them is not installed.
    pub(crate) fn start(self, host: &str, options: &[&str]) -> Option<(Command, Server)> {
        Some((self.client.command()?, Server::start(self.server, host, options)?))
    }
}
