//! Attach points: where an engine gets to see frames, and what it takes to put it there and away again.

#[cfg(feature = "ebpf")]
mod claim;
#[cfg(feature = "ebpf")]
pub mod interface;
#[cfg(feature = "ebpf")]
pub mod kernel;
pub mod message;
mod metered;
pub mod nfqueue;
#[cfg(feature = "ebpf")]
mod socket;
#[cfg(feature = "ebpf")]
mod tcx;
#[cfg(feature = "ebpf")]
mod xdp;

#[cfg(feature = "ebpf")]
pub use kernel::{KernelHook, ProgramClock};
pub use message::MessageHook;
pub use nfqueue::NfqueueHook;
