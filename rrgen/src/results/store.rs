//! Saving results as they come.
//!
//! The file is written anew and put in the old one's place each time: whoever reads it, and whoever finds it after
//! a crash, sees whole lines only. A comparison saves once a second at most, so the copying does not matter.
//!
//! The directory is locked meanwhile: of two comparisons that saved there, each would undo what the other saved. The
//! lock goes with the process, however that ends, and leaves no file behind.

use std::fs::{self, File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};

use thiserror::Error;

use crate::bounded::{self, BoundedError};
use crate::replace::replace;

use super::{Header, Line, ReadError, Results};

/// The name of the results file inside its directory.
pub const FILE: &str = "results.jsonl";

/// Why results cannot be saved or gone on with.
#[derive(Debug, Error)]
pub enum StoreError {
    /// There are results already.
    #[error("{0} has results already: go on with them (--resume), or choose another directory")]
    Exists(PathBuf),
    /// Another comparison saves there.
    #[error("another comparison is saving results in {0}: wait until it is over, or choose another directory")]
    InUse(PathBuf),
    /// The file system refused.
    #[error("cannot save results in {0}: {1}")]
    Write(PathBuf, #[source] io::Error),
    /// There is no file, or it cannot be read.
    #[error("{0}: {1}")]
    Read(PathBuf, #[source] BoundedError),
    /// The file is no results file.
    #[error("{0}: {1}")]
    Malformed(PathBuf, #[source] ReadError),
    /// The line does not belong there.
    #[error("results out of order: expected {0}")]
    OutOfOrder(String),
}

/// Results that grow, in memory and, if wanted, in a directory.
#[derive(Debug)]
pub struct Store {
    results: Results,
    directory: Option<PathBuf>,
    /// Held for its lock on the directory.
    _lock: Option<File>,
    /// The file as it stands.
    text: Vec<u8>,
}

impl Store {
    /// Begins with nothing measured. `directory` is made if need be.
    ///
    /// # Errors
    /// It has results already, is in use, or cannot be written to.
    pub fn create(directory: Option<PathBuf>, header: Header) -> Result<Self, StoreError> {
        let lock = directory.as_deref().map(claim_new).transpose()?;
        let text = line(&Line::Header(Box::new(header.clone())));
        let store = Self { results: Results::new(header), directory, _lock: lock, text };
        store.save()?;
        Ok(store)
    }

    /// Goes on with what `directory` has.
    ///
    /// # Errors
    /// There is nothing, it is no results file, or it is in use.
    pub fn resume(directory: &Path) -> Result<Self, StoreError> {
        let file = directory.join(FILE);
        let lock = claim(directory)?;
        let text = bounded::read(&file).map_err(|e| StoreError::Read(file.clone(), e))?;
        let results = Results::parse(&text).map_err(|e| StoreError::Malformed(file, e))?;
        Ok(Self { results, directory: Some(directory.to_owned()), _lock: Some(lock), text })
    }

    /// What has been measured so far.
    #[must_use]
    pub fn results(&self) -> &Results {
        &self.results
    }

    /// Everything measured, at the end.
    #[must_use]
    pub fn into_results(self) -> Results {
        self.results
    }

    /// Adds what was measured next, and saves it.
    ///
    /// # Errors
    /// It does not belong there, or the file system refused.
    pub fn add(&mut self, next: Line) -> Result<(), StoreError> {
        self.text.extend(line(&next));
        self.results.take(next).map_err(StoreError::OutOfOrder)?;
        self.save()
    }

    fn save(&self) -> Result<(), StoreError> {
        let Some(directory) = &self.directory else { return Ok(()) };
        replace(&directory.join(FILE), &self.text).map_err(|e| StoreError::Write(directory.clone(), e))
    }
}

/// Makes sure that there is a directory, that nobody else saves results in it, and that nobody has.
fn claim_new(directory: &Path) -> Result<File, StoreError> {
    fs::create_dir_all(directory).map_err(|e| StoreError::Write(directory.to_owned(), e))?;
    let lock = claim(directory)?;
    if directory.join(FILE).exists() { Err(StoreError::Exists(directory.to_owned())) } else { Ok(lock) }
}

/// Locks a directory for as long as the file that is returned stays open.
fn claim(directory: &Path) -> Result<File, StoreError> {
    let lock = File::open(directory).map_err(|e| StoreError::Read(directory.join(FILE), e.into()))?;
    match lock.try_lock() {
        Err(TryLockError::WouldBlock) => Err(StoreError::InUse(directory.to_owned())),
        // Where the file system knows no locks, results are saved all the same.
        Err(TryLockError::Error(_)) | Ok(()) => Ok(lock),
    }
}

fn line(line: &Line) -> Vec<u8> {
    let mut json = serde_json::to_vec(line).expect("lines have string keys only");
    json.push(b'\n');
    json
}
