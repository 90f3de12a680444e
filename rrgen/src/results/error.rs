//! Why a file is no results file.

use thiserror::Error;

/// The line, counted from 1, and what was expected there.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("line {line}: expected {expected}")]
pub struct ReadError {
    /// Counted from 1; one past the last for a file that ends too early.
    pub line: usize,
    /// What would have been right, and what is there instead.
    pub expected: String,
}
