//! Native Rust and Lua do the same work: equal verdicts and equal counters, frame by frame, on every rung.
#![cfg(feature = "script")]

use hooks::engine::{LuaEngine, NativeEngine, PacketEngine, Script};
use hooks::filter::{Filter, Rung};
use hooks::named::Named;
use hooks::testing::{Mutator, corpus};

/// Damaged and random frames; every rung sees all of them.
const FRAMES: usize = 100_000;
const SEED: u64 = 2019;

/// Both engines on one rung.
struct Pair {
    native: NativeEngine,
    lua: LuaEngine,
}

impl Pair {
    fn new(filter: Filter) -> Pair {
        let lua = LuaEngine::load(&Script::of(filter.rung), &filter).unwrap();
        Pair { native: NativeEngine::new(filter), lua }
    }

    #[track_caller]
    fn check(&mut self, frame: &[u8]) {
        assert_eq!(self.lua.on_frame(frame), self.native.on_frame(frame), "{frame:02x?}");
    }

    #[track_caller]
    fn check_counters(&mut self) {
        let (lua, native) = (self.lua.report(), self.native.report());
        assert_eq!((lua.errors, lua.first_error), (0, None));
        // A script that only passes has nothing to say; the filter then counts nothing either.
        assert_eq!(lua.counters.unwrap_or_default(), native.counters.unwrap());
    }
}

/// Every rung, once with the default parameters and once with others.
fn pairs() -> impl Iterator<Item = Pair> {
    let other = |rung| Filter { port: 40_000, pattern: "x".parse().unwrap(), ..Filter::of(rung) };
    Rung::ALL.iter().flat_map(move |rung| [Pair::new(Filter::of(*rung)), Pair::new(other(*rung))])
}

#[test]
fn the_corpus_is_judged_alike() {
    for mut pair in pairs() {
        for frame in corpus() {
            pair.check(&frame.bytes);
        }
        pair.check_counters();
    }
}

#[test]
fn damaged_frames_are_judged_alike() {
    let mut pairs: Vec<Pair> = pairs().collect();
    for frame in Mutator::new(SEED).take(FRAMES) {
        for pair in &mut pairs {
            pair.check(&frame);
        }
    }
    pairs.iter_mut().for_each(Pair::check_counters);
}
