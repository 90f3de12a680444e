//! `rrgen report`: what saved results or a text record show, without measuring anything.
//!
//! `rrgen compare` ends with the same report of what it has just measured: renderers see results, never a
//! measurement, so a report made later cannot differ from the one made then.

mod args;
mod facts;
mod html;
mod json;
mod slots;
mod source;
mod text;
mod words;

use std::ffi::OsString;
use std::path::Path;

use compat::text::failure::Report as Printed;
use thiserror::Error;

pub use args::Format;
pub(crate) use args::margin;
pub use html::{Page, PageError};

use crate::analysis::Analysis;
use crate::record::findings::findings;
use crate::record::layout::Layout;
use crate::record::{self, Record};
use crate::results::{Design, Results};
use crate::stats::signed_rank::SampleError;
use crate::stats::verdict::{Margin, MarginError};
use args::Options;
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
    let mut page = match options.report.as_deref().map(Page::new).transpose() {
        Ok(page) => page,
        Err(error) => return Printed { stdout: String::new(), stderr: told(&error), status: 1 },
    };
    let mut printed = Printed { stdout: String::new(), stderr: String::new(), status: 0 };
    for file in &options.files {
        match of_file(file, &options, page.as_mut()) {
            Ok(report) => printed.stdout.push_str(&report),
            Err(error) => {
                let failure = format!("{}: {error}", file.display());
                if let Some(page) = &mut page {
                    page.add_failure(&failure);
                }
                printed.stderr.push_str(&told(&failure));
                printed.status = 1;
            }
        }
    }
    if let Err(error) = page.map_or(Ok(()), Page::write) {
        printed.stderr.push_str(&told(&error));
        printed.status = 1;
    }
    printed
}

fn told(text: &dyn std::fmt::Display) -> String {
    format!("rrgen report: {text}\n")
}

/// Why a file gives no report.
#[derive(Debug, Error)]
enum FileError {
    #[error(transparent)]
    Source(#[from] SourceError),
    #[error(transparent)]
    Report(#[from] ReportError),
}

fn of_file(file: &Path, options: &Options, page: Option<&mut Page>) -> Result<String, FileError> {
    let &Options { format, margin, .. } = options;
    Ok(match source::read(file)? {
        Source::Record(record) => of_record(file, &record, format, margin.unwrap_or_default(), page),
        Source::Results(results) => Request { format, margin, source: Some(file) }.of_results(&results, page)?,
    })
}

fn of_record(file: &Path, record: &Record, format: Format, margin: Margin, page: Option<&mut Page>) -> String {
    let findings = findings(record, margin);
    if let Some(page) = page {
        page.add_record(file, record, &findings, margin);
    }
    match format {
        Format::Text => text::of_record(file, &findings),
        Format::Record => Layout { record, findings: &findings }.to_string(),
        Format::Json => json::of_record(file, &findings),
    }
}

/// What report is wanted on a comparison.
#[derive(Debug, Clone, Copy)]
pub struct Request<'a> {
    /// Its form.
    pub format: Format,
    /// A margin in the place of the comparison's own.
    pub margin: Option<Margin>,
    /// Where the results were saved; `None` if they have just been measured.
    pub source: Option<&'a Path>,
}

impl Request<'_> {
    /// The report on `results`, which is added to `page`, too.
    ///
    /// # Errors
    /// There is nothing to report on, or not in this format.
    pub fn of_results(self, results: &Results, page: Option<&mut Page>) -> Result<String, ReportError> {
        let settings = &results.header.settings;
        check_format(settings.design, self.format)?;
        let margin = self.margin.map_or_else(|| Margin::from_percent(settings.margin_percent), Ok)?;
        let analysis = Analysis::new(results, margin)?;
        let report = match self.format {
            Format::Text => text::of_comparison(results, &analysis),
            Format::Json => json::of_comparison(results, &analysis),
            Format::Record => {
                let record = slots::as_record(results)?;
                Layout { record: &record, findings: &findings(&record, margin) }.to_string()
            }
        };
        if let Some(page) = page {
            page.add_comparison(self.source, results, &analysis);
        }
        Ok(report)
    }
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
