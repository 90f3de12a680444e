//! `rrgen report`: what saved results or a text record show, without measuring anything.
//!
//! `rrgen compare` ends with the same report of what it has just measured: renderers see results, never a
//! measurement, so a report made later cannot differ from the one made then.

mod args;
mod json;
mod record_text;
mod source;
mod table;

use std::ffi::OsString;
use std::path::Path;

use compat::text::failure::Report as Printed;

pub use args::Format;

use crate::record::Record;
use crate::record::findings::findings;
use crate::record::layout::Layout;
use crate::stats::verdict::Margin;

/// Carries out `rrgen report` with the words after it: what to print where, and the exit status.
#[must_use]
pub fn run(words: &[OsString]) -> Printed {
    let options = match args::read(words) {
        Ok(options) => options,
        Err(printed) => return printed,
    };
    let mut printed = Printed { stdout: String::new(), stderr: String::new(), status: 0 };
    for file in &options.files {
        match source::read(file) {
            Ok(record) => {
                printed.stdout.push_str(&of_record(file, &record, options.format, options.margin.unwrap_or_default()));
            }
            Err(error) => {
                printed.stderr.push_str(&format!("rrgen report: {}: {error}\n", file.display()));
                printed.status = 1;
            }
        }
    }
    printed
}

fn of_record(file: &Path, record: &Record, format: Format, margin: Margin) -> String {
    let findings = findings(record, margin);
    match format {
        Format::Text => record_text::render(file, &findings),
        Format::Record => Layout { record, findings: &findings }.to_string(),
        Format::Json => json::of_record(file, &findings),
    }
}

#[cfg(test)]
mod tests;
