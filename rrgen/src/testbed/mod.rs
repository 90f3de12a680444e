//! The test-bed: hosts in network namespaces of their own, joined by veth pairs, one path per variant.
//!
//! A hook on an interface sees every packet that crosses it, so variants that are compared at the same time need
//! interfaces of their own; and a comparison must not touch the network of the machine it runs on. The namespaces
//! have no name and no process: open descriptors of this process hold them, so that the kernel removes them, with
//! everything in them, however the process ends. There is nothing that could be left over.
//!
//! Interfaces are set up by the program `ip`, a batch per namespace. The same through a netlink crate would be ten
//! times the code in this directory, and a reader can try a line of a batch on the command line.

mod hosts;
mod ip;
mod namespace;
mod plan;
mod privilege;

use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;

use hooks::host::Policy;
use rrserver::{Config, Listen};
use thiserror::Error;

pub use namespace::Namespace;
pub use privilege::obtain as obtain_privilege;

use crate::local::{LocalError, LocalServer};
use hosts::Hosts;

/// What lies between client and server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Topology {
    /// A veth pair per path.
    Direct,
    /// Two veth pairs per path, and a host that forwards between them.
    Router,
    /// The loopback device of this machine, the same for all paths.
    Loopback,
}

/// One way from the client to the server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Path {
    /// Control address of the server at its end.
    pub server: SocketAddr,
    /// Control address of the host between, where hooks run; `None` where they run on the server.
    pub hook_host: Option<SocketAddr>,
    /// What both want to hear first.
    pub passphrase: Option<String>,
}

/// Why there is no test-bed.
#[derive(Debug, Error)]
pub enum BedError {
    /// A namespace cannot be made or used.
    #[error("cannot {0}: {1}")]
    Namespace(&'static str, #[source] io::Error),
    /// `ip` cannot be run.
    #[error("cannot run `ip`: {0}; install iproute2")]
    NoIp(#[source] io::Error),
    /// `ip` did not do what it should.
    #[error("`ip` failed: {0}")]
    Ip(String),
    /// The interfaces do not come up.
    #[error("the interfaces of the test-bed do not come up: {0}")]
    Down(String),
    /// The server does not start.
    #[error(transparent)]
    Server(#[from] LocalError),
}

/// Hosts, paths and a server, until it is dropped.
#[derive(Debug)]
pub struct TestBed {
    paths: Vec<Path>,
    // Dropped before the namespaces that they listen in.
    _servers: Vec<LocalServer>,
    hosts: Option<Hosts>,
}

impl TestBed {
    /// Builds `paths` paths of `topology`, with a server that is reached by all of them. Hooks take scripts and objects
    /// from `folder`.
    ///
    /// # Errors
    /// The privileges, the program `ip` or a resource of the kernel is missing.
    pub fn build(topology: Topology, paths: usize, folder: Option<PathBuf>) -> Result<Self, BedError> {
        let links = match topology {
            Topology::Direct => plan::direct(paths),
            Topology::Router => plan::router(paths),
            Topology::Loopback => return Self::loopback(paths, folder),
        };
        let hosts = Hosts::build(&links)?;
        // Hooks of the kernel are for friends only, even where nobody else can come.
        let passphrase = format!("{:032x}", fastrand::u128(..));
        let start = |host: &Namespace| {
            let host = host.clone();
            let hooks = Policy::everything(folder.clone());
            let passphrase = Some(passphrase.clone());
            let config = Config { listen: Listen::ANY_IPV4, port: 0, passphrase, hooks, ..Config::default() };
            LocalServer::start_in(config, move || host.enter())
        };
        let server = start(hosts.server())?;
        let between = hosts.router().map(start).transpose()?;
        let path = |path: &plan::PathPlan| Path {
            server: (path.server.address, server.address().port()).into(),
            hook_host: path
                .towards_client()
                .zip(between.as_ref())
                .map(|(end, host)| (end.address, host.address().port()).into()),
            passphrase: Some(passphrase.clone()),
        };
        let paths = links.iter().map(path).collect();
        Ok(Self { paths, _servers: [server].into_iter().chain(between).collect(), hosts: Some(hosts) })
    }

    fn loopback(paths: usize, folder: Option<PathBuf>) -> Result<Self, BedError> {
        let server = LocalServer::start(false, None, folder)?;
        let path = Path { server: server.address(), hook_host: None, passphrase: None };
        Ok(Self { paths: vec![path; paths], _servers: vec![server], hosts: None })
    }

    /// The ways to the server.
    #[must_use]
    pub fn paths(&self) -> &[Path] {
        &self.paths
    }

    /// The client's host; `None` where client and server share this machine's network.
    #[must_use]
    pub fn client(&self) -> Option<&Namespace> {
        self.hosts.as_ref().map(Hosts::client)
    }
}

#[cfg(test)]
mod tests;
