//! Hooks that are attached: on the host, or on one end of a connection.

use crate::attach::MessageHook;
#[cfg(feature = "ebpf")]
use crate::attach::kernel::KernelHook;
use crate::attach::nfqueue::NfqueueHook;
use crate::engine::PacketEngine;
use crate::ledger::Ledger;

use super::HostError;

/// A hook on one end of a connection, for the thread that serves it.
pub enum EndHook {
    /// To be called for every message received.
    Messages(Box<MessageHook<Box<dyn PacketEngine>>>),
    /// In the kernel, on the socket, until dropped.
    #[cfg(feature = "ebpf")]
    Socket(Box<KernelHook>),
}

/// A hook on the host, until dropped.
pub enum HostHook {
    /// A program on an interface.
    #[cfg(feature = "ebpf")]
    Kernel(Box<KernelHook>),
    /// A netfilter queue.
    Queue(Box<NfqueueHook<Box<dyn PacketEngine>>>),
}

impl std::fmt::Debug for EndHook {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let place = match self {
            Self::Messages(_) => "message",
            #[cfg(feature = "ebpf")]
            Self::Socket(hook) => hook.place(),
        };
        f.debug_tuple("EndHook").field(&place).finish()
    }
}

impl EndHook {
    /// Detaches, and says what the hook did.
    ///
    /// # Errors
    /// The kernel's records cannot be read.
    pub fn detach(self) -> Result<Ledger, HostError> {
        match self {
            Self::Messages(mut hook) => Ok(hook.ledger()),
            #[cfg(feature = "ebpf")]
            Self::Socket(hook) => Ok(hook.detach()?),
        }
    }
}

impl std::fmt::Debug for HostHook {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("HostHook").field(&self.place()).finish()
    }
}

impl HostHook {
    /// The attach point and mode really got, and on what.
    #[must_use]
    pub fn place(&self) -> &str {
        match self {
            #[cfg(feature = "ebpf")]
            Self::Kernel(hook) => hook.place(),
            Self::Queue(hook) => hook.place(),
        }
    }

    /// Detaches, and says what the hook did.
    ///
    /// # Errors
    /// The hook failed during the run, or its counters cannot be read; it is detached in any case.
    pub fn detach(self) -> Result<Ledger, HostError> {
        match self {
            #[cfg(feature = "ebpf")]
            Self::Kernel(hook) => Ok(hook.detach()?),
            Self::Queue(hook) => Ok(hook.detach()?),
        }
    }
}
