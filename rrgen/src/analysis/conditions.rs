//! What else is known of a contrast: ledgers, CPUs, errors, and what the hook cost by its own clock.

use std::collections::BTreeSet;

use hooks::AttachPoint;

use crate::results::{Ledger, Pair, Results};
use crate::stats::withheld::{Conditions, Cpus, Ledger as Balance, Segments};

/// The conditions under which `pair` was measured.
pub(super) fn of(results: &Results, pair: Pair) -> Conditions {
    let variants = [pair.reference, pair.variant];
    Conditions {
        ledgers: variants.into_iter().filter_map(|variant| balance(results, variant)).collect(),
        cpus: cpus(results),
        errors: variants.into_iter().flat_map(|variant| results.ledgers(variant)).map(|ledger| ledger.errors).sum(),
    }
}

/// What the hook of `variant` cost per transaction, ns, by its own clock.
pub(super) fn own_cost_ns(results: &Results, variant: usize) -> Option<f64> {
    let mut cost_ns = 0.0;
    let mut transactions = 0;
    for round in &results.rounds {
        let ledger = round.variants[variant].ledger.as_ref()?;
        cost_ns += ledger.ns_per_call? * ledger.calls as f64;
        transactions += round.cycles.iter().map(|cycle| cycle.blocks[variant].transactions).sum::<u64>();
    }
    (transactions > 0).then(|| cost_ns / transactions as f64)
}

/// Expected and counted calls over all rounds; `None` without a hook.
fn balance(results: &Results, variant: usize) -> Option<Balance> {
    let sum = |calls: fn(&Ledger) -> u64| results.ledgers(variant).map(calls).fold(0, u64::saturating_add);
    results.ledgers(variant).next().map(|_| Balance {
        variant: results.header.variants[variant].name.clone(),
        expected_calls: sum(|ledger| ledger.expected_calls),
        counted_calls: sum(|ledger| ledger.calls),
        segments: segments(results, variant),
    })
}

/// What a hook saw that is not called for messages: a connection per round, with a pause between its blocks.
fn segments(results: &Results, variant: usize) -> Segments {
    if results.header.variants[variant].attach() == Some(AttachPoint::Message) {
        return Segments::default();
    }
    let connections = results.ledgers(variant).count() as u64;
    Segments { connections, pauses: results.rounds.iter().map(|round| round.cycles.len() as u64).sum() }
}

/// Where the threads were seen. A server's thread is where it was put, or it is not known.
fn cpus(results: &Results) -> BTreeSet<Cpus> {
    let Some(server) = results.header.settings.server_cpu else { return BTreeSet::new() };
    let clients = results.rounds.iter().flat_map(|round| &round.client_cpus);
    clients.map(|&client| Cpus { client, server }).collect()
}
