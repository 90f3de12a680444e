//! The loop against runs of netperf 2.7.0 whose iterations it was made to tell (`-d`), and against the captured
//! runs with `-i` or `-I`, which show means and widths only.

use super::*;
use crate::elapsed::{self, CpuLoad};
use crate::units::Unit;

/// CPUs of the machine the runs come from.
const CPUS: u32 = 2;

/// An iteration of so many transactions in so many microseconds, with each end's CPU in percent if it was measured.
fn iteration(transactions: u64, micros: u64, local: Option<f32>, remote: Option<f32>) -> Outcome {
    let elapsed = elapsed::seconds(0, micros * 1_000);
    let cost = |busy: Option<f32>| {
        let Some(busy) = busy else { return CpuCost::UNMEASURED };
        let load = CpuLoad { busy, cpus: CPUS };
        CpuCost { busy, service_demand: elapsed::service_demand(Unit::Transactions, transactions, 0, elapsed, load) }
    };
    let throughput = Unit::Transactions.rate(transactions as f64, elapsed.into());
    Outcome { elapsed, throughput, cpu: Ends { local: cost(local), remote: cost(remote) } }
}

fn goal(min: u32, max: u32, level: u8, width: f64) -> Option<Confidence> {
    Some(Confidence { min, max, level, width })
}

/// Adds the outcomes one by one, as long as another is wanted; the widths of the throughput in between.
fn run(iterations: &mut Iterations, outcomes: &[Outcome]) -> Vec<String> {
    let mut widths = Vec::new();
    for outcome in outcomes {
        assert!(iterations.needs_another());
        iterations.add(*outcome);
        widths.push(format!("{:.1}", iterations.reached().unwrap().throughput));
    }
    assert!(!iterations.needs_another());
    widths
}

#[test]
fn the_maximum_ends_a_run_that_misses_its_goal() {
    // -l -2000 -i 5,3 -I 95,20 -c -C
    let mut iterations = Iterations::new(goal(3, 5, 95, 0.2), false);
    let outcomes =
        [65_380, 30_462, 27_991, 27_904, 28_362].map(|micros| iteration(2_000, micros, Some(100.0), Some(100.0)));
    assert_eq!(run(&mut iterations, &outcomes)[1..], ["925.8", "196.5", "104.7", "71.0"]);
    let reached = iterations.warning().unwrap();
    assert_eq!(
        format!("{:.3} {:.3} {:.3}", reached.throughput, reached.local_cpu, reached.remote_cpu),
        "70.972 0.000 0.000"
    );
    let mean = iterations.mean();
    assert_eq!(
        format!("{:.2} {:.2} {:.3}", mean.elapsed, mean.throughput, mean.cpu.local.service_demand),
        "0.04 61977.74 36.020"
    );
    assert_eq!(mean.cpu.local, mean.cpu.remote);
    assert_eq!(iterations.count(), 5);
}

#[test]
fn cpu_figures_vary_and_count() {
    // -l -40000 -i 3,3 -I 99,5 -c -C
    let mut iterations = Iterations::new(goal(3, 3, 99, 0.05), false);
    let outcomes = [(589_468, 94.91525), (564_492, 98.21429), (621_757, 95.14807)]
        .map(|(micros, busy)| iteration(40_000, micros, Some(busy), Some(busy)));
    assert_eq!(run(&mut iterations, &outcomes)[1..], ["275.6", "55.3"]);
    let block = iterations.warning().unwrap().to_string();
    for line in ["Throughput      : 55.312%", "Local CPU util  : 21.959%", "Remote CPU util : 21.959%"] {
        assert!(block.contains(line), "{block}");
    }
    let Outcome { elapsed, throughput, cpu } = iterations.mean();
    let CpuCost { busy, service_demand } = cpu.remote;
    assert_eq!(format!("{elapsed:.2} {throughput:.2} {busy:.2} {service_demand:.3}"), "0.59 67683.93 96.09 28.425");
}

/// `-l -40000 -i 6,3 -I 95,40 -r -c`.
fn local_cpu_only() -> [Outcome; 5] {
    [(821_575, 74.79181), (562_847, 98.21429), (548_356, 100.0), (597_211, 97.443016), (672_153, 100.0)]
        .map(|(micros, busy)| iteration(40_000, micros, Some(busy), None))
}

#[test]
fn a_run_ends_when_its_result_is_known_well_enough() {
    let mut iterations = Iterations::new(goal(3, 6, 95, 0.4), true);
    assert_eq!(run(&mut iterations, &local_cpu_only())[1..], ["474.9", "104.4", "54.4", "38.6"]);
    assert_eq!(iterations.warning(), None);
    let reached = iterations.reached().unwrap();
    assert_eq!(format!("{:.1} {:.1}", reached.local_cpu, reached.remote_cpu), "28.6 0.0");
    assert_eq!(iterations.mean().cpu.remote, CpuCost::UNMEASURED);
}

#[test]
fn the_cpu_can_keep_a_run_going_unless_only_the_result_counts() {
    for (result_only, another) in [(false, true), (true, false)] {
        let mut iterations = Iterations::new(goal(2, 3, 95, 1.05), result_only);
        // The throughput of the last two is within 105 % after two, the CPU is not.
        for (micros, busy) in [(562_847, 50.0), (548_356, 98.0)] {
            iterations.add(iteration(40_000, micros, Some(busy), None));
        }
        assert_eq!(iterations.needs_another(), another);
        assert_eq!(iterations.warning().is_some(), another);
    }
}

#[test]
fn without_a_goal_there_is_one_iteration() {
    let mut iterations = Iterations::new(None, false);
    assert!(iterations.needs_another());
    let [only, ..] = local_cpu_only();
    iterations.add(only);
    assert!(!iterations.needs_another());
    assert_eq!(iterations.mean(), only);
    assert_eq!((iterations.reached(), iterations.warning()), (None, None));
}

#[test]
fn an_idle_cpu_ends_a_run_at_its_minimum() {
    // The width of zeros is 0/0; netperf's comparisons let that win, and it is not below zero.
    let mut iterations = Iterations::new(goal(3, 30, 99, 0.05), false);
    let outcomes = [800_000, 500_000, 600_000].map(|micros| iteration(40_000, micros, None, Some(0.0)));
    run(&mut iterations, &outcomes);
    let reached = iterations.reached().unwrap();
    assert!(reached.throughput > 5.0 && reached.remote_cpu.is_nan());
    assert_eq!(iterations.warning(), None);
}

#[test]
fn the_table_has_no_end_to_fall_off() {
    assert!(student_t(95, 0).is_nan());
    assert_eq!((student_t(95, 1), student_t(99, 1)), (12.706, 63.657));
    assert_eq!((student_t(95, 30), student_t(99, u32::MAX)), (2.042, 2.750));
}

/// Three values with this mean, of which the 99 % interval has this width in percent of the mean: m − d, m and
/// m + d have the variance 2d²/3, and so the width 2·t·d/(√3·m).
fn three_of(mean: f64, width: f64) -> [f64; 3] {
    let t = 9.925;
    let spread = width / PERCENT * mean * 3_f64.sqrt() / (2.0 * t);
    [mean - spread, mean, mean + spread]
}

#[test]
fn captured_widths_belong_to_captured_decisions() {
    let unmeasured = (-1.0, 0.0);
    for (sample, throughput, local, remote, missed) in [
        ("26-i3", (75_682.74, 54.024), unmeasured, unmeasured, true),
        ("a6-i-cC", (40_709.69, 307.282), (55.30, 163.881), (55.13, 167.021), true),
        ("a7-i-C-k", (36_476.32, 430.187), unmeasured, unmeasured, true),
        ("the same, but met", (36_476.32, 4.9), (55.30, 4.9), (55.13, 4.9), false),
        ("the same, but for one end", (36_476.32, 4.9), (55.30, 4.9), (55.13, 5.1), true),
    ] {
        let mut iterations = Iterations::new(goal(3, 3, 99, 0.05), false);
        let [throughputs, locals, remotes] = [throughput, local, remote].map(|(mean, width)| three_of(mean, width));
        for ((throughput, local), remote) in throughputs.into_iter().zip(locals).zip(remotes) {
            let cost = |busy: f64| CpuCost { busy: busy as f32, service_demand: 1.0 };
            let cpu = Ends { local: cost(local), remote: cost(remote) };
            iterations.add(Outcome { elapsed: 1.0, throughput, cpu });
        }
        let reached = iterations.reached().unwrap();
        for (width, captured) in
            [(reached.throughput, throughput.1), (reached.local_cpu, local.1), (reached.remote_cpu, remote.1)]
        {
            // The CPU figures are of single precision.
            assert!((width - captured).abs() < 1e-3, "{sample}: {width} is not {captured}");
        }
        assert_eq!(iterations.warning().is_some(), missed, "{sample}");
    }
}
