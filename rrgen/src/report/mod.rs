//! `rrgen report`: what saved results or a text record show, without measuring anything.
//!
//! `rrgen compare` ends with the same report of what it has just measured: renderers see results, never a
//! measurement, so a report made later cannot differ from the one made then.

mod args;
mod json;
mod slots;
mod source;
mod text;

use std::ffi::OsString;
use std::path::Path;

use compat::text::failure::Report as Printed;
use thiserror::Error;

pub use args::Format;
pub(crate) use args::margin;

use crate::analysis::Analysis;
use crate::record::findings::findings;
use crate::record::layout::Layout;
use crate::record::{self, Record};
use crate::results::{Design, Results};
use crate::stats::signed_rank::SampleError;
use crate::stats::verdict::{Margin, MarginError};
use source::{Source, SourceError};

/// Why results give no report.
#[derive(Debug, Error)]
pub enum ReportError {
    /// No round is finished.
    #[error("no round is finished: {0}")]
    NoRounds(#[from] SampleError),
    /// The layout of 2019 is made of whole runs.
    #[error("the record format needs results of the slot design (rrgen compare --design slots)")]
    NotSlots,
    /// The output of a run that was saved.
    #[error("a saved run cannot be read: {0}")]
    Run(#[from] record::ParseError),
    /// The margin that was saved.
    #[error(transparent)]
    Margin(#[from] MarginError),
}

/// Carries out `rrgen report` with the words after it: what to print where, and the exit status.
#[must_use]
pub fn run(words: &[OsString]) -> Printed {
    let options = match args::read(words) {
        Ok(options) => options,
        Err(printed) => return printed,
    };
    let mut printed = Printed { stdout: String::new(), stderr: String::new(), status: 0 };
    for file in &options.files {
        match of_file(file, options.format, options.margin) {
            Ok(report) => printed.stdout.push_str(&report),
            Err(error) => {
                printed.stderr.push_str(&format!("rrgen report: {}: {error}\n", file.display()));
                printed.status = 1;
            }
        }
    }
    printed
}

/// Why a file gives no report.
#[derive(Debug, Error)]
enum FileError {
    #[error(transparent)]
    Source(#[from] SourceError),
    #[error(transparent)]
    Report(#[from] ReportError),
}

fn of_file(file: &Path, format: Format, margin: Option<Margin>) -> Result<String, FileError> {
    Ok(match source::read(file)? {
        Source::Record(record) => of_record(file, &record, format, margin.unwrap_or_default()),
        Source::Results(results) => of_results(&results, format, margin)?,
    })
}

fn of_record(file: &Path, record: &Record, format: Format, margin: Margin) -> String {
    let findings = findings(record, margin);
    match format {
        Format::Text => text::of_record(file, &findings),
        Format::Record => Layout { record, findings: &findings }.to_string(),
        Format::Json => json::of_record(file, &findings),
    }
}

/// The report on a comparison, by its own margin unless another is given.
///
/// # Errors
/// There is nothing to report on, or not in this format.
pub fn of_results(results: &Results, format: Format, margin: Option<Margin>) -> Result<String, ReportError> {
    check_format(results.header.settings.design, format)?;
    let margin = margin.map_or_else(|| Margin::from_percent(results.header.settings.margin_percent), Ok)?;
    let analysis = Analysis::new(results, margin)?;
    Ok(match format {
        Format::Text => text::of_comparison(results, &analysis),
        Format::Json => json::of_comparison(results, &analysis),
        Format::Record => {
            let record = slots::as_record(results)?;
            Layout { record: &record, findings: &findings(&record, margin) }.to_string()
        }
    })
}

/// Whether results of `design` can be reported in `format`.
///
/// # Errors
/// They cannot.
pub fn check_format(design: Design, format: Format) -> Result<(), ReportError> {
    match (design, format) {
        (Design::Lockstep { .. }, Format::Record) => Err(ReportError::NotSlots),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests;
