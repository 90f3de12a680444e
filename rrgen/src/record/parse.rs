//! From text to a record: which line may follow which.
//!
//! Between runs anything may stand (people write notes, scripts print what they do); inside a run only what netperf
//! prints, so that a run that broke off is noticed instead of being read as something else.

use super::line::Line;
use super::{Expected, Group, Interim, ParseError, Record, Run};
use crate::stats::signed_rank::MAX_VALUES;

/// Longest text that is read, bytes.
pub(super) const MAX_TEXT: usize = 64 << 20;

/// Longest line that is read, bytes.
pub(super) const MAX_LINE: usize = 4096;

/// The most headings with runs under them.
pub(super) const MAX_GROUPS: usize = 16;

/// The most runs under one heading: as many as the statistics take.
pub(super) const MAX_RUNS: usize = MAX_VALUES;

/// Reads a record.
///
/// # Errors
/// The line at which it stops being one, and what was expected there.
pub fn parse(bytes: &[u8]) -> Result<Record, ParseError> {
    if bytes.len() > MAX_TEXT {
        return Err(ParseError { line: 1, expected: Expected::ShorterText, found: format!("{} bytes", bytes.len()) });
    }
    let text = std::str::from_utf8(bytes).map_err(|e| not_text(&bytes[..e.valid_up_to()]))?;
    let mut parser = Parser::default();
    for (index, line) in text.split_inclusive('\n').enumerate() {
        parser.line = index + 1;
        parser.take(line).map_err(|expected| ParseError::at(parser.line, expected, line))?;
    }
    parser.finish()
}

fn not_text(readable: &[u8]) -> ParseError {
    let line = readable.iter().filter(|&&byte| byte == b'\n').count() + 1;
    ParseError { line, expected: Expected::Utf8, found: "other bytes".into() }
}

/// A run of which not all lines have come.
#[derive(Debug, Default)]
struct Unfinished {
    text: String,
    interim: Vec<Interim>,
    /// The first row: elapsed time and rate.
    row: Option<(f64, f64)>,
}

impl Unfinished {
    /// What has to come next.
    fn missing(&self) -> Expected {
        if self.row.is_some() { Expected::SecondRow } else { Expected::Rest }
    }
}

#[derive(Debug, Default)]
struct Parser {
    record: Record,
    /// The heading that runs belong to, once there is one.
    heading: Option<String>,
    run: Option<Unfinished>,
    runs: usize,
    line: usize,
}

impl Parser {
    fn take(&mut self, text: &str) -> Result<(), Expected> {
        if text.len() > MAX_LINE {
            return Err(Expected::ShorterLine);
        }
        let first_row = self.run.as_ref().and_then(|run| run.row);
        match (Line::new(text)?, first_row) {
            (Line::SecondRow, Some((seconds, rate))) => self.complete(text, Some(seconds), rate),
            (Line::Rate(rate), None) => self.complete(text, None, rate),
            (Line::Row { seconds, rate }, None) => self.add(text, |run| run.row = Some((seconds, rate))),
            (Line::Interim(interim), None) => self.add(text, |run| run.interim.push(interim)),
            (Line::Banner, None) if self.run.is_none() => self.add(text, |_| {}),
            (Line::Decoration, None) if self.run.is_some() => self.add(text, |_| {}),
            (line, _) => self.between_runs(line),
        }
    }

    /// Adds a line to the run, which it begins if need be: netperf's `-P 0` has no banner.
    fn add(&mut self, text: &str, change: impl FnOnce(&mut Unfinished)) -> Result<(), Expected> {
        if self.heading.is_none() {
            return Err(Expected::Heading);
        }
        let run = self.run.get_or_insert_default();
        run.text.push_str(text);
        change(run);
        Ok(())
    }

    /// Adds the last line of a run.
    fn complete(&mut self, text: &str, seconds: Option<f64>, rate: f64) -> Result<(), Expected> {
        self.add(text, |_| {})?;
        let Unfinished { text, interim, .. } = self.run.take().unwrap_or_default();
        let run = Run { place: self.runs, rate, seconds, interim, text };
        self.runs += 1;
        let group = self.group()?;
        if group.runs.len() == MAX_RUNS {
            return Err(Expected::FewerRuns);
        }
        group.runs.push(run);
        Ok(())
    }

    /// A line that belongs to no run, and so must not stand inside one.
    fn between_runs(&mut self, line: Line<'_>) -> Result<(), Expected> {
        if let Some(run) = &self.run {
            return Err(run.missing());
        }
        if let Line::Heading(name) = line {
            self.heading = Some(name.to_owned());
        }
        Ok(())
    }

    /// The group of the present heading; a heading that comes again goes on with its group.
    fn group(&mut self) -> Result<&mut Group, Expected> {
        let name = self.heading.clone().ok_or(Expected::Heading)?;
        let groups = &mut self.record.groups;
        let index = groups.iter().position(|group| group.name == name).unwrap_or(groups.len());
        if index == MAX_GROUPS {
            return Err(Expected::FewerGroups);
        }
        if index == groups.len() {
            groups.push(Group { name, runs: Vec::new() });
        }
        Ok(&mut groups[index])
    }

    fn finish(self) -> Result<Record, ParseError> {
        match self.run {
            Some(run) => Err(ParseError::at_end(self.line + 1, run.missing())),
            None if self.record.groups.is_empty() => Err(ParseError::at_end(self.line + 1, Expected::AnyRun)),
            None => Ok(self.record),
        }
    }
}
