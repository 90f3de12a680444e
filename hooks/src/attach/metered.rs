//! An engine with everything counted that a ledger wants: what user-space attach points wrap their engine in.

use crate::engine::PacketEngine;
use crate::ledger::{Ledger, Tally};
use crate::spec::HookSpec;
use crate::timing::Sampler;
use crate::verdict::Verdict;

/// An engine, its calls and verdicts, and what one call in so many took.
#[derive(Debug)]
pub(super) struct Metered<E> {
    engine: E,
    tally: Tally,
    sampler: Sampler,
}

impl<E: PacketEngine> Metered<E> {
    pub(super) fn new(engine: E) -> Metered<E> {
        Metered { engine, tally: Tally::default(), sampler: Sampler::new() }
    }

    /// Runs the engine on one frame.
    #[inline]
    pub(super) fn on_frame(&mut self, frame: &[u8]) -> Verdict {
        let verdict = self.sampler.time(|| self.engine.on_frame(frame));
        self.tally.add(verdict);
        verdict
    }

    /// What happened so far, at the attach point described by `attached`.
    pub(super) fn ledger(&mut self, spec: &HookSpec, attached: &str) -> Ledger {
        let report = self.engine.report();
        Ledger {
            hook: spec.to_string(),
            attached: attached.to_owned(),
            calls: self.tally.calls,
            only_timed: false,
            passes: Some(self.tally.passes()),
            drops: Some(self.tally.drops),
            errors: report.errors,
            tcp: report.counters.map(|counters| counters.tcp),
            first_error: report.first_error,
            cost: self.sampler.cost(),
            hash: report.hash,
        }
    }
}
