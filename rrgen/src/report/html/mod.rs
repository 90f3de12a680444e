//! Reports as one file that a browser shows, a printer prints, and a mail takes: no script, no network, nothing beside it.

mod article;
mod chart;
mod comparison;
mod conditions;
mod contrasts;
mod date;
mod distribution;
mod file;
mod forest;
mod ledger;
mod markup;
mod page;
mod record;
mod rounds;
mod runs;
mod table;
mod tone;
mod variants;

use std::path::{Path, PathBuf};

pub use file::PageError;

use crate::analysis::Analysis;
use crate::record::Record;
use crate::record::findings::Findings;
use crate::results::Results;
use crate::stats::verdict::Margin;
use article::Article;
use markup::Element;

/// A page that reports are collected in until it is written.
#[derive(Debug)]
pub struct Page {
    file: PathBuf,
    articles: Vec<Element>,
    failures: Vec<String>,
}

impl Page {
    /// A page that is to become `file`, which is not touched yet.
    ///
    /// # Errors
    /// It could not be written, or something else is there.
    pub fn new(file: &Path) -> Result<Self, PageError> {
        file::check(file)?;
        Ok(Self { file: file.to_owned(), articles: Vec::new(), failures: Vec::new() })
    }

    /// Adds the report on a comparison, which was saved in `source` or has just been measured.
    pub(super) fn add_comparison(&mut self, source: Option<&Path>, results: &Results, analysis: &Analysis) {
        self.articles.push(comparison::comparison(self.articles.len(), source, results, analysis));
    }

    /// Adds the report on a text record.
    pub(super) fn add_record(&mut self, source: &Path, record: &Record, findings: &Findings, margin: Margin) {
        self.articles.push(record::record(self.articles.len(), source, record, findings, margin));
    }

    /// Adds why there is less than was asked for: the page must not look complete.
    pub fn add_failure(&mut self, failure: &str) {
        self.failures.push(failure.to_owned());
    }

    /// Writes the file, whole or not at all.
    ///
    /// # Errors
    /// There is nothing to report, or the file cannot be written; a page that was there still is.
    pub fn write(self) -> Result<(), PageError> {
        if self.articles.is_empty() {
            return Err(PageError::Empty(self.file));
        }
        let (file, text) = (self.file.clone(), self.text());
        file::write(&file, &text)
    }

    fn text(mut self) -> String {
        if !self.failures.is_empty() {
            let about = "What follows is not all that was asked for.";
            let mut article = Article::new(self.articles.len(), "Incomplete", about);
            article.notice("What failed", &self.failures);
            self.articles.insert(0, article.finish());
        }
        page::document("rrgen report", self.articles)
    }
}

#[cfg(test)]
mod tests;
