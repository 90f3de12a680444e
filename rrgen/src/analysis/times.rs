//! Times per transaction out of either design, in the shape that the statistics take.

use crate::results::{Design, Pair, Results, Slot};
use crate::stats::round::{Cycle, Round};
use crate::stats::scale::reciprocal;
use crate::stats::signed_rank::SampleError;

/// What every finished round says about `pair`.
pub(super) fn rounds(results: &Results, pair: Pair) -> Result<Vec<Round>, SampleError> {
    (0..results.finished_rounds())
        .map(|round| {
            Round::from_cycles(&match results.header.settings.design {
                Design::Lockstep { .. } => of_blocks(results, round, pair),
                Design::Slots { .. } => of_slots(results, round, pair),
            })
        })
        .collect()
}

fn of_blocks(results: &Results, round: usize, pair: Pair) -> Vec<Cycle> {
    let blocks = results.rounds[round].cycles.iter().map(|cycle| &cycle.blocks);
    blocks
        .map(|blocks| Cycle {
            reference_ns: blocks[pair.reference].ns_per_transaction(),
            variant_ns: blocks[pair.variant].ns_per_transaction(),
        })
        .collect()
}

/// In the slot design a round is one cycle of whole runs.
fn of_slots(results: &Results, round: usize, pair: Pair) -> Vec<Cycle> {
    let variants = results.header.variants.len();
    let slots = &results.slots[round * variants..][..variants];
    let ns = |variant: usize| {
        let of_variant = |slot: &&Slot| slot.variant == variant;
        slots.iter().find(of_variant).map(|slot| reciprocal(slot.rate))
    };
    ns(pair.reference)
        .zip(ns(pair.variant))
        .map(|(reference_ns, variant_ns)| Cycle { reference_ns, variant_ns })
        .into_iter()
        .collect()
}
