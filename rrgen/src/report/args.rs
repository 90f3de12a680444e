//! The words after `rrgen report`.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::{Parser, ValueEnum};
use compat::text::failure::Report as Printed;

use crate::stats::verdict::{Margin, MarginError};
use crate::subcommand;

/// Compute means, intervals and verdicts from saved results of `rrgen compare`, or from any text that has netperf's
/// TCP_RR output under headings.
#[derive(Debug, Parser)]
#[command(name = "rrgen report")]
pub(super) struct Options {
    /// Results (the file, or the directory given to --out) or text; each is reported by itself
    #[arg(required = true, value_name = "FILE")]
    pub(super) files: Vec<PathBuf>,
    /// What to print
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub(super) format: Format,
    /// The change of the rate that is too small to matter, % [default: 1, or what the results were saved with]
    #[arg(long, value_name = "PERCENT", value_parser = margin)]
    pub(super) margin: Option<Margin>,
    /// Write the reports with charts to this file, too: one page of HTML that needs nothing else
    #[arg(long, value_name = "FILE.html")]
    pub(super) report: Option<PathBuf>,
}

/// The form of a report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// Tables with intervals, verdicts and reasons
    Text,
    /// The layout of the 2019 record: netperf's output under headings, means, conclusion
    Record,
    /// Everything, for programs
    Json,
}

/// Understands the words.
///
/// # Errors
/// The help, or what is wrong.
pub(super) fn read(words: &[OsString]) -> Result<Options, Printed> {
    subcommand::parse(words)
}

/// A margin as typed.
pub(crate) fn margin(text: &str) -> Result<Margin, String> {
    let percent = text.parse().map_err(|_| "not a number".to_owned())?;
    Margin::from_percent(percent).map_err(|e: MarginError| e.to_string())
}
