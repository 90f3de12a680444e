//! Results with everything that makes a page difficult.

use rrgen::results::{
    Block, Cycle, Design, Header, Hooks, Line, Machine, Pair, Place, Round, RoundTrips, Settings, Skipped, Store,
    VERSION, Variant, VariantRound,
};
use tempfile::TempDir;

/// Rounds of a comparison by default.
const ROUNDS: u32 = 12;

/// What a transaction of the baseline takes, ns.
const BASELINE_NS: u64 = 100_000;

/// What a transaction takes in a round, ns.
type Time = fn(u64) -> u64;

/// The variants beside the baseline.
const VARIANTS: [(&str, Time); 5] = [
    ("baseline'", |round| BASELINE_NS + round % 3 * 10 - 10),
    ("native@message", |round| BASELINE_NS + 200 + round),
    ("lua@nfqueue:script=a-script-with-a-rather-long-name.lua", |round| BASELINE_NS - 4_000 + round * 700),
    ("ebpf@xdp:object=counter.o,program=count", |round| BASELINE_NS * 9 + round * 1_000),
    ("W@W", |round| BASELINE_NS / 2 + round),
];

/// A folder with the results.
pub(super) fn crafted() -> TempDir {
    let folder = TempDir::new().unwrap();
    let mut store = Store::create(Some(folder.path().to_owned()), header()).unwrap();
    (0..ROUNDS).for_each(|number| store.add(Line::Round(round(number))).unwrap());
    folder
}

fn round(number: u32) -> Round {
    let variants = VARIANTS.iter().map(|(_, ns)| ns(number.into()));
    let times: Vec<u64> = std::iter::once(BASELINE_NS).chain(variants).collect();
    let order: Vec<usize> = (0..times.len()).collect();
    let blocks = times.iter().map(|ns| Block { transactions: 100, elapsed_ns: 100 * ns }).collect();
    // A stall of every length, up to minutes.
    let round_trips = |ns: u64| (0..8).map(|power| (ns * 7_u64.pow(power), 10_u64.pow(7 - power))).collect();
    let of_variant = |&ns: &u64| VariantRound { round_trips: RoundTrips(round_trips(ns)), ledger: None };
    Round {
        round: number,
        repeats: (number == 3).then(|| "connection reset".to_owned()).into_iter().collect(),
        paths: order.clone(),
        client_cpus: vec![0],
        variants: times.iter().map(of_variant).collect(),
        cycles: vec![Cycle { order, blocks }],
    }
}

fn header() -> Header {
    let variant = |name: &str| Variant { name: name.into(), hook: "none".into() };
    let names = std::iter::once("baseline").chain(VARIANTS.map(|(name, _)| name));
    Header {
        version: VERSION,
        program: "rrgen 0.0.0".into(),
        started_s: 0,
        settings: Settings {
            design: Design::Lockstep { block_ns: 2_000_000, block_transactions: 50 },
            place: Place::Host { host: "a-host-with-a-long-name.example.org".into(), port: 12865 },
            seed: u64::MAX,
            rounds: ROUNDS,
            precision_percent: None,
            margin_percent: 1.0,
            length_ns: 1_000_000_000,
            flows: 64,
            hooks: Hooks::default(),
            options: Vec::new(),
            test_options: ["-r", "64,128"].map(str::to_owned).to_vec(),
            client_cpu: None,
            server_cpu: None,
        },
        variants: names.map(variant).collect(),
        contrasts: (1..=VARIANTS.len()).map(|variant| Pair { variant, reference: 0 }).collect(),
        machine: Machine { kernel: "6.1".into(), cpu_model: "x".into(), cpus: 1, governor: None, virtualisation: None },
        target: None,
        hook_host: None,
        skipped: vec![Skipped { what: "null@tcx-ingress".into(), why: "no permission".into() }],
    }
}
