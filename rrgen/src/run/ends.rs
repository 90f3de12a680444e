//! Who talks to whom: names to addresses, for the control connection and for the data connection.

use std::io;
use std::net::SocketAddr;

use compat::text::banner::Endpoint;
use compat::text::failure::{ControlEnd, Failure, ResolverError};
use compat::wire::{Family, passphrase_message};

use super::RunFailure;
use crate::control::{Control, unspecified_like};
use crate::plan::{Host, RrTest, Target};
use crate::resolve::{Resolved, resolve};

/// Opens a control connection and shows the passphrase, if there is one.
///
/// # Errors
/// The name does not resolve, no address of it answers, or the passphrase does not fit a message.
pub(super) fn open_control(target: &Target, remote_cpu: Option<u32>) -> Result<Control, RunFailure> {
    let mut control = connect(target)?;
    if let Some(passphrase) = &target.passphrase {
        let message = passphrase_message(passphrase, remote_cpu).map_err(|e| RunFailure::Setup(format!("-Z: {e}")))?;
        control.send(&message).map_err(Failure::ControlRecv)?;
    }
    Ok(control)
}

fn connect(target: &Target) -> Result<Control, RunFailure> {
    let remotes = look_up(&target.host)?;
    let locals = target.local.as_ref().map_or_else(|| Ok(Vec::new()), look_up)?;
    Control::connect(&remotes, target.port, &locals, target.local_port).map_err(|e| {
        let local = target.local.as_ref();
        let failure = Failure::NothingListening {
            local: ControlEnd {
                host: local.map_or_else(|| any_address(e.tried).name, |local| local.name.clone()),
                port: target.local_port,
                family: target.local_family,
            },
            remote: ControlEnd {
                host: target.host.name.clone(),
                port: target.port,
                family: if target.named { family_of(e.tried) } else { target.host.family },
            },
        };
        let advice = match e.own {
            Some(_) => {
                "-L and the second half of -p name our own end; leave them out, or use an address and port we have"
            }
            None => "start `rrserver` there, or name its port with -p; `rrgen --local` needs no server",
        };
        RunFailure::hinted(failure, format!("{e}\nrrgen: {advice}"))
    })
}

/// The server's address where nothing is said to it.
pub(super) fn uncontrolled(target: &Target) -> Result<Resolved, RunFailure> {
    let found = look_up(&target.host)?;
    found.into_iter().next().ok_or_else(|| RunFailure::Setup(format!("{} has no address", target.host.name)))
}

fn look_up(host: &Host) -> Result<Vec<Resolved>, RunFailure> {
    resolve(&host.name, host.family).map_err(|e| {
        let failure = Failure::UnknownHost { host: host.name.clone(), family: host.family, cause: resolver_error(e) };
        RunFailure::hinted(failure, "check the name behind -H or -L, or give an address")
    })
}

fn family_of(address: SocketAddr) -> Family {
    if address.is_ipv4() { Family::Inet } else { Family::Inet6 }
}

fn resolver_error(error: dns_lookup::LookupError) -> ResolverError {
    let code = error.error_num();
    let text = io::Error::from(error).to_string();
    // std's own preface to what gai_strerror says.
    let text = text.strip_prefix("failed to lookup address information: ").unwrap_or(&text).to_owned();
    ResolverError { code, text }
}

/// The two ends of the data connection, before it is made.
#[derive(Debug)]
pub(super) struct DataEnds {
    pub(super) source: Endpoint,
    pub(super) destination: Endpoint,
    /// The server was told on which of its addresses to listen.
    pub(super) explicit_destination: bool,
}

impl DataEnds {
    pub(super) fn new(target: &Target, test: &RrTest, control_remote: &Resolved) -> Result<Self, RunFailure> {
        let remote = match &test.data_host {
            None => control_remote.clone(),
            Some(host) => look_up_data(host, test.remote_data_port, control_remote.address)?,
        };
        let own = test.data_local.as_ref().or(target.local.as_ref().filter(|_| !test.data_host_named));
        let local = match own {
            Some(host) => look_up_data(host, test.local_data_port, remote.address)?,
            None => any_address(remote.address),
        };
        Ok(Self {
            source: endpoint(local, test.local_data_port),
            destination: endpoint(remote, test.remote_data_port),
            explicit_destination: test.data_host_named,
        })
    }
}

/// The wildcard address as netperf spells it.
fn any_address(like: SocketAddr) -> Resolved {
    let name = if like.is_ipv4() { "0.0.0.0" } else { "::0" };
    Resolved { name: name.into(), address: unspecified_like(like) }
}

/// An end of the data connection; where its family is open it takes that of `control`.
fn look_up_data(host: &Host, port: u16, control: SocketAddr) -> Result<Resolved, RunFailure> {
    let family = if host.family == Family::Unspecified { family_of(control) } else { host.family };
    let unknown = |cause| {
        let failure = Failure::UnknownDataHost { host: host.name.clone(), port, family, cause };
        RunFailure::hinted(failure, "check the name behind the test-specific -H or -L, or give an address")
    };
    let mut found = resolve(&host.name, family).map_err(|e| unknown(resolver_error(e)))?;
    if found.is_empty() {
        return Err(unknown(ResolverError { code: libc::EAI_NONAME, text: "no address".into() }));
    }
    Ok(found.swap_remove(0))
}

fn endpoint(resolved: Resolved, port: u16) -> Endpoint {
    let mut address = resolved.address;
    address.set_port(port);
    Endpoint { name: resolved.name, address }
}

/// `to` with the IPv6 scope of `from`: a link-local address is nothing without it.
pub(super) fn keep_scope(from: SocketAddr, mut to: SocketAddr) -> SocketAddr {
    if let (SocketAddr::V6(from), SocketAddr::V6(to)) = (from, &mut to) {
        to.set_scope_id(from.scope_id());
    }
    to
}
