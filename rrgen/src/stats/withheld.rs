//! Reasons to give no verdict, each with what to do about it.
//!
//! A number from a broken measurement looks like any other number. What can be checked without looking at the
//! result is checked first, and all that is wrong is told at once.

use std::collections::BTreeSet;
use std::fmt;

use thiserror::Error;

use super::contrast::Contrast;
use super::interval::Level;
use super::signed_rank::Depth;
use super::verdict::Margin;

/// The share of calls, one in so many, by which a hook's own count may exceed the transactions: 0.1 %.
const LEDGER_TOLERANCE: u128 = 1_000;

/// Segments without data that every connection may have, whatever it carries: the handshake, the end, and the
/// acknowledgements that TCP sends at once until a connection has proved to be a dialogue.
const BARE_SEGMENTS: u64 = 24;

/// Where a hook saw TCP's segments, and so more than one call per transaction.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Segments {
    /// Connections that it saw.
    pub connections: u64,
    /// Acknowledgements by segments of their own that pauses in their traffic may have caused.
    pub acknowledgements: u64,
}

impl Segments {
    /// The most that can have been without data.
    fn bare(self) -> u64 {
        self.connections.saturating_mul(BARE_SEGMENTS).saturating_add(self.acknowledgements)
    }
}

/// A hook's own count against what the transactions of its variant make one expect.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ledger {
    /// The name of the variant.
    pub variant: String,
    /// Calls that its transactions should have caused.
    pub expected_calls: u64,
    /// Calls that the hook counted.
    pub counted_calls: u64,
    /// Calls for requests whose transactions nobody counted, because the test was over before their answers came.
    pub unanswered: u64,
    /// What it saw segments of; nothing if it was called for messages.
    pub segments: Segments,
}

impl fmt::Display for Ledger {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { variant, expected_calls, counted_calls, .. } = self;
        write!(f, "{variant} counted {counted_calls} calls where {expected_calls} were expected")
    }
}

impl Ledger {
    /// Whether every transaction was seen, and nothing else but 0.1 %, what was left unanswered, and what TCP sends of
    /// itself.
    pub(crate) fn fits(&self) -> bool {
        let known = self.segments.bare().saturating_add(self.unanswered);
        self.counted_calls.checked_sub(self.expected_calls).is_some_and(|more| {
            u128::from(more.saturating_sub(known)) * LEDGER_TOLERANCE <= u128::from(self.expected_calls)
        })
    }
}

/// Where the two ends of a connection ran.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Cpus {
    /// The CPU of the client's thread.
    pub client: u32,
    /// The CPU of the server's thread.
    pub server: u32,
}

/// What is known about a contrast besides its numbers, over all its rounds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Conditions {
    /// The ledger of every hook in the contrast.
    pub ledgers: Vec<Ledger>,
    /// All pairs of CPUs that either variant ran on.
    pub cpus: BTreeSet<Cpus>,
    /// Failed transactions and hook errors.
    pub errors: u64,
}

/// A reason to withhold a verdict.
#[derive(Clone, Debug, Error, PartialEq)]
pub enum Withheld {
    /// The rounds cannot give the interval that is needed.
    #[error("{rounds} rounds give no {level} interval")]
    TooFewRounds {
        /// How many there are.
        rounds: usize,
        /// The interval that is missing.
        level: Level,
    },
    /// Identical variants seem to differ.
    #[error("the baseline differs from itself: its 99 % interval [{low:+.2}, {high:+.2}] % excludes 0")]
    NoiseFloorOffZero {
        /// The lower end, % of the rate.
        low: f64,
        /// The upper end, % of the rate.
        high: f64,
    },
    /// Differences as large as the margin would drown.
    #[error("the noise floor of ± {half_width:.2} % is above the margin of {margin} %")]
    NoiseFloorTooWide {
        /// Half the width of the noise floor's 99 % interval, % of the rate.
        half_width: f64,
        /// The margin, % of the rate.
        margin: f64,
    },
    /// The hook did not see the packets it should have seen, or saw others.
    #[error("the ledger of {0}")]
    LedgerOff(Ledger),
    /// Two placements were compared, not two variants.
    #[error("the threads ran on {} different pairs of CPUs", .0.len())]
    CpusDiffered(BTreeSet<Cpus>),
    /// Something failed while it was measured.
    #[error("{0} transactions or hook calls failed")]
    Errors(u64),
}

impl Withheld {
    /// What to do about it.
    #[must_use]
    pub fn advice(&self) -> String {
        match self {
            Self::TooFewRounds { .. } => {
                format!("measure at least {} rounds (--rounds)", Depth::fewest_values(Level::P99))
            }
            Self::NoiseFloorOffZero { .. } => {
                "look for what treats one path differently (interrupts, CPU placement) and measure again".into()
            }
            Self::NoiseFloorTooWide { .. } => {
                "measure more rounds (--rounds), quieten the machine, or accept a wider margin (--margin)".into()
            }
            Self::LedgerOff(_) => {
                "keep other traffic off the hook's path and see that all of the test's crosses it".into()
            }
            Self::CpusDiffered(_) => "pin both ends (-T LOCAL,REMOTE)".into(),
            Self::Errors(_) => "read the errors reported with the ledger and measure again".into(),
        }
    }
}

/// Every reason to withhold a verdict on `contrast`, measured next to `noise_floor`, the baseline against itself.
#[must_use]
pub fn reasons(contrast: &Contrast, noise_floor: &Contrast, conditions: &Conditions, margin: Margin) -> Vec<Withheld> {
    let mut reasons = Vec::new();
    let rounds = contrast.rounds.min(noise_floor.rounds);
    reasons.extend(too_few(rounds));
    reasons.extend(noise(noise_floor, margin));
    reasons.extend(conditions.ledgers.iter().filter(|ledger| !ledger.fits()).cloned().map(Withheld::LedgerOff));
    if conditions.cpus.len() > 1 {
        reasons.push(Withheld::CpusDiffered(conditions.cpus.clone()));
    }
    if conditions.errors > 0 {
        reasons.push(Withheld::Errors(conditions.errors));
    }
    reasons
}

/// What so many rounds have against any verdict, whatever they will show.
#[must_use]
pub fn too_few(rounds: usize) -> Option<Withheld> {
    let missing = [Level::P95, Level::P99].into_iter().find(|&level| rounds < Depth::fewest_values(level));
    missing.map(|level| Withheld::TooFewRounds { rounds, level })
}

/// What the noise floor has against a verdict; nothing when it has no interval, which is a reason of its own.
fn noise(noise_floor: &Contrast, margin: Margin) -> Vec<Withheld> {
    let Some(interval) = noise_floor.rate_percent().p99 else { return Vec::new() };
    let mut reasons = Vec::new();
    if !interval.contains(0.0) {
        reasons.push(Withheld::NoiseFloorOffZero { low: interval.low, high: interval.high });
    }
    let half_width = interval.half_width();
    if half_width > margin.percent() {
        reasons.push(Withheld::NoiseFloorTooWide { half_width, margin: margin.percent() });
    }
    reasons
}

#[cfg(test)]
mod tests {
    use super::super::round::Round;
    use super::super::verdict::{Verdict, judge};
    use super::*;

    /// A contrast of `rounds` rounds that lie evenly from `low` to `high`, % of the rate.
    fn contrast(rounds: usize, low: f64, high: f64) -> Contrast {
        let step = (high - low) / (rounds - 1) as f64;
        let rounds: Vec<Round> = (0..rounds)
            .map(|round| Round { log_rate: (low + step * round as f64) / 100.0, reference_ns: 25_000.0 })
            .collect();
        Contrast::from_rounds(&rounds).unwrap()
    }

    fn withheld(rounds: usize, noise: (f64, f64), conditions: &Conditions) -> Vec<String> {
        let (engine, floor) = (contrast(rounds, -6.0, -4.0), contrast(rounds, noise.0, noise.1));
        match judge(&engine, &floor, conditions, Margin::default()) {
            Ok(verdict) => {
                assert_eq!(verdict, Verdict::Slower);
                Vec::new()
            }
            Err(reasons) => reasons.iter().map(|reason| format!("{reason}: {}", reason.advice())).collect(),
        }
    }

    fn ledger(expected_calls: u64, counted_calls: u64) -> Conditions {
        let segments = Segments::default();
        let variant = "lua@nfqueue".into();
        let ledger = Ledger { variant, expected_calls, counted_calls, unanswered: 0, segments };
        Conditions { ledgers: vec![ledger], ..Conditions::default() }
    }

    const QUIET: (f64, f64) = (-0.2, 0.2);

    #[test]
    fn a_sound_measurement_gets_its_verdict() {
        let mut sound = ledger(100_000, 100_000);
        sound.cpus = BTreeSet::from([Cpus { client: 0, server: 1 }]);
        assert!(withheld(12, QUIET, &sound).is_empty());
    }

    #[test]
    fn too_few_rounds() {
        let rounds = |rounds| withheld(rounds, QUIET, &Conditions::default());
        assert_eq!(rounds(5), ["5 rounds give no 95 % interval: measure at least 8 rounds (--rounds)"]);
        assert_eq!(rounds(7), ["7 rounds give no 99 % interval: measure at least 8 rounds (--rounds)"]);
        assert!(rounds(8).is_empty());
    }

    #[test]
    fn a_noise_floor_off_zero_or_too_wide() {
        let floor = |low, high| withheld(12, (low, high), &Conditions::default());
        let [off] = floor(0.1, 0.5).try_into().unwrap();
        assert!(off.starts_with("the baseline differs from itself: its 99 % interval [+0.1"), "{off}");
        let [wide] = floor(-4.0, 4.0).try_into().unwrap();
        assert!(wide.starts_with("the noise floor of ± 2.5") && wide.contains("margin of 1 %:"), "{wide}");
        assert_eq!(floor(2.0, 12.0).len(), 2);
    }

    #[test]
    fn a_ledger_may_be_off_by_one_in_a_thousand() {
        for (expected, counted, fits) in
            [(10_000, 10_010, true), (10_000, 10_011, false), (10_000, 9_999, false), (0, 0, true), (0, 1, false)]
        {
            assert_eq!(withheld(12, QUIET, &ledger(expected, counted)).is_empty(), fits, "{expected} {counted}");
        }
        let [reason] = withheld(12, QUIET, &ledger(u64::MAX, 0)).try_into().unwrap();
        assert!(reason.starts_with("the ledger of lua@nfqueue counted 0 calls where 18446744073709551615 were"));
    }

    #[test]
    fn segments_without_data_are_allowed_where_they_are_seen() {
        for (connections, acknowledgements, counted, fits) in [
            (0, 0, 10_034, false),
            (1, 0, 10_034, true),
            (1, 0, 10_035, false),
            (1, 7, 10_041, true),
            (2, 7, 10_066, false),
        ] {
            let mut conditions = ledger(10_000, counted);
            conditions.ledgers[0].segments = Segments { connections, acknowledgements };
            assert_eq!(withheld(12, QUIET, &conditions).is_empty(), fits, "{connections} {acknowledgements} {counted}");
        }
    }

    #[test]
    fn what_the_end_of_a_run_left_unanswered_was_seen_all_the_same() {
        for (counted, fits) in [(10_074, true), (10_075, false)] {
            let mut conditions = ledger(10_000, counted);
            conditions.ledgers[0].unanswered = 64;
            assert_eq!(withheld(12, QUIET, &conditions).is_empty(), fits, "{counted}");
        }
    }

    #[test]
    fn everything_wrong_is_told_at_once() {
        let mut broken = ledger(10, 0);
        broken.cpus = BTreeSet::from([Cpus { client: 0, server: 1 }, Cpus { client: 1, server: 0 }]);
        broken.errors = 3;
        let reasons = withheld(12, (0.1, 0.5), &broken);
        let told: Vec<&str> = reasons.iter().map(|reason| reason.split(':').next().unwrap()).collect();
        assert_eq!(
            told,
            [
                "the baseline differs from itself",
                "the ledger of lua@nfqueue counted 0 calls where 10 were expected",
                "the threads ran on 2 different pairs of CPUs",
                "3 transactions or hook calls failed",
            ]
        );
    }
}
