//! Text with netperf TCP_RR output under headings: how comparisons have been written down since 2019.
//!
//! A record is what people keep: a heading per variant, below it what netperf printed, run after run. [`parse`] reads
//! one, [`findings`] says what may be concluded from it, and [`layout`] writes one from runs of our own.

mod error;
pub mod findings;
pub mod layout;
mod line;
mod parse;

pub use error::{Expected, ParseError};
pub use parse::parse;

/// Variants of a record, each with its runs, in the order in which they appear.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Record {
    /// At least one; none is without runs.
    pub groups: Vec<Group>,
}

impl Record {
    /// All runs with the place of their group, in the order in which they ran.
    #[must_use]
    pub fn runs_in_order(&self) -> Vec<(usize, &Run)> {
        let groups = self.groups.iter().enumerate();
        in_order(groups.flat_map(|(group, of)| of.runs.iter().map(move |run| (group, run))), |(_, run)| run)
    }
}

/// Things with a run each, in the order in which the runs ran: by the clock where every one of them tells, else as they
/// are written down.
fn in_order<'a, T>(things: impl Iterator<Item = T>, run: impl Fn(&T) -> &'a Run) -> Vec<T> {
    let mut things: Vec<T> = things.collect();
    let timed = things.iter().all(|thing| run(thing).ended_ms().is_some());
    things.sort_by_key(|thing| (run(thing).ended_ms().filter(|_| timed), run(thing).place));
    things
}

/// The runs under one heading.
#[derive(Debug, Clone, PartialEq)]
pub struct Group {
    /// The heading without its colon.
    pub name: String,
    /// At least one.
    pub runs: Vec<Run>,
}

/// One run of netperf.
#[derive(Debug, Clone, PartialEq)]
pub struct Run {
    /// Its place among all runs of the text, from 0.
    pub place: usize,
    /// Transactions per second; positive and finite.
    pub rate: f64,
    /// Elapsed time; `None` for a run printed with `-v 0`.
    pub seconds: Option<f64>,
    /// Its interim results (`-D`).
    pub interim: Vec<Interim>,
    /// What netperf printed, from the banner to the last row, line ends included.
    pub text: String,
}

impl Run {
    /// When it ended, as far as its interim results tell; ms since the Unix epoch.
    #[must_use]
    pub fn ended_ms(&self) -> Option<u64> {
        self.interim.last().map(|interim| interim.ending_ms)
    }
}

/// One line of `-D` output.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Interim {
    /// Transactions per second.
    pub rate: f64,
    /// Length of the interval.
    pub seconds: f64,
    /// When it ended; ms since the Unix epoch.
    pub ending_ms: u64,
}

#[cfg(test)]
mod tests;
