//! The numbers behind the tables, where a capture shows enough to compute them again.

use compat::elapsed::{self, CpuLoad};
use compat::units::Unit;

use crate::command::Command;
use crate::coverage::RESULTS;
use crate::measured;
use crate::sample::Sample;

/// CPUs of the machine the captures come from (`INDEX.txt`).
const CPUS: u32 = 2;

/// The whole microseconds in which `count` units give a rate that is shown as `rate`.
fn micros(unit: Unit, count: f64, rate: f64) -> u64 {
    (unit.rate(count, 1.0) / rate * 1e6).round() as u64
}

fn in_single_precision(micros: u64) -> f64 {
    elapsed::seconds(0, micros * 1_000).into()
}

/// A counted run without averaging, whose rate has enough digits to tell a microsecond.
fn is_recomputable(command: &Command, rate: f64) -> bool {
    let throughput_shown =
        command.verbosity == 1 || command.verbosity == 0 && !command.local_cpu && !command.remote_cpu;
    throughput_shown && command.count.is_some() && command.banner.confidence.is_none() && rate > 1e4
}

#[test]
fn rates_of_counted_runs_need_single_precision_time() {
    let (mut compared, mut differ_in_double) = (0, 0);
    for name in RESULTS {
        let sample = Sample::load(name);
        let command = sample.command();
        let result = measured::classic(&command, &sample.stdout);
        if !is_recomputable(&command, result.throughput) {
            continue;
        }
        let transactions = command.count.unwrap();
        let bytes = transactions * (command.request_size + command.response_size) as u64;
        let count = command.unit.count(transactions, bytes);
        let micros = micros(command.unit, count, result.throughput);
        let rate = command.unit.rate(count, in_single_precision(micros));
        assert_eq!(format!("{rate:.2}"), format!("{:.2}", result.throughput), "{name}");
        let in_double = command.unit.rate(count, micros as f64 / 1e6);
        differ_in_double += usize::from(format!("{in_double:.2}") != format!("{:.2}", result.throughput));
        compared += 1;
    }
    assert!(compared >= 30, "only {compared} runs");
    assert!(differ_in_double > 0, "single precision made no difference");
}

#[test]
fn service_demands_fit_the_shown_load_and_rate() {
    let mut compared = 0;
    for name in RESULTS {
        let sample = Sample::load(name);
        let command = sample.command();
        let result = measured::classic(&command, &sample.stdout);
        // The mean of several demands is not the demand of the means; `-v 0` shows no load.
        if command.verbosity == 0 || command.banner.confidence.is_some() {
            continue;
        }
        for cpu in [result.local.cpu, result.remote.cpu].into_iter().flatten() {
            // The true load and rate may be half a digit off the shown ones, either way.
            let demand = |half: f32| {
                let load = CpuLoad { busy: cpu.busy + half, cpus: CPUS };
                service_demand(result.unit, result.throughput - f64::from(half), load)
            };
            let (least, most) = (demand(-0.005) - 0.0005, demand(0.005) + 0.0005);
            assert!((least..=most).contains(&cpu.service_demand), "{name}: {least} to {most}");
            assert!(most - least < cpu.service_demand / 1e3, "{name}: {least} to {most} shows nothing");
            compared += 1;
        }
    }
    assert!(compared >= 10, "only {compared} service demands");
}

/// Over so long a time that the whole number of transactions or bytes does not matter.
fn service_demand(unit: Unit, rate: f64, load: CpuLoad) -> f32 {
    let seconds = 1e6;
    let amount = (rate / unit.rate(1.0, 1.0) * seconds) as u64;
    elapsed::service_demand(unit, amount, amount, seconds as f32, load)
}

#[test]
fn latency_comes_from_the_rate() {
    let shown = |stdout: &str, key: &str| -> String {
        stdout.lines().find_map(|line| line.strip_prefix(key)?.strip_prefix('=')).unwrap().to_owned()
    };
    // 100 transactions with a burst of 1.
    let stdout = Sample::load("bm-k-tos").stdout;
    let rate = shown(&stdout, "TRANSACTION_RATE");
    let micros = micros(Unit::Transactions, 100.0, rate.parse().unwrap());
    let seconds = elapsed::seconds(0, micros * 1_000);
    assert_eq!(format!("{:.3}", Unit::Transactions.rate(100.0, seconds.into())), rate);
    assert_eq!(format!("{:.3}", elapsed::rt_latency_usec(100, seconds, 1)), shown(&stdout, "RT_LATENCY"));

    let stdout = Sample::load("47-k-lat").stdout;
    let rate = shown(&stdout, "TRANSACTION_RATE").parse().unwrap();
    assert_eq!(format!("{:.3}", elapsed::round_trip_usec(rate, 0)), shown(&stdout, "RT_LATENCY"));
}
