//! Who runs against whom.

use std::os::unix::process::CommandExt;
use std::process::Command;

use super::{Server, ServerKind, netperf, rrgen};

/// The client of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Client {
    Rrgen,
    /// rrgen, called by netperf's name.
    RrgenAsNetperf,
    Netperf,
}

impl Client {
    /// The client without arguments; `None`, after a skip, if it is not installed.
    pub(crate) fn command(self) -> Option<Command> {
        match self {
            Self::Rrgen => Some(rrgen()),
            Self::RrgenAsNetperf => Some(rrgen_as_netperf()),
            Self::Netperf => netperf(),
        }
    }
}

fn rrgen_as_netperf() -> Command {
    let mut command = rrgen();
    command.arg0("netperf");
    command
}

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
    pub(crate) const AS_NETPERF_NETSERVER: Self =
        Self { client: Client::RrgenAsNetperf, server: ServerKind::Netserver };
    pub(crate) const AS_NETPERF_RRSERVER: Self = Self { client: Client::RrgenAsNetperf, server: ServerKind::Rrserver };

    /// The client without arguments, and a server on `host` with further options; `None`, after a skip, if one of
    /// them is not installed.
    pub(crate) fn start(self, host: &str, options: &[&str]) -> Option<(Command, Server)> {
        Some((self.client.command()?, Server::start(self.server, host, options)?))
    }
}
