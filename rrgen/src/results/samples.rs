//! Results made up for tests.

use super::*;

/// A header of two variants and the contrast between them.
pub(crate) fn header(design: Design) -> Header {
    let variant = |name: &str| Variant { name: name.into(), hook: "none".into() };
    Header {
        version: VERSION,
        program: "rrgen 0.0.0".into(),
        started_s: 1_562_018_208,
        settings: Settings {
            design,
            place: Place::Direct,
            seed: 2019,
            rounds: 12,
            precision_percent: None,
            margin_percent: 1.0,
            length_ns: 1_000_000_000,
            flows: 1,
            hooks: Hooks::default(),
            options: Vec::new(),
            test_options: vec!["-r".into(), "64,128".into()],
            client_cpu: Some(0),
            server_cpu: Some(1),
        },
        variants: vec![variant("baseline"), variant("baseline'")],
        contrasts: vec![Pair { variant: 1, reference: 0 }],
        machine: Machine {
            kernel: "6.1".into(),
            cpu_model: "test".into(),
            cpus: 2,
            governor: None,
            virtualisation: Some("test".into()),
        },
        target: None,
        hook_host: None,
        skipped: vec![Skipped { what: "lua".into(), why: "not wanted".into() }],
    }
}

/// The lock-step design as it is by default.
pub(crate) const LOCKSTEP: Design = Design::Lockstep { block_ns: 2_000_000, block_transactions: 50 };

/// The slot design.
pub(crate) const SLOTS: Design = Design::Slots { interim_s: 1.0 };

/// A round in which a transaction takes so many ns in each variant.
pub(crate) fn round(round: u32, ns: &[u64]) -> Round {
    let block = |&ns: &u64| Block { transactions: 100, elapsed_ns: 100 * ns };
    let order: Vec<usize> = (0..ns.len()).collect();
    let variant = |&ns: &u64| VariantRound { round_trips: RoundTrips(vec![(ns, 300)]), ledger: None };
    Round {
        round,
        repeats: Vec::new(),
        paths: order.clone(),
        client_cpus: vec![0],
        cycles: vec![Cycle { order, blocks: ns.iter().map(block).collect() }; 3],
        variants: ns.iter().map(variant).collect(),
    }
}

/// The slot that comes next after `taken` of two variants.
pub(crate) fn slot(taken: usize, rate: f64) -> Slot {
    let (round, place) = ((taken / 2) as u32, taken % 2);
    let variant = crate::stats::order::slot_order(2019, round, 2)[place];
    Slot { round, place, variant, repeats: Vec::new(), rate, output: format!("{rate:.2}\n"), ledger: None }
}
