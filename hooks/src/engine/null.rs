//! The engine that does nothing: what an attach point costs before any language comes into it.

use super::{EngineReport, PacketEngine};
use crate::verdict::Verdict;

/// Passes every frame unseen.
#[derive(Clone, Copy, Debug, Default)]
pub struct NullEngine;

impl PacketEngine for NullEngine {
    #[inline]
    fn on_frame(&mut self, _frame: &[u8]) -> Verdict {
        Verdict::Pass
    }

    fn report(&mut self) -> EngineReport {
        EngineReport::default()
    }
}
