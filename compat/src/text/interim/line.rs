//! One interim result as text.

use std::fmt;
use std::time::Duration;

use super::Interval;
use crate::elapsed::US_PER_SEC;
use crate::text::printf::Float;
use crate::units::Unit;

/// The form of an interim result, which follows the form of the results.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum InterimFormat {
    /// A sentence: the classic form, and test `-O`.
    #[default]
    Classic,
    /// Test `-o`.
    Csv,
    /// Test `-k`: four lines with a number that counts up from 0 over all iterations.
    KeyValue(u32),
}

/// One interim result, newline included.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct InterimLine {
    /// In `unit` per second.
    pub rate: f64,
    /// What the rate counts.
    pub unit: Unit,
    /// Length of the interval.
    pub seconds: f64,
    /// When it ended by the wall clock, since the Unix epoch, shown in whole milliseconds.
    pub ending: Duration,
    /// How to write it.
    pub format: InterimFormat,
}

impl InterimLine {
    /// The line for an interval whose units were counted as `unit` wants them: transactions or bytes.
    pub fn new(interval: Interval, unit: Unit, ending: Duration, format: InterimFormat) -> Self {
        let seconds = interval.actual_us as f64 / US_PER_SEC as f64;
        Self { rate: unit.rate(interval.units as f64, seconds), unit, seconds, ending, format }
    }
}

impl fmt::Display for InterimLine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (rate, seconds) = (Float(self.rate), Float(self.seconds));
        let unit = self.unit.name();
        let (sec, ms) = (self.ending.as_secs(), self.ending.subsec_millis());
        match self.format {
            InterimFormat::Classic => {
                writeln!(f, "Interim result: {rate:7.2} {unit}/s over {seconds:.3} seconds ending at {sec}.{ms:03}")
            }
            InterimFormat::Csv => writeln!(f, "{rate:7.2},{unit}/s,{seconds:.3},{sec}.{ms:03}"),
            InterimFormat::KeyValue(index) => writeln!(
                f,
                "NETPERF_INTERIM_RESULT[{index}]={rate:.2}\n\
                 NETPERF_UNITS[{index}]={unit}/s\n\
                 NETPERF_INTERVAL[{index}]={seconds:.3}\n\
                 NETPERF_ENDING[{index}]={sec}.{ms:03}"
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_interval_becomes_a_rate() {
        let interval = Interval { units: 3000, actual_us: 300_000, end_ns: 0 };
        let ending = Duration::from_nanos(1_795_343_038_007_999_999);
        let line = |unit| InterimLine::new(interval, unit, ending, InterimFormat::Classic);
        assert_eq!(
            line(Unit::Transactions).to_string(),
            "Interim result: 10000.00 Trans/s over 0.300 seconds ending at 1795343038.007\n"
        );
        assert_eq!(
            line(Unit::Kilobits).to_string(),
            "Interim result:   80.00 10^3bits/s over 0.300 seconds ending at 1795343038.007\n"
        );
    }
}
