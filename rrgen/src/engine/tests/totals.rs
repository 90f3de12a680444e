//! A day at a million transactions a second: no count wraps, saturates, or loses its last digit.

use compat::elapsed;
use compat::omni::Latency;
use compat::text::interim::IntervalMeter;
use compat::units::Unit;
use compat::wire::{OmniResults, saturated};
use rrserver::data::MAX_MESSAGE;

use super::*;
use crate::engine::tests::mock::{Peer, Ticks};

const NS_PER_SEC: u64 = 1_000_000_000;
const SECONDS: u64 = 24 * 60 * 60;
const TRANSACTIONS: u64 = SECONDS * 1_000_000;

/// Where the monotonic clock of a machine that has been up for ten years stands.
const UPTIME_NS: u64 = 10 * 365 * SECONDS * NS_PER_SEC;

#[test]
fn the_histogram_counts_every_one_of_them() {
    let mut histogram = LatencyHistogram::new();
    histogram.record(UPTIME_NS, UPTIME_NS + 1000);
    let mut histogram = histogram.into_inner();
    histogram.record_n(1000, TRANSACTIONS - 1).expect("within its bounds");
    assert_eq!((histogram.len(), histogram.count_at(1000)), (TRANSACTIONS, TRANSACTIONS));
    assert_eq!(histogram.value_at_quantile(0.5), 1000);
}

#[test]
fn an_interval_of_a_day_counts_transactions_and_bytes() {
    let mut meter = IntervalMeter::exact(SECONDS as f64);
    meter.restart(UPTIME_NS);
    let units = TRANSACTIONS * 2 * MAX_MESSAGE as u64;
    assert_eq!(meter.record(units, UPTIME_NS + 1), None);
    let interval = meter.record(1, UPTIME_NS + SECONDS * NS_PER_SEC).expect("a full interval");
    assert_eq!((interval.units, interval.actual_us), (units + 1, SECONDS * 1_000_000));
}

#[test]
fn a_run_of_more_than_32_bits_stops_at_its_count_and_at_its_deadline() {
    let clock = Ticks::every(10);
    clock.now.set(UPTIME_NS);
    let stop = Deadline { at_ns: UPTIME_NS + SECONDS * NS_PER_SEC };
    assert!(!stop.reached(stop.at_ns - 1, 0) && stop.reached(stop.at_ns, 0));
    let count = Count { transactions: TRANSACTIONS };
    assert!(!count.reached(0, TRANSACTIONS - 1) && count.reached(0, TRANSACTIONS));
    let mut pacer = Window::new(2, Some(TRANSACTIONS));
    let flow = run_flow(
        &mut Peer::with(3),
        &clock,
        UPTIME_NS,
        &mut pacer,
        &(stop, count),
        &mut LatencyHistogram::new(),
        no_hook,
    );
    assert_eq!((flow.transactions, flow.last_ns), (3, UPTIME_NS + 30));
}

#[test]
fn netperfs_arithmetic_gives_the_rate_and_the_percentiles() {
    let seconds = elapsed::seconds(UPTIME_NS, UPTIME_NS + SECONDS * NS_PER_SEC);
    let bytes = TRANSACTIONS * 2 * MAX_MESSAGE as u64;
    let rate = |unit: Unit| unit.rate(unit.count(TRANSACTIONS, bytes), seconds.into());
    assert_eq!(rate(Unit::Transactions), 1e6);
    // 2 x 16 MiB, a million times a second.
    assert_eq!(rate(Unit::Megabits), 2.0 * 16_777_216.0 * 8.0);
    let latency = Latency::new([(12_000, TRANSACTIONS - 1), (95_000, 1)]);
    assert_eq!((latency.min_us, latency.max_us, latency.percentiles.p99999_us), (12, 95, 12));
    assert_eq!(latency.mean_us.round(), 12.0);
}

#[test]
fn netperfs_results_stop_at_what_they_have_room_for() {
    let full = OmniResults {
        transactions: saturated(TRANSACTIONS),
        send_calls: saturated(u64::from(u32::MAX)),
        recv_calls: saturated(7),
        bytes_sent: u64::MAX,
        ..OmniResults::default()
    };
    let read = OmniResults::decode(&full.encode(), false).expect("results");
    assert_eq!((read.transactions, read.send_calls, read.recv_calls), (u32::MAX, u32::MAX, 7));
    assert_eq!(read.bytes_sent, u64::MAX);
}
