//! The comparison itself: round after round, or slot after slot, each saved when it is finished.

use thiserror::Error;

use super::ground::Ground;
use super::lockstep::BlockLength;
use super::progress::Progress;
use super::round::RoundPlan;
use super::slot::SlotPlan;
use super::supervisor::{Cause, Ended, Supervisor};
use crate::analysis;
use crate::results::{Design, Header, Line, Results, Round, Slot, Store, StoreError};
use crate::stats::contrast::Contrast;
use crate::stats::order;
use crate::stats::precision::{self, Next};
use crate::stats::signed_rank::SampleError;

/// How often a round or slot is measured at most. It is repeated for causes that were fixed before anything was measured
/// and have nothing to do with what it shows: a connection that broke, a ledger that does not fit the transactions.
const ATTEMPTS: usize = 3;

/// Why a comparison stops before its end.
#[derive(Debug, Error)]
pub(super) enum SessionError {
    /// It does not work.
    #[error("round {} failed{}: {cause}", .round + 1, if *.attempts > 1 { format!(" {attempts} times") } else { String::new() })]
    Failed {
        /// Counted from 0.
        round: usize,
        /// How often it was tried.
        attempts: usize,
        /// The last failure.
        cause: String,
    },
    /// Results cannot be saved.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Results make no sense.
    #[error(transparent)]
    Sample(#[from] SampleError),
}

/// How a comparison came to its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Finish {
    /// Everything is measured.
    Complete,
    /// The user wanted no more.
    Interrupted,
}

/// A comparison that goes on.
pub(super) struct Session {
    pub(super) store: Store,
    pub(super) ground: Ground,
    pub(super) supervisor: Supervisor,
}

impl Session {
    /// Measures until it is enough.
    ///
    /// # Errors
    /// It cannot go on; what was measured is in the store.
    pub(super) fn run(&mut self) -> Result<Finish, SessionError> {
        let progress = Progress::new(self.store.results());
        progress.begin(self.store.results());
        let finish = self.measure(&progress);
        progress.end();
        finish
    }

    fn measure(&mut self, progress: &Progress) -> Result<Finish, SessionError> {
        while wants_more(self.store.results())? {
            let Some(line) = self.step()? else { return Ok(Finish::Interrupted) };
            self.store.add(line)?;
            progress.tell(self.store.results());
        }
        Ok(Finish::Complete)
    }

    /// The next round or slot; `None` if the user interrupts.
    fn step(&mut self) -> Result<Option<Line>, SessionError> {
        let mut repeats = Vec::new();
        loop {
            let attempt = match self.store.results().header.settings.design {
                Design::Lockstep { block_ns, block_transactions } => {
                    self.round(BlockLength { ns: block_ns, transactions: block_transactions }, &repeats)
                }
                Design::Slots { interim_s } => self.slot(interim_s, &repeats),
            };
            let attempts = repeats.len() + 1;
            match attempt {
                Ok(line) => match misfit(&self.store.results().header, &line) {
                    Some(cause) if attempts < ATTEMPTS => repeats.push(cause),
                    // A ledger that never fits is for the report to tell, which then gives no verdict.
                    _ => return Ok(Some(line)),
                },
                Err(Setback::Interrupted) => return Ok(None),
                Err(Setback::Passing(cause)) if attempts < ATTEMPTS => repeats.push(cause),
                Err(Setback::Passing(cause) | Setback::Lasting(cause)) => {
                    let round = self.store.results().finished_rounds();
                    return Err(SessionError::Failed { round, attempts, cause });
                }
            }
        }
    }

    fn round(&mut self, block: BlockLength, repeats: &[String]) -> Result<Line, Setback> {
        let results = self.store.results();
        let number = results.rounds.len() as u32;
        let Header { settings, variants, .. } = &results.header;
        let plan = RoundPlan { number, settings, variants, block, paths: &self.ground.paths };
        let round = self.supervisor.attend(self.ground.client(), |begun| plan.measure(begun))?;
        Ok(Line::Round(Round { repeats: repeats.to_vec(), ..round }))
    }

    fn slot(&mut self, interim_s: f64, repeats: &[String]) -> Result<Line, Setback> {
        let results = self.store.results();
        let settings = &results.header.settings;
        let variants = results.header.variants.len();
        let (round, place) = ((results.slots.len() / variants) as u32, results.slots.len() % variants);
        let variant = order::slot_order(settings.seed, round, variants)[place];
        let path = &self.ground.paths[order::paths(settings.seed, round, variants)[variant]];
        let hook = &results.header.variants[variant].hook;
        let plan = SlotPlan { round, place, variant, hook, settings, interim_s, path };
        let slot = self.supervisor.attend(self.ground.client(), |begun| plan.measure(begun))?;
        Ok(Line::Slot(Slot { repeats: repeats.to_vec(), ..slot }))
    }
}

/// Why an attempt has no result.
enum Setback {
    Interrupted,
    /// Another attempt may have one.
    Passing(String),
    /// No other will.
    Lasting(String),
}

impl<E: Cause> From<Ended<E>> for Setback {
    fn from(ended: Ended<E>) -> Self {
        let cause = ended.to_string();
        match ended {
            Ended::Interrupted => Self::Interrupted,
            Ended::Silent(_) => Self::Passing(cause),
            Ended::Failed(why) if why.is_repeatable() => Self::Passing(cause),
            Ended::Start(_) | Ended::Died | Ended::Failed(_) => Self::Lasting(cause),
        }
    }
}

/// The ledger of this round or slot that does not fit its transactions.
fn misfit(header: &Header, line: &Line) -> Option<String> {
    let mut alone = Results::new(header.clone());
    match line {
        Line::Round(round) => alone.rounds.push(round.clone()),
        Line::Slot(slot) => alone.slots.push(slot.clone()),
        Line::Header(_) => {}
    }
    analysis::misfit(&alone).map(|ledger| format!("the ledger of {ledger}"))
}

/// Whether anything is left to measure: rounds that were planned, unless the precision that was asked for is there.
fn wants_more(results: &Results) -> Result<bool, SessionError> {
    let settings = &results.header.settings;
    let rounds = results.finished_rounds();
    let Some(target_percent) = settings.precision_percent.filter(|_| rounds > 0) else {
        return Ok(rounds < settings.rounds as usize);
    };
    let contrasts: Vec<Contrast> = analysis::contrasts(results)?.into_iter().map(|(_, contrast)| contrast).collect();
    Ok(precision::next(&contrasts, target_percent) == Next::Continue)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::super::connection::ConnectionError;
    use super::super::round::RoundError;
    use super::*;
    use crate::results::Ledger;
    use crate::results::samples::{LOCKSTEP, header, round};
    use crate::run::RunFailure;

    #[test]
    fn rounds_are_measured_as_planned() {
        let mut results = Results::new(header(LOCKSTEP));
        for number in 0..12 {
            assert!(wants_more(&results).unwrap(), "{number}");
            results.rounds.push(round(number, &[10_000, 10_001]));
        }
        assert!(!wants_more(&results).unwrap());
    }

    /// The decision must not look at what was measured, only at whether the hook saw it.
    #[test]
    fn a_round_is_repeated_for_its_ledger_whatever_it_measured() {
        let header = header(LOCKSTEP);
        let with = |calls| {
            let attached = "message".into();
            let ledger = Ledger { attached, expected_calls: 100_000, calls, errors: 0, ns_per_call: None, hash: None };
            let mut measured = round(0, &[10_000, 90_000]);
            measured.variants[1].ledger = Some(ledger);
            misfit(&header, &Line::Round(measured))
        };
        assert_eq!(with(100_000), None);
        let told = "the ledger of baseline' counted 99999 calls where 100000 were expected";
        assert_eq!(with(99_999).as_deref(), Some(told));
    }

    #[test]
    fn what_was_refused_is_not_tried_again() {
        let setback = |ended: Ended<RoundError>| match Setback::from(ended) {
            Setback::Interrupted => "interrupted",
            Setback::Passing(_) => "passing",
            Setback::Lasting(_) => "lasting",
        };
        let refused = ConnectionError::Run(RunFailure::Setup("the hook host does not allow it".into()));
        assert_eq!(setback(Ended::Failed(refused.into())), "lasting");
        assert_eq!(setback(Ended::Failed(ConnectionError::Counts { client: 1, server: 2 }.into())), "passing");
        assert_eq!(setback(Ended::Silent(Duration::from_secs(5))), "passing");
        assert_eq!(setback(Ended::Interrupted), "interrupted");
    }

    #[test]
    fn precision_ends_it_early_and_never_before_eight_rounds() {
        let mut results = Results::new(header(LOCKSTEP));
        results.header.settings.precision_percent = Some(0.5);
        for number in 0..8 {
            assert!(wants_more(&results).unwrap(), "{number}");
            results.rounds.push(round(number, &[10_000, 10_001]));
        }
        assert!(!wants_more(&results).unwrap());
    }
}
