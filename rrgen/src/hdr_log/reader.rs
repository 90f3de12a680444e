//! Reading a log, line by line, whoever wrote it.

use hdrhistogram::Histogram;

pub use crate::results::ReadError;

use super::payload;

/// Without a base time, stamps that lie further before the start of the log are relative to it, s: the rule of the other
/// implementations.
const ABSOLUTE_WITHIN_S: f64 = 365.0 * 24.0 * 3600.0;

/// Letters of a wrong text that an error shows.
const SHOWN_MAX: usize = 40;

/// One interval.
#[derive(Debug)]
pub struct Entry<'a> {
    /// What it is an interval of.
    pub tag: Option<&'a str>,
    /// Its beginning, s since the Unix epoch, as far as the log says when it began.
    pub start_s: f64,
    /// Its end, the same.
    pub end_s: f64,
    /// Its values.
    pub histogram: Histogram<u64>,
}

/// The intervals of a log in their order. After an error there is nothing more.
#[derive(Debug)]
pub struct Reader<'a> {
    rest: &'a [u8],
    /// Lines so far.
    line: usize,
    start_s: Option<f64>,
    base_s: Option<f64>,
}

impl<'a> Reader<'a> {
    /// Reads `bytes`.
    #[must_use]
    pub fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes, line: 0, start_s: None, base_s: None }
    }

    /// Understands a line; comments and legends are none of the intervals.
    fn understand(&mut self, line: &'a [u8]) -> Result<Option<Entry<'a>>, String> {
        let line = std::str::from_utf8(line).map_err(|_| "text in UTF-8".to_owned())?;
        let line = line.strip_suffix('\n').ok_or("a whole line; the file was cut off")?.trim_end();
        if let Some(comment) = line.strip_prefix('#') {
            self.start_s = time(comment, "[StartTime:")?.or(self.start_s);
            self.base_s = time(comment, "[BaseTime:")?.or(self.base_s);
            return Ok(None);
        }
        if line.is_empty() || line.starts_with("\"StartTimestamp\"") {
            return Ok(None);
        }
        self.interval(line).map(Some)
    }

    fn interval(&self, line: &'a str) -> Result<Entry<'a>, String> {
        let (tag, columns) = match line.strip_prefix("Tag=") {
            Some(tagged) => {
                let (tag, columns) = tagged.split_once(',').ok_or("a comma after the tag")?;
                (Some(tag), columns)
            }
            None => (None, line),
        };
        let mut columns = columns.splitn(4, ',');
        let mut column = |name| columns.next().ok_or_else(|| format!("start, length, longest, histogram: no {name}"));
        let (stamp, length, _longest) = (column("start")?, column("length")?, column("longest")?);
        let (stamp_s, length_s) = (seconds(stamp)?, seconds(length)?);
        let histogram = payload::decode(column("histogram")?).map_err(|e| e.to_string())?;
        let start_s = self.base_for(stamp_s) + stamp_s;
        Ok(Entry { tag, start_s, end_s: start_s + length_s, histogram })
    }

    /// What a stamp counts from.
    fn base_for(&self, stamp_s: f64) -> f64 {
        let guess = || self.start_s.filter(|start_s| stamp_s < start_s - ABSOLUTE_WITHIN_S);
        self.base_s.or_else(guess).unwrap_or(0.0)
    }
}

impl<'a> Iterator for Reader<'a> {
    type Item = Result<Entry<'a>, ReadError>;

    fn next(&mut self) -> Option<Self::Item> {
        while !self.rest.is_empty() {
            let end = self.rest.iter().position(|&byte| byte == b'\n').map_or(self.rest.len(), |at| at + 1);
            let (line, rest) = self.rest.split_at(end);
            (self.rest, self.line) = (rest, self.line + 1);
            match self.understand(line) {
                Ok(None) => {}
                Ok(Some(entry)) => return Some(Ok(entry)),
                Err(expected) => {
                    self.rest = &[];
                    return Some(Err(ReadError { line: self.line, expected }));
                }
            }
        }
        None
    }
}

/// The time in a comment, if it is the comment that begins so.
fn time(comment: &str, beginning: &str) -> Result<Option<f64>, String> {
    let Some(text) = comment.strip_prefix(beginning) else { return Ok(None) };
    let number = text.trim_start().split([' ', ']']).next().unwrap_or_default();
    seconds(number).map(Some)
}

/// A time, s.
fn seconds(text: &str) -> Result<f64, String> {
    let number = text.parse().ok().filter(|number: &f64| number.is_finite() && *number >= 0.0);
    number.ok_or_else(|| {
        format!("a time in seconds, not '{}'", text.chars().take(SHOWN_MAX).collect::<String>().escape_debug())
    })
}
