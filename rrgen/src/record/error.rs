//! What is wrong with a record: the line, what was expected there, and what was found.

use thiserror::Error;

use super::parse::{MAX_GROUPS, MAX_LINE, MAX_RUNS, MAX_TEXT};

/// Longest piece of a line that a message repeats, characters.
const SHOWN: usize = 60;

/// A text that is no record.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("line {line}: expected {expected}, found {found}")]
pub struct ParseError {
    /// Counted from 1; one past the last for a text that ends too early.
    pub line: usize,
    /// What would have been right.
    pub expected: Expected,
    /// The beginning of what stands there.
    pub found: String,
}

/// What a record may go on with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum Expected {
    /// A run before the first heading.
    #[error("a heading such as `Baseline:` above netperf's output")]
    Heading,
    /// No run in the whole text.
    #[error("netperf's TCP_RR output under a heading such as `Baseline:`")]
    AnyRun,
    /// The banner of another test.
    #[error("the banner of a TCP_RR test (netperf -t TCP_RR)")]
    TcpRr,
    /// An interim line that is none.
    #[error("`Interim result: RATE Trans/s over SECONDS seconds ending at TIME`")]
    Interim,
    /// A table in another unit.
    #[error("rates in transactions per second (netperf without -f)")]
    PerSecond,
    /// A run that breaks off.
    #[error("the rest of the run: interim results, the table's headings, its first row")]
    Rest,
    /// A run that breaks off inside its table.
    #[error("the table's second row, the remote socket sizes")]
    SecondRow,
    /// Not text.
    #[error("text in UTF-8")]
    Utf8,
    /// A line that is too long.
    #[error("lines of at most {MAX_LINE} bytes")]
    ShorterLine,
    /// A file that is too long.
    #[error("at most {MAX_TEXT} bytes")]
    ShorterText,
    /// Too many variants.
    #[error("at most {MAX_GROUPS} headings with runs")]
    FewerGroups,
    /// Too many runs of one variant.
    #[error("at most {MAX_RUNS} runs under one heading")]
    FewerRuns,
}

impl ParseError {
    /// `expected` is missing at `line`, which reads `found`.
    pub(super) fn at(line: usize, expected: Expected, found: &str) -> Self {
        let shown: String = found.trim().chars().take(SHOWN).flat_map(char::escape_debug).collect();
        Self { line, expected, found: if shown.is_empty() { "an empty line".into() } else { format!("`{shown}`") } }
    }

    /// The text ends before `line`.
    pub(super) fn at_end(line: usize, expected: Expected) -> Self {
        Self { line, expected, found: "the end of the text".into() }
    }
}
