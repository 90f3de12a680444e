//! Threads whose clocks are the test's, in whatever order: what is told of every interval is known before.

use std::ops::Range;
use std::sync::mpsc::{Receiver, sync_channel};

use proptest::prelude::*;

use super::*;
use crate::engine::Recorder;
use crate::run::Interim;
use crate::run::intervals::Round;

/// Bytes, say.
const UNITS: u64 = 3;

/// Microseconds: of those interim results are made.
const US: u64 = 1_000;

/// What is told of an interval.
#[derive(Debug, PartialEq)]
struct Told {
    /// Where it begins and ends, us.
    span: Range<u64>,
    /// Its round trips, each with a duration of its own, ns.
    round_trips: Vec<u64>,
}

/// All round trips of a histogram, one by one. Up to 2,047 ns it tells them all apart.
fn round_trips(histogram: &hdrhistogram::Histogram<u64>) -> Vec<u64> {
    histogram.iter_recorded().map(|value| value.value_iterated_to()).collect()
}

/// A control plane that looks at once at what it hears.
struct Listener {
    heard: Receiver<Event>,
    round: Round,
    told: Vec<Told>,
}

impl Listener {
    fn listen(&mut self) {
        for event in self.heard.try_iter() {
            let Event::Interim(Interim { interval, round_trips: Some(kept) }) = event else { panic!("{event:?}") };
            assert_eq!(interval.units, UNITS * kept.histogram().len());
            let end = interval.end_ns / US;
            self.told.push(Told { span: end - interval.actual_us..end, round_trips: round_trips(kept.histogram()) });
            self.round.give_back(kept);
        }
    }
}

/// What so many threads with intervals of `every_us` make of `transactions` (which thread completed one when, us) in this
/// order; then all end, as late as is said. So many histograms go round to the control plane.
#[derive(Debug)]
struct Scene {
    every_us: u64,
    end_us: u64,
    going_round: usize,
    transactions: Vec<(usize, u64)>,
    /// `None` never says so.
    ends_us: Vec<Option<u64>>,
}

/// What was told, and what each thread had left.
struct Played {
    told: Vec<Told>,
    /// How many intervals were told before everybody was gone.
    in_time: usize,
    left: Vec<Vec<u64>>,
}

impl Scene {
    fn play(&self) -> Played {
        let (events, heard) = sync_channel(64);
        let (round, empty) = Round::of(self.going_round);
        let mut listener = Listener { heard, round, told: Vec::new() };
        let threads = self.ends_us.len();
        let (mut collector, deliveries) = Collector::new(threads, self.every_us * US, UNITS, &events, empty);
        let mut histograms: Vec<_> = deliveries.iter().map(|_| LatencyHistogram::new()).collect();
        let recorder = |(histogram, delivery)| IntervalRecorder::new(histogram, Some(delivery), 0, self.end_us * US);
        let mut recorders: Vec<_> = histograms.iter_mut().zip(deliveries).map(recorder).collect();
        let mut listen = |collector: &mut Collector<'_>| {
            while let Ok(piece) = collector.pieces.try_recv() {
                collector.take(piece);
                listener.listen();
            }
        };
        for (round_trip, (thread, at_us)) in (1..).zip(&self.transactions) {
            recorders[*thread].record(at_us * US - round_trip, at_us * US);
            listen(&mut collector);
        }
        for (recorder, end_us) in recorders.into_iter().zip(&self.ends_us) {
            if let Some(end_us) = end_us {
                recorder.finish(end_us * US);
                listen(&mut collector);
            }
        }
        let in_time = listener.told.len();
        collector.end();
        listener.listen();
        let left = histograms.iter().map(|histogram| round_trips(histogram.histogram())).collect();
        Played { told: listener.told, in_time, left }
    }
}

/// As much as there is.
const PLENTY: usize = 64;

fn told(transactions: &[(usize, u64)], ends_us: &[Option<u64>]) -> Vec<(Range<u64>, Vec<u64>)> {
    told_with(PLENTY, transactions, ends_us)
}

fn told_with(
    going_round: usize,
    transactions: &[(usize, u64)],
    ends_us: &[Option<u64>],
) -> Vec<(Range<u64>, Vec<u64>)> {
    let (every_us, end_us) = (10, u64::MAX / US);
    let scene = Scene { every_us, end_us, going_round, transactions: transactions.to_vec(), ends_us: ends_us.to_vec() };
    let played = scene.play();
    assert!(played.in_time == played.told.len() || ends_us.contains(&None), "who has ended holds nobody up");
    played.told.into_iter().map(|told| (told.span, told.round_trips)).collect()
}

#[test]
fn an_interval_is_told_when_the_slowest_thread_has_passed_it_and_once() {
    let all = [(0, 4), (1, 9), (0, 10), (1, 15), (1, 20), (0, 29), (0, 30)];
    let expected = [(0..10, vec![1, 2]), (10..20, vec![3, 4]), (20..30, vec![5, 6]), (30..35, vec![7])];
    assert_eq!(told(&all, &[Some(35), Some(31)]), expected, "a boundary belongs to what it begins");
}

#[test]
fn an_idle_thread_says_how_far_it_has_come_and_idle_intervals_are_a_part_of_the_next() {
    assert_eq!(
        told(&[(0, 5), (0, 15), (1, 47), (0, 48)], &[Some(48), Some(48)]),
        [(0..10, vec![1]), (10..20, vec![2]), (20..48, vec![3, 4])],
    );
    assert_eq!(told(&[(0, 33), (0, 41)], &[Some(41)]), [(0..40, vec![1]), (40..41, vec![2])]);
    assert_eq!(told(&[], &[Some(50), Some(50)]), []);
}

#[test]
fn intervals_that_nobody_has_a_histogram_for_are_joined_for_all_threads() {
    // The first two take both. What the third thread has of the one in between goes where the second one's went, though
    // there is a histogram again by then.
    let all = [(0, 5), (0, 45), (0, 55), (1, 25), (1, 35), (2, 25), (2, 35)];
    let expected = [(0..10, vec![1]), (10..50, vec![2, 4, 5, 6, 7]), (50..60, vec![3])];
    assert_eq!(told_with(2, &all, &[Some(60); 3]), expected);
    assert_eq!(told_with(1, &all, &[Some(60); 3]), [(0..60, vec![1, 2, 3, 4, 5, 6, 7])]);
}

#[test]
fn a_thread_that_ends_early_or_dies_holds_nobody_up() {
    let all = [(0, 5), (1, 5), (0, 12), (0, 25), (0, 31)];
    let expected = [(0..10, vec![1, 2]), (10..20, vec![3]), (20..30, vec![4]), (30..31, vec![5])];
    assert_eq!(told(&all, &[Some(31), Some(6)]), expected);
    let ended_first = [(1, 5), (0, 12), (0, 31)];
    assert_eq!(told(&ended_first, &[Some(31), Some(6)])[0], (0..10, vec![1]));
    // What the dead one had not handed over is its own.
    assert_eq!(told(&all, &[Some(31), None])[0], (0..10, vec![1]));
}

#[test]
fn an_end_at_a_boundary_leaves_no_splinter() {
    let transactions = vec![(0, 9), (1, 19), (0, 20), (1, 21)];
    let ends_us = vec![Some(20), Some(21)];
    let played = Scene { every_us: 10, end_us: 20, going_round: PLENTY, transactions, ends_us }.play();
    let expected = [(0..10, vec![1]), (10..21, vec![2, 3, 4])];
    assert!(played.told.iter().zip(expected).all(|(told, (span, all))| told.span == span && told.round_trips == all));
    assert_eq!(played.told.len(), 2);
}

#[test]
fn without_interim_results_everything_stays_with_its_thread() {
    let mut histogram = LatencyHistogram::new();
    let mut recorder = IntervalRecorder::new(&mut histogram, None, 0, 100);
    recorder.record(0, 50);
    recorder.record(0, 500);
    recorder.finish(500);
    assert_eq!(round_trips(histogram.histogram()), [50, 500]);
}

#[test]
fn a_control_plane_that_gives_nothing_back_makes_intervals_longer_and_nobody_wait() {
    let (events, heard) = sync_channel(64);
    let (round, empty) = Round::of(2);
    let (collector, deliveries) = Collector::new(1, 10 * US, UNITS, &events, empty);
    let thread = std::thread::spawn(move || {
        let mut histogram = LatencyHistogram::new();
        let mut recorder = IntervalRecorder::new(&mut histogram, deliveries.into_iter().next(), 0, u64::MAX);
        for interval in 0..100 {
            let at_us = 10 * interval + 5;
            recorder.record(at_us * US - interval - 1, at_us * US);
        }
        recorder.finish(1_000 * US);
    });
    collector.collect(0);
    thread.join().expect("it went on");
    let mut listener = Listener { heard, round, told: Vec::new() };
    listener.listen();
    let told = |span, round_trips| Told { span, round_trips };
    assert_eq!(listener.told, [told(0..10, vec![1]), told(10..1_000, (2..=100).collect())]);
}

fn scenes() -> impl Strategy<Value = Scene> {
    let going_round = prop_oneof![1..4_usize, Just(PLENTY)];
    (1..4_usize, 1..40_u64, going_round, prop_oneof![Just(u64::MAX / US), 100..600_u64]).prop_flat_map(
        |(threads, every_us, going_round, end_us)| {
            let steps = proptest::collection::vec((0..threads, 0..50_u64), 0..40);
            let idle = proptest::collection::vec((0..30_u64, proptest::bool::weighted(0.9)), threads);
            (steps, idle).prop_map(move |(steps, idle)| {
                let mut now = vec![1; threads];
                let mut step = |(thread, pause)| {
                    now[thread] += pause;
                    (thread, now[thread])
                };
                let transactions = steps.into_iter().map(&mut step).collect();
                let ends = idle.into_iter().enumerate().map(|(thread, (pause, says))| (step((thread, pause)).1, says));
                let ends_us = ends.map(|(end_us, says)| says.then_some(end_us)).collect();
                Scene { every_us, end_us, going_round, transactions, ends_us }
            })
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn every_transaction_is_in_the_interval_that_it_completed_in(scene in scenes()) {
        let Played { told, in_time, left } = scene.play();
        prop_assert!(in_time == told.len() || scene.ends_us.contains(&None), "who has ended holds nobody up");
        let left: Vec<u64> = left.concat();
        let completed = |round_trip: u64| scene.transactions[round_trip as usize - 1].1;
        let mut delivered: Vec<u64> = (1..=scene.transactions.len() as u64).filter(|one| !left.contains(one)).collect();
        let mut begins = 0;
        for (number, Told { span, round_trips }) in told.iter().enumerate() {
            let is_last = number + 1 == told.len();
            prop_assert_eq!(span.start, begins, "no gaps");
            prop_assert!(is_last || span.end.is_multiple_of(scene.every_us) && span.end < scene.end_us, "{:?}", span);
            let of_it = delivered.extract_if(.., |one| is_last || completed(*one) < span.end);
            prop_assert_eq!(&of_it.collect::<Vec<_>>(), round_trips);
            prop_assert!(round_trips.iter().all(|one| (span.start..=span.end).contains(&completed(*one))));
            if scene.going_round == PLENTY && !is_last {
                let own = span.end - scene.every_us;
                prop_assert!(round_trips.iter().all(|one| completed(*one) >= own), "nothing is joined");
            }
            begins = span.end;
        }
        prop_assert!(delivered.is_empty(), "nothing is lost: {:?}", delivered);
    }
}
