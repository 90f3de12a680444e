//! A hook's ledger for programs (`--hook-ledger`): with the transactions that it can be held against, which netperf's
//! output has rounded.

use std::io;
use std::path::Path;

use hooks::Ledger;
use serde::{Deserialize, Serialize};

use crate::run::RunResult;

/// What a run and its hook counted.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Account {
    /// Transactions that were completed, over all iterations.
    pub transactions: u64,
    /// What the hook did meanwhile.
    pub ledger: Ledger,
}

impl Account {
    /// The account of `result`; `None` for a run without a hook.
    #[must_use]
    pub fn of(result: &RunResult) -> Option<Self> {
        let ledger = result.ledger.clone()?;
        Some(Self { transactions: result.histogram.len(), ledger })
    }

    /// Writes it to `file`, as a line of JSON.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn save(&self, file: &Path) -> io::Result<()> {
        let json = serde_json::to_string(self)?;
        std::fs::write(file, json + "\n")
    }
}
