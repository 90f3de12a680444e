//! Engines: what decides about a frame. One trait for those in user space, so that an attach point takes any of them.

mod burn;
#[cfg(feature = "ebpf")]
pub mod ebpf;
#[cfg(feature = "script")]
pub mod lua;
pub mod native;
pub mod null;
mod open;

use crate::filter::FilterCounters;
use crate::verdict::Verdict;

pub use burn::{BadBurn, Burn, Burning};
#[cfg(feature = "script")]
pub use lua::{LuaEngine, LuaError, Script};
pub use native::NativeEngine;
pub use null::NullEngine;
pub use open::{OpenError, open};

/// An engine in user space.
///
/// Attach points are generic over it, so that the hot loop is compiled for the engine it runs; a boxed engine is
/// an engine too, for callers that choose at run time.
pub trait PacketEngine: Send {
    /// Decides about one Ethernet frame. Failing is not an option here: an engine that fails passes the frame
    /// and counts the failure for its report.
    fn on_frame(&mut self, frame: &[u8]) -> Verdict;

    /// What the engine knows beyond calls and verdicts, which its attach point counts.
    fn report(&mut self) -> EngineReport;
}

/// An engine's own part of the ledger.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EngineReport {
    /// What the filter counted; `None` for engines and scripts that do not say.
    pub counters: Option<FilterCounters>,
    /// Calls that failed.
    pub errors: u64,
    /// The first failure, with its line.
    pub first_error: Option<String>,
    /// SHA-256 of the script, in hexadecimal.
    pub hash: Option<String>,
}

impl<E: PacketEngine + ?Sized> PacketEngine for Box<E> {
    #[inline]
    fn on_frame(&mut self, frame: &[u8]) -> Verdict {
        (**self).on_frame(frame)
    }

    fn report(&mut self) -> EngineReport {
        (**self).report()
    }
}
