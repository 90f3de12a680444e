//! Where a report's numbers come from.

use std::path::Path;

use thiserror::Error;

use crate::bounded::{self, BoundedError};
use crate::record::{self, ParseError, Record};
use crate::results::{self, ReadError, Results};

/// Why a file gives no report.
#[derive(Debug, Error)]
pub(super) enum SourceError {
    #[error(transparent)]
    File(#[from] BoundedError),
    #[error(transparent)]
    Record(#[from] ParseError),
    #[error(transparent)]
    Results(#[from] ReadError),
}

/// What a file holds.
#[derive(Debug)]
pub(super) enum Source {
    Record(Record),
    Results(Box<Results>),
}

/// Reads `file`, or the results file in a directory: JSON lines begin as no text record does.
///
/// # Errors
/// It cannot be read, or is nothing to report on.
pub(super) fn read(file: &Path) -> Result<Source, SourceError> {
    let bytes = if file.is_dir() { bounded::read(&file.join(results::FILE)) } else { bounded::read(file) }?;
    Ok(match bytes.first() {
        Some(b'{') => Source::Results(Box::new(Results::parse(&bytes)?)),
        _ => Source::Record(record::parse(&bytes)?),
    })
}
