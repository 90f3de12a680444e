//! The reference filter and its ladder of work: the same job for every engine.
//!
//! One filter answers "what does a hook cost?"; a ladder answers "where does the cost come from?". Each rung does
//! the work of the one below and one thing more:
//!
//! | rung | work | verdict |
//! |---|---|---|
//! | `pass` | none; the filter's own counters stay 0 | pass |
//! | `count` | counts `calls` and `passes` | pass |
//! | `parse` | also walks to TCP ([`crate::packet::parse`]) and counts `tcp` when it gets there | pass |
//! | `port` | also compares the TCP source port with [`Filter::port`] | drop when equal |
//! | `payload` | also, if the port differed, looks for [`Filter::pattern`] in the payload's first [`PAYLOAD_WINDOW`] bytes | drop when equal or found |
//!
//! A frame without TCP passes on every rung. A pattern is found when all its bytes lie within the
//! window and within the payload: positions 0 to `min(payload length, 64) - pattern length`.

use std::fmt;
use std::str::FromStr;

use crate::named::{Named, UnknownName, by_name};

mod pattern;

pub use pattern::{BadPattern, PATTERN_MAX, Pattern};

/// The TCP source port that the reference filter drops, as in the 2019 record; test traffic never uses it.
pub const DEFAULT_PORT: u16 = 1234;
/// Payload bytes searched by the `payload` rung; bounded so that the eBPF verifier can bound it too.
pub const PAYLOAD_WINDOW: usize = 64;

/// A rung of the ladder, in order of work.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Rung {
    /// Returns at once.
    Pass,
    /// Counts.
    Count,
    /// Counts and walks to TCP.
    Parse,
    /// Drops one TCP source port: the reference filter.
    #[default]
    Port,
    /// Also drops what carries one byte string.
    Payload,
}

impl Named for Rung {
    const WHAT: &'static str = "filter";
    const ALL: &'static [Rung] = &[Rung::Pass, Rung::Count, Rung::Parse, Rung::Port, Rung::Payload];

    fn name(self) -> &'static str {
        match self {
            Rung::Pass => "pass",
            Rung::Count => "count",
            Rung::Parse => "parse",
            Rung::Port => "port",
            Rung::Payload => "payload",
        }
    }
}

impl fmt::Display for Rung {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Rung {
    type Err = UnknownName;

    fn from_str(text: &str) -> Result<Rung, UnknownName> {
        by_name(text)
    }
}

/// A rung and its parameters; the rungs below the parameter's own ignore it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Filter {
    /// How much work is done per frame.
    pub rung: Rung,
    /// The TCP source port dropped from [`Rung::Port`] up.
    pub port: u16,
    /// The byte string dropped by [`Rung::Payload`].
    pub pattern: Pattern,
}

impl Filter {
    /// The rung with the default parameters.
    #[must_use]
    pub fn of(rung: Rung) -> Filter {
        Filter { rung, port: DEFAULT_PORT, pattern: Pattern::default() }
    }
}

impl Default for Filter {
    fn default() -> Filter {
        Filter::of(Rung::default())
    }
}

/// What the filter itself counted, frame by frame; the same numbers from every engine.
///
/// `tcp` is what makes the `parse` rung observable: without it a compiler could leave the walk out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct FilterCounters {
    /// Frames seen.
    pub calls: u64,
    /// Frames in which the walk found a TCP header.
    pub tcp: u64,
    /// Frames passed.
    pub passes: u64,
    /// Frames dropped.
    pub drops: u64,
}
