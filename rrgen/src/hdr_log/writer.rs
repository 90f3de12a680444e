//! Writing a log: whole lines, one write each, so that a process that is killed leaves whole intervals behind.

use std::io::{self, Write};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hdrhistogram::Histogram;
use hdrhistogram::serialization::{Serializer, V2DeflateSerializer};

/// Nanoseconds in the unit of the column `Interval_Max`, as the tools have it: milliseconds.
const NS_PER_MS: f64 = 1e6;

/// Names the columns, for people and spreadsheets.
const LEGEND: &str = r#""StartTimestamp","Interval_Length","Interval_Max","Interval_Compressed_Histogram""#;

/// When an interval was.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Span {
    /// Since the log's start, s.
    pub start_s: f64,
    /// How long it was, s.
    pub length_s: f64,
}

/// A log that grows by one line per interval.
pub struct Writer<W> {
    out: W,
    serializer: V2DeflateSerializer,
}

impl<W: Write> Writer<W> {
    /// Begins a log of nanoseconds whose intervals are counted from `start`.
    ///
    /// # Errors
    /// `out` does not take it.
    pub fn begin(mut out: W, start: SystemTime) -> io::Result<Self> {
        let start = start.duration_since(UNIX_EPOCH).unwrap_or(Duration::ZERO).as_secs_f64();
        let program = concat!("rrgen ", env!("CARGO_PKG_VERSION"));
        let head = format!(
            "#[Histogram log format version 1.3]\n#[{program}: values in nanoseconds, Interval_Max in milliseconds]\n\
             #[StartTime: {start:.3} (seconds since epoch)]\n#[BaseTime: {start:.3} (seconds since epoch)]\n{LEGEND}\n"
        );
        out.write_all(head.as_bytes())?;
        out.flush()?;
        Ok(Self { out, serializer: V2DeflateSerializer::new() })
    }

    /// Adds an interval, under a tag if it has one ([`tag_of`]).
    ///
    /// # Errors
    /// It does not get there, or counts more than the encoding can hold (2⁶³).
    pub fn interval(&mut self, tag: Option<&str>, span: Span, histogram: &Histogram<u64>) -> io::Result<()> {
        let mut encoded = Vec::new();
        self.serializer.serialize(histogram, &mut encoded).map_err(io::Error::other)?;
        let tag = tag.map_or_else(String::new, |tag| format!("Tag={tag},"));
        let Span { start_s, length_s } = span;
        let longest = histogram.max() as f64 / NS_PER_MS;
        let encoded = STANDARD.encode(encoded);
        let line = format!("{tag}{start_s:.3},{length_s:.3},{longest:.3},{encoded}\n");
        self.out.write_all(line.as_bytes())?;
        self.out.flush()
    }

    /// What it was written to.
    pub fn into_inner(self) -> W {
        self.out
    }
}

/// A text as a tag, in which neither commas nor blanks can be.
#[must_use]
pub fn tag_of(text: &str) -> String {
    text.chars().map(|letter| if letter == ',' || letter.is_whitespace() { ';' } else { letter }).collect()
}
