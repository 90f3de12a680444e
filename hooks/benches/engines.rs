//! What one frame costs each engine in user space, rung by rung, on the test's own traffic: a one-byte request.
//!
//! `lua-userdata` is the obvious way to hand a frame to Lua, the yardstick for the access path of `engine/lua`.

use std::hint::black_box;
use std::time::Duration;

use criterion::{Criterion, criterion_group, criterion_main};
use hooks::engine::{NativeEngine, NullEngine, PacketEngine};
use hooks::filter::{Filter, Rung};
use hooks::named::Named;
use hooks::testing::corpus;

#[cfg(feature = "script")]
mod userdata;

/// The corpus frame that stands for the test's own traffic.
const REQUEST: &str = "ipv4";

fn measure(criterion: &mut Criterion, name: &str, mut engine: impl PacketEngine) {
    let frame = corpus().into_iter().find(|frame| frame.name == REQUEST).expect("the corpus has a request").bytes;
    criterion.bench_function(name, |bencher| bencher.iter(|| engine.on_frame(black_box(&frame))));
}

fn engines(criterion: &mut Criterion) {
    measure(criterion, "null", NullEngine);
    for rung in Rung::ALL {
        let filter = Filter::of(*rung);
        measure(criterion, &format!("native/{rung}"), NativeEngine::new(filter));
        #[cfg(feature = "script")]
        {
            use hooks::engine::{LuaEngine, Script};

            let engine = LuaEngine::load(&Script::of(*rung), &filter).expect("the ladder loads");
            measure(criterion, &format!("lua/{rung}"), engine);
            measure(criterion, &format!("lua-userdata/{rung}"), userdata::Engine::load(*rung, &filter));
        }
    }
}

criterion_group! {
    name = benches;
    config = Criterion::default()
        .warm_up_time(Duration::from_millis(500))
        .measurement_time(Duration::from_secs(2));
    targets = engines
}
criterion_main!(benches);
