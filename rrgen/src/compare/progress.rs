//! How far a comparison is: one line that is written over on a terminal, a line per step elsewhere.

use std::io::{IsTerminal, Write, stderr};
use std::time::{Duration, Instant};

use crate::results::{Results, Round};
use crate::stats::scale::reciprocal;
use crate::stats::withheld::too_few;

/// Clears the rest of a terminal's line.
const CLEAR_LINE: &str = "\u{1b}[K";

/// Tells on stderr how a comparison goes.
#[derive(Debug)]
pub(super) struct Progress {
    terminal: bool,
    started: Instant,
    /// What had been measured before.
    steps_before: usize,
}

impl Progress {
    /// Begins where `results` are.
    pub(super) fn new(results: &Results) -> Self {
        Self { terminal: stderr().is_terminal(), started: Instant::now(), steps_before: steps(results).0 }
    }

    /// It begins: says now what nobody wants to hear at the end.
    pub(super) fn begin(&self, results: &Results) {
        if let Some(warning) = warning(results) {
            let _ = writeln!(stderr(), "{warning}");
        }
    }

    /// Another step is measured.
    pub(super) fn tell(&self, results: &Results) {
        let (done, planned) = steps(results);
        let left = self.started.elapsed().mul_f64((planned - done) as f64 / (done - self.steps_before).max(1) as f64);
        let line = format!("{}, {:.0} s left", last_step(results), Duration::as_secs_f64(&left));
        // stderr may be closed; the comparison goes on.
        let _ = if self.terminal { write!(stderr(), "\r{line}{CLEAR_LINE}") } else { writeln!(stderr(), "{line}") };
    }

    /// Makes room for what comes after.
    pub(super) fn end(&self) {
        if self.terminal {
            let _ = write!(stderr(), "\r{CLEAR_LINE}");
        }
    }
}

/// That the rounds that are planned are too few for a verdict.
fn warning(results: &Results) -> Option<String> {
    let reason = too_few(results.header.settings.rounds as usize)?;
    Some(format!("rrgen compare: there will be no verdict, {reason}: {}", reason.advice()))
}

/// Rounds or slots, done and planned.
fn steps(results: &Results) -> (usize, usize) {
    let rounds = results.header.settings.rounds as usize;
    match results.slots.len() {
        0 => (results.rounds.len(), rounds.max(results.rounds.len())),
        slots => (slots, slots.max(rounds * results.header.variants.len())),
    }
}

fn last_step(results: &Results) -> String {
    let name = |variant: usize| &results.header.variants[variant].name;
    let step = match (results.rounds.last(), results.slots.last()) {
        (Some(round), _) => {
            let rates = rates(round).enumerate().map(|(variant, rate)| format!("{} {rate:.0}/s", name(variant)));
            (round.round, rates.collect::<Vec<_>>().join(", "))
        }
        (None, Some(slot)) => (slot.round, format!("{} {:.0}/s", name(slot.variant), slot.rate)),
        (None, None) => (0, String::new()),
    };
    format!("round {} of {}: {}", step.0 + 1, results.header.settings.rounds, step.1)
}

/// Transactions per second of each variant over a whole round.
fn rates(round: &Round) -> impl Iterator<Item = f64> {
    (0..round.variants.len()).map(|variant| {
        let blocks = || round.cycles.iter().map(move |cycle| cycle.blocks[variant]);
        let (ns, transactions): (u64, u64) =
            (blocks().map(|block| block.elapsed_ns).sum(), blocks().map(|block| block.transactions).sum());
        reciprocal(ns as f64 / transactions as f64)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::results::samples::{LOCKSTEP, SLOTS, header, round, slot};

    #[test]
    fn rounds_that_give_no_verdict_are_told_before_they_are_measured() {
        let warned = |rounds| {
            let mut results = Results::new(header(LOCKSTEP));
            results.header.settings.rounds = rounds;
            warning(&results)
        };
        let seven = "rrgen compare: there will be no verdict, 7 rounds give no 99 % interval: measure at least 8 rounds (--rounds)";
        assert_eq!(warned(7).as_deref(), Some(seven));
        assert_eq!(warned(8), None);
    }

    #[test]
    fn the_last_step_is_told_with_its_rates() {
        let mut results = Results::new(header(LOCKSTEP));
        assert_eq!(steps(&results), (0, 12));
        results.rounds.push(round(0, &[10_000, 20_000]));
        assert_eq!(last_step(&results), "round 1 of 12: baseline 100000/s, baseline' 50000/s");
        assert_eq!(steps(&results), (1, 12));
        let mut results = Results::new(header(SLOTS));
        results.slots.push(slot(0, 123.4));
        assert!(last_step(&results).ends_with(" 123/s"));
        assert_eq!(steps(&results), (1, 24));
    }
}
