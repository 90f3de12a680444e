//! `rrgen compare` as a user runs it, and what its report says.

use std::path::Path;
use std::process::Command;

use anyhow::{Context, ensure};
use serde::Deserialize;

/// What is read of a report (`--format json`).
#[derive(Debug, Deserialize)]
pub(super) struct Report {
    pub(super) contrasts: Vec<Contrast>,
}

/// One variant against another.
#[derive(Debug, Deserialize)]
pub(super) struct Contrast {
    pub(super) variant: String,
    pub(super) reference: String,
    pub(super) time_ns: Effect,
    pub(super) rate_percent: Effect,
    pub(super) own_cost_ns: Option<f64>,
    pub(super) verdict: Option<String>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Effect {
    pub(super) estimate: f64,
    pub(super) interval_95: Option<Interval>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Interval {
    pub(super) low: f64,
    pub(super) high: f64,
}

impl Interval {
    /// Whether it says that there is a difference.
    pub(super) fn excludes_zero(&self) -> bool {
        self.low > 0.0 || self.high < 0.0
    }
}

/// Runs a comparison on the loopback device, for which nobody needs a privilege.
pub(super) fn compare(folder: &Path, words: &[&str]) -> anyhow::Result<Report> {
    let program = folder.join("rrgen");
    let output = Command::new(&program)
        .args(["compare", "--topology", "loopback", "--format", "json"])
        .args(words)
        .output()
        .with_context(|| program.display().to_string())?;
    ensure!(output.status.success(), "rrgen compare {words:?}: {}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).context("the report is not what it should be")
}
