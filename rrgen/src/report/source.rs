//! Where a report's numbers come from: a file, read within bounds.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use thiserror::Error;

use crate::record::{self, ParseError, Record};
use crate::results::{self, ReadError, Results};

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
    let bytes = if file.is_dir() { bytes(&file.join(results::FILE)) } else { bytes(file) }?;
    Ok(match bytes.first() {
        Some(b'{') => Source::Results(Box::new(Results::parse(&bytes)?)),
        _ => Source::Record(record::parse(&bytes)?),
    })
}

fn bytes(file: &Path) -> Result<Vec<u8>, SourceError> {
    let mut bytes = Vec::new();
    File::open(file)?.take(MAX_FILE + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > MAX_FILE { Err(SourceError::TooLong) } else { Ok(bytes) }
}
