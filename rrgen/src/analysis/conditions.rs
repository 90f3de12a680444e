//! What else is known of a contrast: ledgers, CPUs, errors, and what the hook cost by its own clock.

use std::collections::BTreeSet;

use hooks::AttachPoint;

use crate::results::{Cycle, Design, Ledger, Pair, Results};
use crate::stats::withheld::{Conditions, Cpus, Ledger as Balance, Segments};

/// How long the kernel holds an acknowledgement back at least (`TCP_DELACK_MIN`), ns.
const DELAYED_ACK_NS: u64 = 40_000_000;

/// After how long it retransmits at the earliest (`TCP_RTO_MIN`), ns.
const RTO_MIN_NS: u64 = 200_000_000;

/// How many it sends at once after a longer pause (`TCP_MAX_QUICKACKS`).
const QUICK_ACKS: u64 = 16;

/// The conditions under which `pair` was measured.
pub(super) fn of(results: &Results, pair: Pair) -> Conditions {
    let variants = [pair.reference, pair.variant];
    Conditions {
        ledgers: variants.into_iter().filter_map(|variant| balance(results, variant)).collect(),
        cpus: cpus(results),
        errors: variants.into_iter().fold(0, |sum, variant| sum.saturating_add(errors(results, variant))),
    }
}

/// Calls of the hook of `variant` that failed; like all counts from a file they need not be possible ones.
fn errors(results: &Results, variant: usize) -> u64 {
    results.ledgers(variant).map(|ledger| ledger.errors).fold(0, u64::saturating_add)
}

/// What the hook of `variant` cost per transaction, ns, by its own clock.
pub(super) fn own_cost_ns(results: &Results, variant: usize) -> Option<f64> {
    let mut cost_ns = 0.0;
    let mut transactions = 0.0;
    for ledger in results.ledgers(variant) {
        cost_ns += ledger.ns_per_call? * ledger.calls as f64;
        transactions += ledger.expected_calls as f64;
    }
    Some(cost_ns / transactions).filter(|cost_ns| cost_ns.is_finite())
}

/// Expected and counted calls over all rounds; `None` without a hook.
pub(super) fn balance(results: &Results, variant: usize) -> Option<Balance> {
    let sum = |calls: fn(&Ledger) -> u64| results.ledgers(variant).map(calls).fold(0, u64::saturating_add);
    results.ledgers(variant).next().map(|_| Balance {
        variant: results.header.variants[variant].name.clone(),
        expected_calls: sum(|ledger| ledger.expected_calls),
        counted_calls: sum(|ledger| ledger.calls),
        unanswered: unanswered(results, variant),
        segments: segments(results, variant),
    })
}

/// Requests that the hook of `variant` saw and whose answers nobody counted: the last of every flow, when a slot's run
/// ended by the clock. Blocks are waited for.
fn unanswered(results: &Results, variant: usize) -> u64 {
    match results.header.settings.design {
        Design::Lockstep { .. } => 0,
        Design::Slots { .. } => ledgers_times_flows(results, variant),
    }
}

/// What a hook saw that is not called for messages: every flow's connection once per round, with a pause between its
/// blocks; of a slot the warm-up's and the run's, each without a pause.
fn segments(results: &Results, variant: usize) -> Segments {
    if results.header.variants[variant].attach() == Some(AttachPoint::Message) {
        return Segments::default();
    }
    let connections = match results.header.settings.design {
        Design::Lockstep { .. } => ledgers_times_flows(results, variant),
        Design::Slots { .. } => 2 * ledgers_times_flows(results, variant),
    };
    let cycles = results.rounds.iter().flat_map(|round| &round.cycles);
    let acknowledgements = cycles.map(acknowledgements).fold(0, u64::saturating_add);
    Segments { connections, acknowledgements: acknowledgements.saturating_mul(flows(results)) }
}

fn flows(results: &Results) -> u64 {
    results.header.settings.flows.into()
}

fn ledgers_times_flows(results: &Results, variant: usize) -> u64 {
    results.ledgers(variant).count() as u64 * flows(results)
}

/// How often TCP may acknowledge by a segment of its own on one connection in a cycle. The last response of a block is
/// acknowledged once the next request takes longer than a delayed acknowledgement waits; so is any other that a busy
/// machine delays; and after a pause longer than a retransmission would wait, TCP asks itself again whether this is a
/// dialogue.
fn acknowledgements(cycle: &Cycle) -> u64 {
    let elapsed_ns = cycle.blocks.iter().map(|block| block.elapsed_ns).fold(0, u64::saturating_add);
    1 + elapsed_ns / DELAYED_ACK_NS + elapsed_ns / RTO_MIN_NS * QUICK_ACKS
}

/// Where the threads were seen. A server's thread is where it was put, or it is not known.
fn cpus(results: &Results) -> BTreeSet<Cpus> {
    let Some(server) = results.header.settings.server_cpu else { return BTreeSet::new() };
    let clients = results.rounds.iter().flat_map(|round| &round.client_cpus);
    clients.map(|&client| Cpus { client, server }).collect()
}
