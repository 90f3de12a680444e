//! The meter against a simulated clock: the line patterns of captured runs, and a model of netperf's own
//! arithmetic that it must agree with on any sequence.

use proptest::prelude::*;

use super::{Interval, IntervalMeter};
use crate::elapsed::{NS_PER_US, US_PER_SEC};

/// A clock in nanoseconds that tests move by hand.
struct Clock(u64);

impl Clock {
    /// Records `count` transactions `gap_us` apart; gives what became due: (units, length in µs).
    fn run(&mut self, meter: &mut IntervalMeter, count: u64, gap_us: u64) -> Vec<(u64, u64)> {
        (0..count)
            .filter_map(|_| {
                self.0 += gap_us * NS_PER_US;
                meter.record(1, self.0)
            })
            .map(|interval| (interval.units, interval.actual_us))
            .collect()
    }

    fn finish(&self, meter: &mut IntervalMeter) -> Option<(u64, u64)> {
        meter.finish(self.0).map(|interval| (interval.units, interval.actual_us))
    }
}

/// An iteration about to start, at a stamp that is no whole microsecond.
fn start(mut meter: IntervalMeter) -> (IntervalMeter, Clock) {
    let clock = Clock(7_000_000_999);
    meter.restart(clock.0);
    (meter, clock)
}

#[test]
fn a_negative_time_is_exact_to_one_transaction() {
    let (mut meter, mut clock) = start(IntervalMeter::exact(1.0));
    // 30 µs do not divide a second, so every interval is longer by the rest; the last line comes from the end
    // of the test (`05-Dneg1`: three lines in three seconds).
    assert_eq!(clock.run(&mut meter, 100_000, 30), [(33_334, 1_000_020), (33_334, 1_000_020)]);
    assert_eq!(clock.finish(&mut meter), Some((33_332, 999_960)));
    assert_eq!(clock.finish(&mut meter), None);
}

#[test]
fn a_positive_time_overshoots_until_the_guess_is_right() {
    let (mut meter, mut clock) = start(IntervalMeter::guessing(1.0, None));
    // 100 units take 2 ms, which corrects the guess to 50,000 and prints nothing.
    assert_eq!(clock.run(&mut meter, 50_000, 20), [(50_000, US_PER_SEC)]);
    // Twice as fast: 50,000 come too early, the guess doubles and the units stay.
    assert_eq!(clock.run(&mut meter, 100_000, 10), [(100_000, US_PER_SEC)]);
    // Four times as slow: nothing is due before 100,000 units, four seconds later.
    assert_eq!(clock.run(&mut meter, 125_000, 40), [(100_000, 4 * US_PER_SEC), (25_000, US_PER_SEC)]);
    assert_eq!(clock.finish(&mut meter), None);
}

/// Checked with netperf against a server that leaves one datagram unanswered, with `-D -0.5` and `-D 0.5,5`.
#[test]
fn what_a_loss_fell_into_is_left_out() {
    for meter in [IntervalMeter::exact(0.5), IntervalMeter::guessing(0.5, Some(5))] {
        let (mut meter, mut clock) = start(meter);
        assert_eq!(clock.run(&mut meter, 7, 100_000), [(5, 500_000)]);
        clock.0 += US_PER_SEC * NS_PER_US;
        let left_out = meter.start_over(clock.0);
        assert_eq!((left_out.units, left_out.actual_us), (2, 1_200_000));
        assert_eq!(clock.run(&mut meter, 7, 100_000), [(5, 500_000)]);
        assert_eq!(clock.finish(&mut meter), Some((2, 200_000)));
    }
}

#[test]
fn a_first_guess_is_taken_as_given() {
    let (mut meter, mut clock) = start(IntervalMeter::guessing(0.25, Some(5_000)));
    assert_eq!(clock.run(&mut meter, 6_000, 100), [(5_000, 500_000)]);
    assert_eq!(clock.finish(&mut meter), Some((1_000, 100_000)));
}

#[test]
fn no_time_means_a_line_per_transaction_after_the_first_guess() {
    // `c2-D0`.
    let (mut meter, mut clock) = start(IntervalMeter::guessing(0.0, None));
    assert_eq!(clock.run(&mut meter, 102, 50), [(100, 5_000), (1, 50), (1, 50)]);
    // The guess has become 0, which counts as unset in the next iteration; 0 on the command line likewise.
    meter.restart(clock.0);
    assert_eq!(clock.run(&mut meter, 101, 50), [(100, 5_000), (1, 50)]);
    let (mut meter, mut clock) = start(IntervalMeter::guessing(0.0, Some(0)));
    assert_eq!(clock.run(&mut meter, 101, 50), [(100, 5_000), (1, 50)]);
}

#[test]
fn a_look_within_the_same_microsecond_silences_the_guess() {
    for seconds in [0.0, 1.0] {
        let (mut meter, mut clock) = start(IntervalMeter::guessing(seconds, Some(1)));
        clock.run(&mut meter, 1, 0);
        clock.run(&mut meter, 1, 0);
        assert_eq!(clock.run(&mut meter, 1_000, 10_000), []);
        assert!(clock.finish(&mut meter).is_some());
    }
}

#[test]
fn a_guess_survives_an_iteration_and_a_start_does_not() {
    let (mut meter, mut clock) = start(IntervalMeter::guessing(1.0, None));
    clock.run(&mut meter, 60_000, 20);
    assert_eq!(clock.finish(&mut meter), Some((10_000, 200_000)));
    clock.0 += US_PER_SEC * NS_PER_US;
    meter.restart(clock.0);
    assert_eq!(clock.run(&mut meter, 50_000, 20), [(50_000, US_PER_SEC)]);
}

#[test]
fn an_interval_ends_at_the_callers_stamp() {
    let (mut meter, clock) = start(IntervalMeter::exact(0.5));
    let end_ns = clock.0 + 600_000_000;
    let interval = Interval { units: 3_000, actual_us: 600_000, end_ns };
    assert_eq!(meter.record(3_000, end_ns), Some(interval));
}

/// netperf's arithmetic as the specification (D.6) words it: floats throughout, no thresholds kept.
struct Model {
    interval_us: f64,
    guess: Option<f64>,
    units: f64,
    start_us: u64,
}

impl Model {
    fn restart(&mut self, now_us: u64) {
        if self.guess == Some(0.0) {
            self.guess = Some(100.0);
        }
        (self.units, self.start_us) = (0.0, now_us);
    }

    fn record(&mut self, units: u32, now_us: u64) -> Option<(u64, u64)> {
        self.units += f64::from(units);
        let actual = (now_us - self.start_us) as f64;
        match &mut self.guess {
            Some(guess) if self.units >= *guess => *guess *= self.interval_us / actual,
            Some(_) => return None,
            None => {}
        }
        (actual >= self.interval_us).then(|| {
            let emitted = (self.units as u64, now_us - self.start_us);
            (self.units, self.start_us) = (0.0, now_us);
            emitted
        })
    }
}

#[derive(Debug, Clone)]
enum Step {
    Record { units: u32, gap_ns: u64 },
    Restart,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        50 => (1..5_000_u32, 0..3_000_000_u64).prop_map(|(units, gap_ns)| Step::Record { units, gap_ns }),
        1 => Just(Step::Restart),
    ]
}

proptest! {
    #[test]
    fn any_sequence_gives_netperfs_intervals(
        interval_us in prop_oneof![Just(0.0), 0.1..20_000.0],
        guess in prop_oneof![Just(None), (0..20_000_u32).prop_map(Some)],
        steps in proptest::collection::vec(step(), 1..300),
    ) {
        let seconds = interval_us / US_PER_SEC as f64;
        let mut meter = match guess {
            Some(_) => IntervalMeter::guessing(seconds, guess),
            None => IntervalMeter::exact(seconds),
        };
        let interval_us = seconds * US_PER_SEC as f64;
        let mut model = Model { interval_us, guess: guess.map(f64::from), units: 0.0, start_us: 0 };
        model.restart(0);
        let mut now_ns = 0;
        for step in steps {
            match step {
                Step::Record { units, gap_ns } => {
                    now_ns += gap_ns;
                    let interval = meter.record(units.into(), now_ns);
                    let emitted = interval.map(|interval| (interval.units, interval.actual_us));
                    prop_assert_eq!(emitted, model.record(units, now_ns / NS_PER_US));
                }
                Step::Restart => {
                    meter.restart(now_ns);
                    model.restart(now_ns / NS_PER_US);
                }
            }
        }
    }

    #[test]
    fn no_input_panics(
        seconds in any::<f64>(),
        guess in any::<Option<u32>>(),
        records in proptest::collection::vec(any::<(u64, u64)>(), 0..20),
    ) {
        for mut meter in [IntervalMeter::guessing(seconds, guess), IntervalMeter::exact(seconds)] {
            let mut units = 0_u64;
            for &(count, now_ns) in &records {
                units = units.saturating_add(count);
                if let Some(interval) = meter.record(count, now_ns) {
                    prop_assert_eq!(interval.units, units);
                    units = 0;
                }
            }
            let rest = meter.finish(u64::MAX).map_or(0, |interval| interval.units);
            prop_assert_eq!(rest, units);
        }
    }
}
