//! A hook that is loaded and waits for its connection.

use std::net::SocketAddr;
use std::os::fd::AsFd;
use std::path::Path;

use super::attached::HostHook;
use super::interface::interface_of;
use super::{Direction, HostError};
use crate::attach::MessageHook;
#[cfg(feature = "ebpf")]
use crate::attach::kernel::KernelHook;
use crate::attach::nfqueue::{Chain, NfqueueHook, Scope};
use crate::capability::Host;
#[cfg(feature = "ebpf")]
use crate::engine::ebpf::EbpfProgram;
#[cfg(feature = "script")]
use crate::engine::lua::{LuaEngine, Script};
use crate::engine::{NativeEngine, NullEngine, PacketEngine};
use crate::spec::{AttachPoint, Engine, HookSpec};

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
            AttachPoint::Message | AttachPoint::Nfqueue => Loaded::UserSpace(user_space(&spec, hook_dir)?),
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

    /// Who attaches it.
    #[must_use]
    pub fn place(&self) -> Place {
        match self.spec.attach {
            AttachPoint::Message => Place::Messages,
            AttachPoint::Socket => Place::Socket,
            _ => Place::Host,
        }
    }

    /// Hooks the messages that `peer` sends to `local`; `None` when the hook is not for messages.
    #[must_use]
    pub fn on_messages(self, peer: SocketAddr, local: SocketAddr) -> Option<MessageHook<Box<dyn PacketEngine>>> {
        match (self.place(), self.loaded) {
            (Place::Messages, Loaded::UserSpace(engine)) => Some(MessageHook::new(self.spec, engine, peer, local)),
            _ => None,
        }
    }

    /// Hooks `socket`.
    ///
    /// # Errors
    /// The kernel refuses, or the hook is not for sockets.
    #[cfg(feature = "ebpf")]
    pub fn on_socket(self, socket: impl AsFd) -> Result<KernelHook, HostError> {
        match self.loaded {
            Loaded::Kernel(program) => Ok(KernelHook::on_socket(*program, socket)?),
            Loaded::UserSpace(_) => Err(HostError::NotBetween(self.spec.to_string())),
        }
    }

    /// Hooks this host, in this thread's network namespace: the interface that has `entrance` unless the spec names
    /// one, or netfilter's `chain`, there the frames of `direction` alone unless `whole_host`.
    ///
    /// # Errors
    /// The kernel or netfilter refuses, or the hook is for a connection's own end.
    pub fn on_host(
        self,
        direction: Direction,
        entrance: SocketAddr,
        chain: Chain,
        whole_host: bool,
    ) -> Result<HostHook, HostError> {
        match self.loaded {
            Loaded::UserSpace(engine) if self.spec.attach == AttachPoint::Nfqueue => {
                let Direction { source, destination } = direction;
                let scope = if whole_host { Scope::Host } else { Scope::Connection { source, destination } };
                Ok(HostHook::Queue(Box::new(NfqueueHook::attach(self.spec, engine, scope, chain)?)))
            }
            #[cfg(feature = "ebpf")]
            Loaded::Kernel(program) if self.spec.attach.is_on_interface() => {
                let named = self.spec.params.iface.clone();
                let interface = named.map_or_else(|| interface_of(entrance.ip()), Ok)?;
                Ok(HostHook::Kernel(Box::new(KernelHook::on_interface(*program, &interface)?)))
            }
            _ => Err(HostError::NotBetween(self.spec.to_string())),
        }
    }
}

fn user_space(spec: &HookSpec, hook_dir: Option<&Path>) -> Result<Box<dyn PacketEngine>, HostError> {
    let filter = spec.params.filter();
    Ok(match spec.engine {
        Engine::Null => Box::new(NullEngine),
        Engine::Native => Box::new(NativeEngine::new(filter)),
        #[cfg(feature = "script")]
        Engine::Lua => Box::new(LuaEngine::load(&script(spec, hook_dir)?, &filter)?),
        #[cfg(not(feature = "script"))]
        Engine::Lua => unreachable!("the table says that Lua needs the feature"),
        Engine::Ebpf => unreachable!("the table says that eBPF does not run in user space"),
    })
}

#[cfg(feature = "script")]
fn script(spec: &HookSpec, hook_dir: Option<&Path>) -> Result<Script, HostError> {
    match (&spec.params.script, hook_dir) {
        (None, _) => Ok(Script::of(spec.params.filter().rung)),
        (Some(name), Some(directory)) => Ok(Script::read(directory, name)?),
        (Some(name), None) => Err(HostError::NoHookDir(name.to_string())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn load(spec: &str) -> Result<Prepared, HostError> {
        Prepared::load(spec.parse().unwrap(), None)
    }

    #[test]
    fn every_message_engine_loads_and_attaches() {
        let (peer, local) = (SocketAddr::from(([10, 0, 0, 1], 1234)), SocketAddr::from(([10, 0, 0, 2], 5000)));
        for (spec, drops) in [("null", 0), ("native", 1), ("lua", 1), ("lua:filter=count", 0)] {
            let mut hook = load(spec).unwrap().on_messages(peer, local).unwrap();
            hook.on_message(b"x");
            assert_eq!(hook.ledger().drops, drops, "{spec}");
        }
    }

    #[test]
    fn a_script_without_a_folder_is_refused_with_the_flag() {
        let refusal = load("lua:script=mine.lua").unwrap_err().to_string();
        assert!(refusal.contains("--hook-dir"), "{refusal}");
    }
}
