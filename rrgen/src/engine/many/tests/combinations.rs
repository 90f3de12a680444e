//! Every schedule with every stop and every recorder, on a simulated server: order and counts are exact.

use super::Stamps;
use super::server::{Server, Time};
use crate::engine::{
    Arrivals, Began, Closed, Count, Deadline, Flow, Gradual, LatencyHistogram, ManyFlows, Open, Process, Profile,
    Recorder, Schedule, ServiceTimes, Stop, Unlimited,
};
use hooks::Verdict;
use proptest::prelude::*;

/// An answer takes the server 10 ns.
const SERVICE_NS: u64 = 10;
const FLOWS: usize = 2;

fn run(
    server: &mut Server<'_>,
    time: &Time,
    schedule: &mut impl Schedule,
    stop: &impl Stop,
    recorder: &mut impl Recorder,
) -> (Flow, Vec<u64>) {
    let mut per_flow = vec![0; FLOWS];
    let mut flows = ManyFlows { exchange: server, clock: time, schedule, stop, recorder };
    let flow = flows.run(0, &mut per_flow, |_, _| Verdict::Pass);
    (flow, per_flow)
}

/// When requests went out, and when their answers came.
#[derive(Default)]
struct Served(Vec<(u64, u64)>);

impl Recorder for Served {
    fn record(&mut self, _intended_ns: u64, _completed_ns: u64) {}

    fn served(&mut self, sent_ns: u64, completed_ns: u64) {
        self.0.push((sent_ns, completed_ns));
    }
}

impl Schedule for Box<dyn Schedule> {
    fn due(&mut self, now_ns: u64) -> Option<usize> {
        (**self).due(now_ns)
    }

    fn completed(&mut self, flow: usize) -> Began {
        (**self).completed(flow)
    }

    fn next_at(&self) -> Option<u64> {
        (**self).next_at()
    }

    fn drain(&mut self) -> u64 {
        (**self).drain()
    }
}

impl Stop for Box<dyn Stop> {
    fn reached(&self, now_ns: u64, completed: u64) -> bool {
        (**self).reached(now_ns, completed)
    }
}

/// Runs a schedule to every stop with every recorder; all say the same, which is returned: begun and completed.
fn all_stops(
    mut schedule: impl FnMut(Option<u64>, u64) -> Box<dyn Schedule>,
    transactions: u64,
    at_ns: u64,
) -> Vec<(u64, u64)> {
    let mut stamps = Vec::new();
    for stop in 0..3 {
        for recorders in 0..3 {
            let time = Time::default();
            // Whoever is woken at that moment had its answer before.
            let mut server = Server::new(&time, SERVICE_NS).waking(if stop == 2 { at_ns + 1 } else { u64::MAX });
            let (mut own, mut histogram, mut service) =
                (Stamps::default(), LatencyHistogram::new(), ServiceTimes::default());
            let counted = (stop == 0).then_some(transactions);
            let mut schedule = schedule(counted, if stop == 1 { at_ns } else { u64::MAX });
            let stop: Box<dyn Stop> = match stop {
                0 => Box::new(Count { transactions }),
                1 => Box::new(Deadline { at_ns }),
                _ => Box::new(Unlimited),
            };
            let mut ran =
                |mut recorder: &mut dyn Recorder| run(&mut server, &time, &mut schedule, &stop, &mut recorder);
            let (flow, per_flow) = match recorders {
                0 => ran(&mut own),
                1 => ran(&mut (&mut own, &mut histogram)),
                _ => ran(&mut (&mut own, (&mut histogram, &mut service))),
            };
            assert_eq!((flow.transactions, per_flow.iter().sum::<u64>()), (transactions, transactions));
            assert_eq!(own.0.len() as u64, transactions);
            if recorders > 0 {
                assert_eq!(histogram.histogram().len(), transactions);
            }
            if recorders > 1 {
                assert_eq!(service.into_inner().histogram().len(), transactions);
            }
            assert!(stamps.is_empty() || stamps == own.0, "{stamps:?} is not {:?}", own.0);
            stamps = own.0;
        }
    }
    stamps
}

#[test]
fn closed_loops_keep_their_windows_full() {
    let stamps = all_stops(|total, _| Box::new(Closed::new(FLOWS, 1, total)), 5, 50);
    assert_eq!(stamps, [(0, 10), (0, 20), (10, 30), (20, 40), (30, 50)]);
    let stamps = all_stops(|total, _| Box::new(Closed::new(FLOWS, 2, total)), 6, 60);
    assert_eq!(stamps, [(0, 10), (0, 20), (0, 30), (0, 40), (10, 50), (20, 60)]);
}

#[test]
fn a_gradual_loop_is_a_closed_one_of_the_flows_that_have_begun() {
    let stamps = all_stops(|total, _| Box::new(Gradual::new(FLOWS, 1, total, 0, 50)), 6, 60);
    assert_eq!(stamps, [(0, 10), (10, 20), (20, 30), (25, 40), (30, 50), (40, 60)]);
}

/// One arrival every 20 ns, on average.
const PROFILE: Profile = Profile { start_ns: 0, per_ns: 0.05, ramp_ns: 0 };

fn open(process: &Process, total: Option<u64>, until_ns: u64) -> Open {
    Open::new(FLOWS, process, PROFILE, until_ns, total)
}

#[test]
fn open_loops_keep_their_appointments() {
    let uniform =
        |total, until_ns| -> Box<dyn Schedule> { Box::new(open(&Process::Uniform { phase: 0.0 }, total, until_ns)) };
    assert_eq!(all_stops(uniform, 4, 70), [(0, 10), (20, 30), (40, 50), (60, 70)]);
    let poisson = || Process::Poisson { seed: 1, stream: 0 };
    let mut arrivals = Arrivals::new(&poisson(), PROFILE);
    let mut free_at = 0;
    let served: Vec<(u64, u64)> = std::iter::repeat_with(|| {
        let at_ns = arrivals.next_ns();
        arrivals.advance();
        free_at = at_ns.max(free_at) + SERVICE_NS;
        (at_ns, free_at)
    })
    .take(20)
    .collect();
    let (transactions, last_ns) = (served.len() as u64, served[served.len() - 1].1);
    assert_eq!(all_stops(|total, until_ns| Box::new(open(&poisson(), total, until_ns)), transactions, last_ns), served);
}

#[test]
fn a_stall_is_one_slow_transaction_of_a_closed_loop_and_many_of_an_open_one() {
    let slow = |mut schedule: Box<dyn Schedule>| {
        let (time, mut stamps, mut service) = (Time::default(), Stamps::default(), ServiceTimes::default());
        let mut server = Server::new(&time, 1).stalling(500, 3000);
        run(&mut server, &time, &mut schedule, &Deadline { at_ns: 10_000 }, &mut (&mut stamps, &mut service));
        let service = service.into_inner();
        let slow = stamps.0.iter().filter(|(begun, completed)| completed - begun >= 100).count();
        (slow, service.histogram().len() - service.histogram().count_between(0, 99))
    };
    assert_eq!(slow(Box::new(Closed::new(FLOWS, 1, None))), (2, 2));
    let arrivals = open(&Process::Uniform { phase: 0.0 }, None, 10_000);
    // 126 arrive during the stall, and one more finds them before it.
    assert_eq!(slow(Box::new(arrivals)), (127, 2));
}

proptest! {
    #[test]
    fn whatever_the_load_nothing_is_lost_and_merged_parts_are_the_whole(
        seed: u64, service_ns in 1..100_u64, until_ns in 1..3000_u64, threads in 1..4_u64,
    ) {
        let (mut merged, mut whole, mut answered) = (LatencyHistogram::new(), LatencyHistogram::new(), 0);
        for stream in 0..threads {
            let (time, mut part) = (Time::default(), LatencyHistogram::new());
            let mut schedule = open(&Process::Poisson { seed, stream }, None, until_ns);
            let mut server = Server::new(&time, service_ns);
            let stop = Deadline { at_ns: until_ns };
            let (flow, _) = run(&mut server, &time, &mut schedule, &stop, &mut (&mut part, &mut whole));
            let counts = schedule.counts_at(flow.last_ns);
            prop_assert_eq!(counts.arrivals, flow.transactions + counts.unanswered + counts.unsent());
            prop_assert_eq!(counts.sent, server.asked.len() as u64);
            prop_assert!(flow.last_ns >= until_ns && flow.last_ns < until_ns + 1 + service_ns);
            answered += flow.transactions;
            merged.add(part.histogram());
        }
        prop_assert_eq!(merged.histogram(), whole.histogram());
        prop_assert_eq!(whole.histogram().len(), answered);
    }

    /// Every schedule with every stop and all recorders.
    #[test]
    fn stamps_of_a_batching_exchange_say_when_its_sends_went_out(
        batch in 1..6_usize, window in 1..4_u32, schedule in 0..4, stop in 0..3,
        transactions in 1..40_u64, until_ns in 1..400_u64, seed: u64,
    ) {
        let (time, mut stamps, mut served) = (Time::default(), Stamps::default(), Served::default());
        let (mut histogram, mut service) = (LatencyHistogram::new(), ServiceTimes::default());
        let woken_at = if stop == 2 { until_ns } else { u64::MAX };
        let mut server = Server::new(&time, SERVICE_NS).batching(batch).waking(woken_at);
        let total = (stop == 0).then_some(transactions);
        let end_ns = if stop == 1 { until_ns } else { u64::MAX };
        let mut schedule: Box<dyn Schedule> = match schedule {
            0 => Box::new(Closed::new(FLOWS, window, total)),
            1 => Box::new(Gradual::new(FLOWS, window, total, 0, 50)),
            2 => Box::new(open(&Process::Uniform { phase: 0.5 }, total, end_ns)),
            _ => Box::new(open(&Process::Poisson { seed, stream: 0 }, total, end_ns)),
        };
        let stop: Box<dyn Stop> = match stop {
            0 => Box::new(Count { transactions }),
            1 => Box::new(Deadline { at_ns: until_ns }),
            _ => Box::new(Unlimited),
        };
        let mut recorder = (&mut stamps, (&mut served, (&mut histogram, &mut service)));
        let (flow, per_flow) = run(&mut server, &time, &mut schedule, &stop, &mut recorder);
        prop_assert_eq!(per_flow.iter().sum::<u64>(), flow.transactions);
        prop_assert_eq!(histogram.histogram().len(), flow.transactions);
        prop_assert_eq!(service.into_inner().histogram().len(), flow.transactions);
        // Who is asked first is answered first.
        let sent_at: Vec<u64> = served.0.iter().map(|(sent_ns, _)| *sent_ns).collect();
        prop_assert_eq!(&sent_at[..], &server.asked_at[..flow.transactions as usize]);
        prop_assert!(served.0.is_sorted_by_key(|(_, completed_ns)| *completed_ns));
        prop_assert!(stamps.0.iter().zip(&served.0).all(|(whole, part)| whole.0 <= part.0 && whole.1 == part.1));
    }

    #[test]
    fn a_drained_loop_has_nothing_under_way(flows in 1..FLOWS + 1, window in 1..4_u32, ramp_ns in 0..200_u64) {
        let (time, mut recorder) = (Time::default(), Stamps::default());
        let mut server = Server::new(&time, SERVICE_NS);
        let mut schedule = Gradual::new(flows, window, None, 0, ramp_ns);
        let stop = Deadline { at_ns: 300 };
        let (before, _) = run(&mut server, &time, &mut schedule, &stop, &mut recorder);
        let stop = Count { transactions: schedule.drain() };
        let (rest, _) = run(&mut server, &time, &mut schedule, &stop, &mut recorder);
        prop_assert_eq!(before.transactions + rest.transactions, server.asked.len() as u64);
        // All but the one whose answer ended the loop.
        prop_assert_eq!(rest.transactions, flows as u64 * u64::from(window) - 1);
    }
}
