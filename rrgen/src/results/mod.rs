//! What a comparison measured, as it is kept: every raw row, enough to compute everything again.
//!
//! JSON lines: a [`Header`] with the settings and the conditions, then one [`Round`] (lock-step) or one [`Slot`] (slot
//! design) per line, each written as soon as it is finished. `schema/rrgen.schema.json` describes them.

mod error;
mod header;
mod read;
mod round;
mod store;

use serde::{Deserialize, Serialize};

pub use error::ReadError;
pub use header::{Design, Header, Hooks, Pair, Peer, Place, Settings, Site, Skipped, Variant};
pub use rrserver::machine::Machine;

pub use round::{Block, Cycle, Ledger, Round, RoundTrips, Slot, VariantRound};
pub use store::{FILE, Store, StoreError};

/// Version of the format; any change of meaning raises it.
pub const VERSION: u32 = 1;

/// The most variants of a comparison.
pub const MAX_VARIANTS: usize = 16;

/// The longest measuring time per variant and round of the lock-step design, ns: every cycle is kept.
pub const LONGEST_LOCKSTEP_NS: u64 = 60_000_000_000;

/// The shortest block of the lock-step design, ns: some transactions on any machine.
pub const SHORTEST_BLOCK_NS: u64 = 100_000;

/// One line of a results file.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
pub enum Line {
    /// The first line.
    Header(Box<Header>),
    /// A finished round of the lock-step design.
    Round(Round),
    /// A finished slot of the slot design.
    Slot(Slot),
}

/// Everything measured so far.
#[derive(Debug, Clone, PartialEq)]
pub struct Results {
    /// What was asked for, and where.
    pub header: Header,
    /// Finished rounds of the lock-step design, in order.
    pub rounds: Vec<Round>,
    /// Finished slots of the slot design, in order.
    pub slots: Vec<Slot>,
}

impl Results {
    /// Results without anything measured yet.
    #[must_use]
    pub fn new(header: Header) -> Self {
        Self { header, rounds: Vec::new(), slots: Vec::new() }
    }

    /// Rounds in which every variant was measured.
    #[must_use]
    pub fn finished_rounds(&self) -> usize {
        match self.header.settings.design {
            Design::Lockstep { .. } => self.rounds.len(),
            Design::Slots { .. } => self.slots.len() / self.header.variants.len(),
        }
    }

    /// The ledgers of a variant, in order; none without a hook.
    pub fn ledgers(&self, variant: usize) -> impl Iterator<Item = &Ledger> {
        let of_rounds = self.rounds.iter().filter_map(move |round| round.variants[variant].ledger.as_ref());
        let own_slots = self.slots.iter().filter(move |slot| slot.variant == variant);
        of_rounds.chain(own_slots.filter_map(|slot| slot.ledger.as_ref()))
    }
}

#[cfg(test)]
pub(crate) mod samples;
#[cfg(test)]
mod tests;
