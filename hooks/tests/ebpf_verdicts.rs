//! The kernel programs do the work of the native engine: equal verdicts and equal counters, frame by frame, for
//! every rung at every attach point. The kernel itself runs the committed object here.
#![cfg(feature = "ebpf")]

mod support;

use hooks::Verdict;
use hooks::engine::ebpf::EbpfProgram;
use hooks::engine::{NativeEngine, PacketEngine};
use hooks::filter::Rung;
use hooks::named::Named;
use hooks::testing::{Mutator, corpus};

/// Damaged and random frames; every program sees all of them.
const FRAMES: usize = 100_000;
const SEED: u64 = 41;
/// One attach point for each type of program, with the length below which the kernel may refuse to run it: an
/// XDP frame needs its Ethernet header, an skb also the fixed header of the IP version that its type names.
const POINTS: [(&str, usize); 3] = [("xdp", 14), ("tcx-ingress", 14 + 40), ("socket", 14 + 40)];

/// A kernel program and the engine that it is held against.
struct Pair {
    name: String,
    native: NativeEngine,
    ebpf: EbpfProgram,
    shortest: usize,
    judged: usize,
}

impl Pair {
    fn new(spec: &str, shortest: usize) -> Pair {
        let spec = spec.parse().unwrap();
        let ebpf = EbpfProgram::load(&spec, None).unwrap();
        Pair { name: spec.to_string(), native: NativeEngine::new(spec.params.filter()), ebpf, shortest, judged: 0 }
    }

    #[track_caller]
    fn check(&mut self, frame: &[u8]) {
        match self.ebpf.test_run(frame, 1) {
            Ok(run) => {
                assert_eq!(run.verdict, self.native.on_frame(frame), "{}: {frame:02x?}", self.name);
                self.judged += 1;
            }
            Err(error) => assert!(frame.len() < self.shortest, "{}: {error}: {frame:02x?}", self.name),
        }
    }

    #[track_caller]
    fn check_counters(&self) {
        let counted = self.ebpf.counters().unwrap();
        assert_eq!(counted.unwrap_or_default(), self.native.counters(), "{}", self.name);
    }
}

/// Every program, once with the default parameters and once with others.
fn pairs() -> Vec<Pair> {
    let specs = POINTS.iter().flat_map(|(point, shortest)| {
        Rung::ALL.iter().flat_map(move |rung| {
            ["", ",port=40000,payload=0x00"]
                .map(|others| Pair::new(&format!("ebpf@{point}:filter={rung}{others}"), *shortest))
        })
    });
    specs.collect()
}

/// Holds every program against the native engine on `frames`; most of them must be judged.
fn compare(mut pairs: Vec<Pair>, frames: impl Iterator<Item = Vec<u8>>) {
    let mut count = 0;
    for frame in frames {
        count += 1;
        pairs.iter_mut().for_each(|pair| pair.check(&frame));
    }
    for pair in &pairs {
        pair.check_counters();
        assert!(pair.judged > count / 2, "{}: {} of {count}", pair.name, pair.judged);
    }
}

#[test]
fn the_corpus_is_judged_alike() {
    if support::is_root() {
        compare(pairs(), corpus().into_iter().map(|frame| frame.bytes));
    }
}

#[test]
fn damaged_frames_are_judged_alike() {
    if support::is_root() {
        compare(pairs(), Mutator::new(SEED).take(FRAMES));
    }
}

#[test]
fn null_programs_pass_what_others_drop_and_count_nothing() {
    if !support::is_root() {
        return;
    }
    for (point, _) in POINTS {
        let null = EbpfProgram::load(&format!("null@{point}").parse().unwrap(), None).unwrap();
        let runs: Vec<_> = corpus().iter().filter_map(|frame| null.test_run(&frame.bytes, 1).ok()).collect();
        assert!(!runs.is_empty() && runs.iter().all(|run| run.verdict == Verdict::Pass));
        assert_eq!(null.counters().unwrap(), None);
    }
}
