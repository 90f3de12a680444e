//! A day at a million transactions a second over many flows: every sum on the way from the loop to JSON and text has room
//! for it, to the last digit. The loop itself runs for a day of a simulated clock; what else it would have counted by
//! then is there before it begins.

use compat::text::interim::{InterimFormat, InterimLine};
use compat::units::Unit;
use hooks::Verdict;
use rrserver::LoadReport;
use rrserver::data::{MAX_MESSAGE, Traffic};
use rrserver::load::ThreadReport;

use super::super::interims::{Delivery, IntervalRecorder};
use super::super::share::Shared;
use super::*;
use crate::engine::simulation::{Server, Time};
use crate::engine::{self, Closed, Deadline, OpenCounts};
use crate::run::Interim;

const SECONDS: u64 = 24 * 60 * 60;
const DAY_NS: u64 = SECONDS * 1_000_000_000;
const TRANSACTIONS: u64 = SECONDS * 1_000_000;

const THREADS: u64 = 4;
const FLOWS: usize = 16;
const PER_THREAD: u64 = TRANSACTIONS / THREADS;

/// The simulated server answers once an hour.
const HOUR_NS: u64 = 3600 * 1_000_000_000;
const SIMULATED: u64 = 24;

/// Bytes of a transaction, both ways.
const BYTES: u64 = 2 * MAX_MESSAGE as u64;

/// So many round trips of a microsecond.
fn round_trips(count: u64) -> LatencyHistogram {
    let mut histogram = LatencyHistogram::new();
    let mut many = histogram.histogram().clone();
    many.record_n(1000, count).expect("within its bounds");
    histogram.add(&many);
    histogram
}

/// What a thread's packets come to.
fn traffic() -> Traffic {
    let bytes = PER_THREAD * MAX_MESSAGE as u64;
    Traffic { send_calls: PER_THREAD, recv_calls: PER_THREAD, bytes_sent: bytes, bytes_received: bytes }
}

/// One thread's day, after a warm-up as long.
fn day(delivery: Option<Delivery>) -> Shared {
    let time = Time::default();
    let (mut exchange, mut schedule) = (Server::new(&time, HOUR_NS), Closed::new(FLOWS, 1, None));
    let mut shared = Shared::nothing(FLOWS);
    shared.per_flow.fill(PER_THREAD / FLOWS as u64);
    shared.histogram = round_trips(PER_THREAD - SIMULATED);
    let mut recorder = IntervalRecorder::new(&mut shared.histogram, delivery, 0, DAY_NS);
    let flow = engine::ManyFlows {
        exchange: &mut exchange,
        clock: &time,
        schedule: &mut schedule,
        stop: &Deadline { at_ns: DAY_NS },
        recorder: &mut recorder,
    }
    .run(0, &mut shared.per_flow, |_, _| Verdict::Pass);
    recorder.finish(flow.last_ns);
    assert_eq!((flow.transactions, flow.last_ns), (SIMULATED, DAY_NS));
    let counts = OpenCounts { arrivals: PER_THREAD, sent: PER_THREAD, late: PER_THREAD, ..OpenCounts::default() };
    shared.flow = engine::Flow { transactions: PER_THREAD, ..flow };
    shared.open = Some((counts, round_trips(PER_THREAD)));
    shared.warmed_up = Some(WarmedUp { transactions: PER_THREAD, traffic: traffic() });
    shared.traffic = traffic();
    shared
}

#[test]
fn a_day_of_many_flows_is_counted_to_the_last_transaction() {
    let destination = ([127, 0, 0, 1], 1).into();
    let mut plan =
        plan(destination, THREADS as usize * FLOWS, THREADS as u32, None, TestLength::Seconds(SECONDS as u32));
    plan.interim = Some((IntervalMeter::exact(SECONDS as f64), BYTES));
    let (events, happened) = sync_channel(1);
    let (mut intervals, empty) = Intervals::new();
    let (collector, deliveries) = interims(&plan, &events, Some(empty));
    let shares = deliveries.into_iter().map(|delivery| Ok(day(delivery))).collect();
    collector.expect("intervals").collect(0);

    let Ok(Event::Interim(Interim { interval, round_trips })) = happened.try_recv() else { panic!("no interval") };
    intervals.take_back(round_trips.expect("kept"));
    assert_eq!((interval.units, interval.actual_us), (TRANSACTIONS * BYTES, SECONDS * 1_000_000));
    let line = InterimLine::new(interval, Unit::Megabits, Duration::ZERO, InterimFormat::Classic).to_string();
    assert!(line.contains("268435456.00 10^6bits/s over 86400.000 seconds"), "{line}");

    let sockets = [socket(), socket()];
    let outcome = Merged::of(shares, 0).outcome(&sockets, 0, false);
    assert_eq!((outcome.transactions, outcome.elapsed_ns), (TRANSACTIONS, DAY_NS));
    assert_eq!(outcome.traffic.bytes_sent + outcome.traffic.bytes_received, TRANSACTIONS * BYTES);
    assert_eq!(intervals.complete(&outcome.histogram).len(), TRANSACTIONS);
    let open = outcome.open.expect("counts");
    assert_eq!(
        (open.counts.arrivals, open.counts.late, open.service.len()),
        (TRANSACTIONS, TRANSACTIONS, TRANSACTIONS)
    );
    assert_eq!(open.achieved(), 1e6);
    let fairness = outcome.fairness.expect("many flows").to_string();
    assert!(fairness.ends_with("slowest 15625.00 median 15625.00 fastest 15625.00"), "{fairness}");

    let warmed_up = outcome.warmed_up.expect("a warm-up");
    assert_eq!((warmed_up.transactions, warmed_up.traffic), (TRANSACTIONS, outcome.traffic));
    let report = warmed_up.taken_off_report(of_server(&outcome.report));
    assert_eq!(report.transactions(), TRANSACTIONS);
    assert_eq!((report.end.transactions, report.end.bytes_sent), (TRANSACTIONS, outcome.traffic.bytes_sent));
    assert_eq!(report.to_string().matches("16 flows, 21600000000 transactions").count(), THREADS as usize);
    let json = report.to_json().expect("JSON");
    assert!(json.contains("\"transactions\":86400000000,\"bytes_sent\":1449551462400000000,"), "{json}");
    assert_eq!(LoadReport::from_json(json.as_bytes()).expect("a report"), report);
}

/// What a server tells of warm-up and test together, if each was like `test`.
fn of_server(test: &EndReport) -> LoadReport {
    let thread = ThreadReport { cpu: None, flows: FLOWS as u32, transactions: 2 * PER_THREAD };
    let end = EndReport {
        transactions: 2 * test.transactions,
        bytes_sent: 2 * test.bytes_sent,
        bytes_received: 2 * test.bytes_received,
        ..test.clone()
    };
    LoadReport { threads: vec![thread; THREADS as usize], end, ..LoadReport::default() }
}

fn socket() -> Socket {
    Socket::new(socket2::Domain::IPV4, socket2::Type::STREAM, None).expect("a socket")
}
