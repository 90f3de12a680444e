//! Made-up results with known figures.

use super::*;
use crate::results::samples::{LOCKSTEP, SLOTS, header, round, slot};
use crate::results::{Ledger, Line, Slot, Store};

/// Results of `rounds` rounds in which a transaction takes `ns(round)`.
fn lockstep(rounds: u32, ns: impl Fn(u32) -> [u64; 2]) -> Results {
    let mut store = Store::create(None, header(LOCKSTEP)).unwrap();
    (0..rounds).for_each(|number| store.add(Line::Round(round(number, &ns(number)))).unwrap());
    store.into_results()
}

fn analyse(results: &Results) -> Analysis {
    Analysis::new(results, Margin::default()).unwrap()
}

fn reasons(results: &Results) -> Vec<String> {
    let verdict = analyse(results).contrasts.remove(0).verdict;
    verdict.unwrap_err().iter().map(Withheld::to_string).collect()
}

/// Two alike: round by round either is a little faster.
fn alike(round: u32) -> [u64; 2] {
    [20_000 + u64::from(round % 3), 20_001 + u64::from(round % 2)]
}

#[test]
fn times_percentiles_and_verdict_of_the_lock_step_design() {
    let analysis = analyse(&lockstep(12, alike));
    let baseline = &analysis.variants[0];
    assert_eq!(baseline.ns_per_transaction.round(), 20_001.0);
    assert_eq!(baseline.percentiles.len(), PERCENTILES.len());
    assert!((20_000..20_020).contains(&baseline.percentiles[0].latency_ns));
    assert_eq!(analysis.contrasts[0].verdict, Ok(Verdict::Equivalent { not_zero: false }));
    assert_eq!(analysis.contrasts[0].own_cost_ns, None);
}

#[test]
fn slots_count_in_whole_rounds_by_their_rates() {
    let mut store = Store::create(None, header(SLOTS)).unwrap();
    for taken in 0..17 {
        let next = slot(taken, 1.0);
        let rate = [100.0, 80.0][next.variant];
        store.add(Line::Slot(slot(taken, rate))).unwrap();
    }
    let analysis = analyse(store.results());
    let contrast = &analysis.contrasts[0].contrast;
    assert_eq!((contrast.rounds, contrast.rate_percent().estimate.round()), (8, -20.0));
    assert_eq!(analysis.variants[1].ns_per_transaction.round(), 12_500_000.0);
    assert!(analysis.variants[1].percentiles.is_empty());
}

#[test]
fn nothing_measured_is_nothing_to_analyse() {
    for design in [LOCKSTEP, SLOTS] {
        let empty = Results::new(header(design));
        assert_eq!(Analysis::new(&empty, Margin::default()), Err(SampleError::Empty));
    }
}

/// A file can hold any counts.
#[test]
fn counts_beyond_all_measure_are_a_reason_against_a_verdict() {
    let mut results = lockstep(12, alike);
    let ledger = Ledger {
        attached: "message".into(),
        expected_calls: 300,
        calls: 300,
        errors: u64::MAX,
        ns_per_call: None,
        hash: None,
    };
    results.rounds.iter_mut().for_each(|round| round.variants[1].ledger = Some(ledger.clone()));
    assert_eq!(reasons(&results), ["18446744073709551615 transactions or hook calls failed"]);
}

#[test]
fn no_effect_is_explained_by_no_cost() {
    let explained = |ns| {
        let mut results = lockstep(12, |_| ns);
        let ledger = Ledger {
            attached: "message".into(),
            expected_calls: 300,
            calls: 300,
            errors: 0,
            ns_per_call: Some(50.0),
            hash: None,
        };
        results.rounds.iter_mut().for_each(|round| round.variants[1].ledger = Some(ledger.clone()));
        analyse(&results).contrasts[0].explained()
    };
    assert_eq!(explained([20_000, 20_000]), None);
    assert!((explained([20_000, 20_100]).unwrap() - 0.5).abs() < 0.01);
}

#[test]
fn ledgers_add_up_over_rounds() {
    let ledger = |calls, errors| {
        let attached = "message".into();
        Some(Ledger { attached, expected_calls: 300, calls, errors, ns_per_call: Some(50.0), hash: None })
    };
    let mut results = lockstep(12, alike);
    results.rounds.iter_mut().for_each(|round| round.variants[1].ledger = ledger(300, 0));
    let analysis = analyse(&results);
    assert!(analysis.contrasts[0].verdict.is_ok());
    assert_eq!(analysis.contrasts[0].own_cost_ns, Some(50.0));
    results.rounds[0].variants[1].ledger = ledger(290, 2);
    assert_eq!(
        reasons(&results),
        ["the ledger of baseline' counted 3590 calls where 3600 were expected", "2 transactions or hook calls failed",]
    );
}

/// On a busy machine TCP acknowledges more often by itself: as often as the time of the cycles allows, and no more.
#[test]
fn stalls_allow_for_acknowledgements_where_segments_are_seen() {
    let fits = |ns: u64, more: u64, hook: &str| {
        let mut results = lockstep(1, |_| [ns, ns]);
        results.header.variants[1].hook = hook.into();
        let attached = hook.into();
        let ledger =
            Ledger { attached, expected_calls: 300, calls: 300 + more, errors: 0, ns_per_call: None, hash: None };
        results.rounds[0].variants[1].ledger = Some(ledger);
        misfit(&results).is_none()
    };
    // A connection's 24, one for each of three cycles, and then by the time that their 200 transactions took.
    for (ns, acknowledgements) in [(10_000, 27), (300_000, 30), (1_500_000, 27 + 3 * (7 + 16))] {
        assert!(fits(ns, acknowledgements, "null@xdp"), "{ns}");
        assert!(!fits(ns, acknowledgements + 1, "null@xdp"), "{ns}");
        assert!(!fits(ns, 1, "null@message"), "{ns}");
    }
}

/// Every flow has a connection, with its own handshake, pauses and last request.
#[test]
fn many_flows_have_as_many_connections_and_last_requests() {
    const FLOWS: u64 = 8;
    let ledger = |more: u64| {
        let attached = "there".into();
        Some(Ledger { attached, expected_calls: 300, calls: 300 + more, errors: 0, ns_per_call: None, hash: None })
    };
    let hooked = |mut results: Results, hook: &str| {
        results.header.settings.flows = FLOWS as u32;
        results.header.variants[1].hook = hook.into();
        results
    };
    let in_lockstep = |more, hook: &str| {
        let mut results = hooked(lockstep(1, |_| [10_000, 10_000]), hook);
        results.rounds[0].variants[1].ledger = ledger(more);
        misfit(&results).is_none()
    };
    let in_slots = |more, hook: &str| {
        let mut results = hooked(Results::new(header(SLOTS)), hook);
        let next = slot(0, 1.0);
        results.header.variants.swap(1, next.variant);
        results.slots.push(Slot { ledger: ledger(more), ..next });
        misfit(&results).is_none()
    };
    // By the measures of one connection: 24 and one for each of three cycles; 24 for the warm-up and for the run.
    for (fits, hook, most) in [
        (&in_lockstep as &dyn Fn(u64, &str) -> bool, "null@xdp", FLOWS * 27),
        (&in_lockstep, "null@message", 0),
        (&in_slots, "null@xdp", FLOWS * (2 * 24 + 1)),
        (&in_slots, "null@message", FLOWS),
    ] {
        assert!(fits(most, hook) && !fits(most + 1, hook), "{hook}: {most}");
    }
}

#[test]
fn a_client_seen_on_two_cpus_withholds_the_verdict() {
    let mut results = lockstep(12, alike);
    results.rounds[5].client_cpus.push(1);
    assert_eq!(reasons(&results), ["the threads ran on 2 different pairs of CPUs"]);
    results.header.settings.server_cpu = None;
    assert!(analyse(&results).contrasts[0].verdict.is_ok(), "nothing is known of the pairs");
}
