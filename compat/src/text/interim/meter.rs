//! When an interim result is due.
//!
//! netperf was written when reading the clock was dear: with a positive `-D` it counts units up to a guess of
//! how many fit the interval, reads the clock only then, and corrects the guess. Hence lines that overshoot or
//! drift. A negative `-D` looks at the clock after every transaction. Both are reproduced here, for scripts
//! that know the pattern, at the price of two integer comparisons per transaction.

use crate::elapsed::{NS_PER_US, US_PER_SEC, micros_between};

/// netperf's guess where none is given, in units; also its reading of a guess of 0.
const DEFAULT_GUESS: f64 = 100.0;

/// What happened since the previous interim result.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Interval {
    /// Units completed.
    pub units: u64,
    /// Length in microseconds.
    pub actual_us: u64,
    /// The stamp it ended at, on the caller's clock.
    pub end_ns: u64,
}

impl Interval {
    /// So many units between two stamps, ns.
    #[must_use]
    pub fn between(start_ns: u64, end_ns: u64, units: u64) -> Self {
        Self { units, actual_us: micros_between(start_ns, end_ns), end_ns }
    }
}

/// Collects completed units and says when an interval is full.
///
/// A unit is a transaction, or a byte if rates are in bytes or bits: netperf compares guesses with either.
/// All stamps are nanoseconds of one clock.
#[derive(Debug, Clone)]
pub struct IntervalMeter {
    interval_us: f64,
    /// Units expected in one interval; `None` looks at the clock instead.
    guess: Option<f64>,
    start_ns: u64,
    units: u64,
    /// Nothing is due before this many units …
    units_due: u64,
    /// … nor before this stamp.
    due_ns: u64,
}

impl IntervalMeter {
    /// `-D seconds,first_guess` with a positive time: guess the units in an interval.
    pub fn guessing(seconds: f64, first_guess: Option<u32>) -> Self {
        Self::new(seconds, Some(first_guess.map_or(DEFAULT_GUESS, f64::from)))
    }

    /// `-D -seconds`: intervals exact to one transaction.
    pub fn exact(seconds: f64) -> Self {
        Self::new(seconds, None)
    }

    fn new(seconds: f64, guess: Option<f64>) -> Self {
        let mut meter =
            Self { interval_us: seconds * US_PER_SEC as f64, guess, start_ns: 0, units: 0, units_due: 0, due_ns: 0 };
        meter.restart(0);
        meter
    }

    /// The length of an interval, seconds.
    #[must_use]
    pub fn seconds(&self) -> f64 {
        self.interval_us / US_PER_SEC as f64
    }

    /// Starts an iteration, just before its loop. What was learnt about the guess is kept.
    pub fn restart(&mut self, now_ns: u64) {
        // `-D 0` drives the guess to 0, which netperf takes for "not set" at the next iteration.
        if self.guess == Some(0.0) {
            self.guess = Some(DEFAULT_GUESS);
        }
        self.units_due = self.guess.map_or(0, whole_units);
        self.begin(now_ns);
    }

    /// Counts the units of a completed transaction; gives an interval if one is full at `now_ns`.
    #[inline]
    pub fn record(&mut self, units: u64, now_ns: u64) -> Option<Interval> {
        self.units = self.units.saturating_add(units);
        if self.units < self.units_due || now_ns < self.due_ns {
            return None;
        }
        self.look(now_ns)
    }

    /// The unfinished interval at the end of an iteration, however short; `None` if nothing happened in it.
    pub fn finish(&mut self, now_ns: u64) -> Option<Interval> {
        (self.units > 0).then(|| self.take(now_ns))
    }

    /// Begins the interval anew, and gives the one that a lost datagram fell into (test `-e`): netperf leaves it out.
    pub fn start_over(&mut self, now_ns: u64) -> Interval {
        self.take(now_ns)
    }

    /// The guess is met, or the time is up: corrects the former, checks the latter.
    #[cold]
    fn look(&mut self, now_ns: u64) -> Option<Interval> {
        let actual_us = micros_between(self.start_ns, now_ns) as f64;
        if let Some(guess) = &mut self.guess {
            // Also when no result comes of it; the units then stay and are looked at again.
            *guess *= self.interval_us / actual_us;
            self.units_due = whole_units(*guess);
        }
        (actual_us >= self.interval_us).then(|| self.take(now_ns))
    }

    fn take(&mut self, now_ns: u64) -> Interval {
        let interval = Interval::between(self.start_ns, now_ns, self.units);
        self.begin(now_ns);
        interval
    }

    fn begin(&mut self, now_ns: u64) {
        self.units = 0;
        self.start_ns = now_ns;
        if self.guess.is_none() {
            let due_us = (now_ns / NS_PER_US).saturating_add(self.interval_us.ceil() as u64);
            self.due_ns = due_us.saturating_mul(NS_PER_US);
        }
    }
}

/// The first count that is no less than the guess.
///
/// No count reaches a guess that is infinite or NaN (an interval of 0 µs makes them): netperf then prints
/// nothing until the end.
fn whole_units(guess: f64) -> u64 {
    if guess.is_nan() { u64::MAX } else { guess.ceil() as u64 }
}
