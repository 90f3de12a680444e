//! What one frame costs the kernel programs, rung by rung, on the test's own traffic: a one-byte request.
//!
//! The kernel runs them in its own loop (`BPF_PROG_TEST_RUN`), whose cost is in every figure: subtract that of the
//! null program at the same attach point. Needs root.

use std::time::Duration;

use criterion::{Criterion, criterion_group, criterion_main};
use hooks::engine::ebpf::EbpfProgram;
use hooks::filter::Rung;
use hooks::named::Named;
use hooks::testing::corpus;

/// The corpus frame that stands for the test's own traffic.
const REQUEST: &str = "ipv4";

fn measure(criterion: &mut Criterion, name: &str, spec: &str) {
    let spec = spec.parse().expect("the spec is a hook");
    let program = EbpfProgram::load(&spec, None).expect("this process may load programs");
    let frame = corpus().into_iter().find(|frame| frame.name == REQUEST).expect("the corpus has a request").bytes;
    // By the kernel's own clock: to switch a test run on and off costs it more than the run.
    let run = |repeat: u64| {
        let repeat = u32::try_from(repeat).unwrap_or(u32::MAX);
        program.test_run(&frame, repeat).expect("the program runs").mean * repeat
    };
    criterion.bench_function(name, |bencher| bencher.iter_custom(run));
}

fn programs(criterion: &mut Criterion) {
    for point in ["xdp", "tcx-ingress", "socket"] {
        measure(criterion, &format!("{point}/null"), &format!("null@{point}"));
        for rung in Rung::ALL {
            measure(criterion, &format!("{point}/{rung}"), &format!("ebpf@{point}:filter={rung}"));
        }
    }
}

criterion_group! {
    name = benches;
    config = Criterion::default()
        .warm_up_time(Duration::from_millis(300))
        .measurement_time(Duration::from_secs(1));
    targets = programs
}
criterion_main!(benches);
