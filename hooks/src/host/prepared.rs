//! A hook that is loaded and waits for its connection.

use std::io;
use std::net::SocketAddr;
use std::os::fd::AsFd;
use std::path::Path;

use socket2::{SockAddr, SockRef};

use super::attached::{EndHook, HostHook};
use super::{HostError, Site};
use crate::attach::MessageHook;
#[cfg(feature = "ebpf")]
use crate::attach::interface;
#[cfg(feature = "ebpf")]
use crate::attach::kernel::KernelHook;
use crate::attach::nfqueue::NfqueueHook;
use crate::capability::Host;
#[cfg(feature = "ebpf")]
use crate::engine::ebpf::EbpfProgram;
use crate::engine::{self, PacketEngine};
#[cfg(feature = "ebpf")]
use crate::spec::InterfaceName;
use crate::spec::{AttachPoint, HookSpec};

/// When and by whom a hook is attached.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// By the data thread, to the messages it receives.
    Messages,
    /// By the data thread, to its socket.
    Socket,
    /// By the control plane, to the host, before the connection is made.
    Host,
}

/// A script that was parsed, or a program that the kernel accepted.
pub struct Prepared {
    spec: HookSpec,
    loaded: Loaded,
}

enum Loaded {
    UserSpace(Box<dyn PacketEngine>),
    #[cfg(feature = "ebpf")]
    Kernel(Box<EbpfProgram>),
}

impl std::fmt::Debug for Prepared {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Prepared").field("spec", &self.spec).finish_non_exhaustive()
    }
}

impl Prepared {
    /// Loads the hook that `spec` asks for, with files from `hook_dir`.
    ///
    /// # Errors
    /// The host lacks something, the script or the program is refused.
    pub fn load(spec: HookSpec, hook_dir: Option<&Path>) -> Result<Self, HostError> {
        let missing = Host::probe().missing(spec.engine, spec.attach);
        if !missing.is_empty() {
            return Err(HostError::Missing { hook: spec.to_string(), missing: missing.join("; ") });
        }
        let loaded = match spec.attach {
            AttachPoint::Message | AttachPoint::Nfqueue => Loaded::UserSpace(engine::open(&spec, hook_dir)?),
            #[cfg(feature = "ebpf")]
            _ => Loaded::Kernel(Box::new(EbpfProgram::load(&spec, hook_dir)?)),
            #[cfg(not(feature = "ebpf"))]
            _ => unreachable!("the table says that kernel hooks need the feature"),
        };
        Ok(Self { spec, loaded })
    }

    /// The hook in canonical form.
    #[must_use]
    pub fn spec(&self) -> &HookSpec {
        &self.spec
    }

    /// The same hook, if it is a program with no clock of its own: for whoever keeps a
    /// [`ProgramClock`](crate::attach::ProgramClock) for a sample of the calls. In user space one call in so many is
    /// timed all the same, which costs about a nanosecond a call.
    #[must_use]
    pub fn untimed(self) -> Self {
        match self.loaded {
            #[cfg(feature = "ebpf")]
            Loaded::Kernel(program) => Self { loaded: Loaded::Kernel(Box::new(program.untimed())), ..self },
            loaded @ Loaded::UserSpace(_) => Self { loaded, ..self },
        }
    }

    /// Who attaches it.
    #[must_use]
    pub fn place(&self) -> Place {
        match self.spec.attach {
            AttachPoint::Message => Place::Messages,
            AttachPoint::Socket => Place::Socket,
            _ => Place::Host,
        }
    }

    /// Hooks this end of the connection that `socket` is: its messages, or the socket itself.
    ///
    /// # Errors
    /// The kernel refuses, the socket is not connected, or the hook is for the host.
    pub fn on_end_of<S: AsFd>(self, socket: &S) -> Result<EndHook, HostError> {
        match (self.place(), self.loaded) {
            (Place::Messages, Loaded::UserSpace(engine)) => {
                let (peer, local) = ends(socket).map_err(HostError::NotConnected)?;
                Ok(EndHook::Messages(Box::new(MessageHook::new(self.spec, engine, peer, local))))
            }
            #[cfg(feature = "ebpf")]
            (Place::Socket, Loaded::Kernel(program)) => {
                Ok(EndHook::Socket(Box::new(KernelHook::on_socket(*program, socket)?)))
            }
            _ => Err(HostError::NotAnEnd(self.spec.to_string())),
        }
    }

    /// Hooks this host, in this thread's network namespace, at `site`.
    ///
    /// # Errors
    /// The kernel or netfilter refuses, or the hook is for a connection's own end.
    pub fn on_host(self, site: &Site) -> Result<HostHook, HostError> {
        match self.loaded {
            Loaded::UserSpace(engine) if self.spec.attach == AttachPoint::Nfqueue => {
                let hook = NfqueueHook::attach(self.spec, engine, site.scope(), site.chain)?;
                Ok(HostHook::Queue(Box::new(hook)))
            }
            #[cfg(feature = "ebpf")]
            Loaded::Kernel(program) if self.spec.attach.is_on_interface() => {
                let interface = interface_for(&self.spec, site)?;
                Ok(HostHook::Kernel(Box::new(KernelHook::on_interface(*program, &interface)?)))
            }
            _ => Err(HostError::NotBetween(self.spec.to_string())),
        }
    }
}

/// The interface that the spec names, else the one by which the frames come in.
#[cfg(feature = "ebpf")]
fn interface_for(spec: &HookSpec, site: &Site) -> Result<InterfaceName, HostError> {
    if let Some(named) = &spec.params.iface {
        return Ok(named.clone());
    }
    let entrance = site.entrance.ip();
    let carrying = interface::carrying(entrance, site.direction.source.ip()).map_err(HostError::Interfaces)?;
    carrying.ok_or(HostError::NoInterface(entrance))
}

/// The addresses of a connected socket: its peer's, and its own.
fn ends(socket: &impl AsFd) -> io::Result<(SocketAddr, SocketAddr)> {
    let socket = SockRef::from(socket);
    let ip = |address: SockAddr| address.as_socket().ok_or_else(|| io::Error::other("not an IP socket"));
    Ok((ip(socket.peer_addr()?)?, ip(socket.local_addr()?)?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::{TcpListener, TcpStream};

    fn load(spec: &str) -> Result<Prepared, HostError> {
        Prepared::load(spec.parse().unwrap(), None)
    }

    #[test]
    fn every_message_engine_loads_and_attaches_to_a_connection() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let client = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        let (server, _) = listener.accept().unwrap();
        let port = client.local_addr().unwrap().port();
        let dropping = format!("native:port={port}");
        for (spec, drops) in [("null", 0), (&dropping, 1), ("native", 0), ("lua:filter=count", 0)] {
            let EndHook::Messages(mut hook) = load(spec).unwrap().on_end_of(&server).unwrap() else { panic!("{spec}") };
            hook.on_message(b"x");
            assert_eq!(hook.ledger().drops, Some(drops), "{spec}");
        }
    }

    #[test]
    fn a_hook_for_the_host_is_not_put_on_a_socket() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        assert!(load("null").unwrap().on_end_of(&listener).is_err(), "not connected");
    }

    #[test]
    fn a_script_without_a_folder_is_refused_with_the_flag() {
        let refusal = load("lua:script=mine.lua").unwrap_err().to_string();
        assert!(refusal.contains("--hook-dir"), "{refusal}");
    }
}
