//! Where a report's numbers come from: a file, read within bounds.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use thiserror::Error;

use crate::record::{self, ParseError, Record};

/// The longest file that is read, bytes.
const MAX_FILE: u64 = 256 << 20;

/// Why a file gives no report.
#[derive(Debug, Error)]
pub(super) enum SourceError {
    #[error("cannot read it: {0}")]
    Io(#[from] io::Error),
    #[error("longer than {MAX_FILE} bytes")]
    TooLong,
    #[error(transparent)]
    Record(#[from] ParseError),
}

/// Reads `file`.
///
/// # Errors
/// It cannot be read, or is nothing to report on.
pub(super) fn read(file: &Path) -> Result<Record, SourceError> {
    let mut bytes = Vec::new();
    File::open(file)?.take(MAX_FILE + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > MAX_FILE {
        return Err(SourceError::TooLong);
    }
    Ok(record::parse(&bytes)?)
}
