//! `rrgen merge`: the histogram logs of several clients as one.
//!
//! The percentiles of many clients are not the mean of theirs. Histograms add up without loss, so this adds them,
//! tag by tag: what was measured under different hooks stays apart.

mod args;
mod merged;
mod render;

use std::ffi::OsString;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use compat::text::failure::Report as Printed;
use thiserror::Error;

use crate::bounded::{self, BoundedError};
use crate::hdr_log::{ReadError, Reader};
use crate::replace::replace;
use merged::{AddError, Merged};

/// Why there is nothing merged.
#[derive(Debug, Error)]
enum MergeError {
    #[error("{0}: {1}")]
    Read(PathBuf, #[source] BoundedError),
    #[error("{0}: {1}")]
    Malformed(PathBuf, #[source] ReadError),
    #[error("{0}: {1}")]
    Add(PathBuf, #[source] AddError),
    #[error("{0}: no interval in it: its run failed, or it is no histogram log")]
    Empty(PathBuf),
    #[error("--hdr-log: cannot write {0}: {1}")]
    Write(PathBuf, #[source] io::Error),
}

/// Carries out `rrgen merge` with the words after it: what to print where, and the exit status.
#[must_use]
pub fn run(words: &[OsString]) -> Printed {
    let options = match args::read(words) {
        Ok(options) => options,
        Err(printed) => return printed,
    };
    match merge(&options) {
        Ok(stdout) => Printed { stdout, stderr: String::new(), status: 0 },
        Err(error) => Printed { stdout: String::new(), stderr: format!("rrgen merge: {error}\n"), status: 1 },
    }
}

/// All of the logs or none: percentiles of a part would look like those of the whole.
fn merge(options: &args::Options) -> Result<String, MergeError> {
    let mut merged = Merged::default();
    for file in &options.files {
        add(&mut merged, file)?;
    }
    if let Some(file) = &options.hdr_log {
        let log = merged.log().map_err(|e| MergeError::Write(file.clone(), e))?;
        write(file, &log).map_err(|e| MergeError::Write(file.clone(), e))?;
    }
    Ok(if options.json { render::json(&options.files, &merged) } else { render::text(&options.files, &merged) })
}

fn add(merged: &mut Merged, file: &Path) -> Result<(), MergeError> {
    let bytes = bounded::read(file).map_err(|e| MergeError::Read(file.to_owned(), e))?;
    let before = merged.intervals();
    for entry in Reader::new(&bytes) {
        let entry = entry.map_err(|e| MergeError::Malformed(file.to_owned(), e))?;
        merged.add(entry).map_err(|e| MergeError::Add(file.to_owned(), e))?;
    }
    if merged.intervals() == before { Err(MergeError::Empty(file.to_owned())) } else { Ok(()) }
}

/// In the place of an old file, or into whatever else has the name: a pipe, say.
fn write(file: &Path, log: &[u8]) -> io::Result<()> {
    let special = fs::metadata(file).is_ok_and(|metadata| !metadata.is_file());
    if special { fs::write(file, log) } else { replace(file, log) }
}
