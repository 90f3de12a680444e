//! Intervals, added up tag by tag.

use std::collections::BTreeMap;
use std::io;
use std::time::{Duration, SystemTime};

use hdrhistogram::{AdditionError, CreationError, Histogram};
use thiserror::Error;

use crate::hdr_log::{Entry, Span, Writer};

/// Different tags at most: each has a histogram in memory.
const TAGS_MAX: usize = 64;

/// Values in one histogram at most: what the encoding can hold.
const COUNT_MAX: u64 = i64::MAX as u64;

/// Why an interval cannot be added.
#[derive(Debug, Error)]
pub(super) enum AddError {
    #[error("more than {TAGS_MAX} different tags in all; merge fewer logs at a time")]
    Tags,
    #[error("more than {COUNT_MAX} values under one tag; no measurement has as many")]
    Count,
    #[error("its histogram cannot be added to the others: {0}")]
    Addition(#[from] AdditionError),
    #[error("its histogram and the others have no precision in common: {0}")]
    Precision(#[from] CreationError),
}

/// Everything under one tag.
#[derive(Debug)]
pub(super) struct Total {
    /// How many were added.
    pub(super) intervals: u64,
    /// The beginning of the earliest, s since the Unix epoch, as far as the logs say.
    pub(super) start_s: f64,
    /// The end of the latest, the same.
    pub(super) end_s: f64,
    /// Every value.
    pub(super) histogram: Histogram<u64>,
}

/// What was added so far.
#[derive(Debug, Default)]
pub(super) struct Merged(BTreeMap<Option<String>, Total>);

impl Merged {
    /// Adds an interval to what is under its tag.
    ///
    /// # Errors
    /// There are too many tags or values.
    pub(super) fn add(&mut self, entry: Entry<'_>) -> Result<(), AddError> {
        let Entry { tag, start_s, end_s, mut histogram } = entry;
        let tag = tag.map(str::to_owned);
        if let Some(total) = self.0.get_mut(&tag) {
            return total.add(start_s, end_s, &histogram);
        }
        if self.0.len() == TAGS_MAX {
            return Err(AddError::Tags);
        }
        histogram.auto(true);
        self.0.insert(tag, Total { intervals: 1, start_s, end_s, histogram });
        Ok(())
    }

    /// Intervals added so far.
    pub(super) fn intervals(&self) -> u64 {
        self.0.values().map(|total| total.intervals).sum()
    }

    /// What is under each tag, first what is under none.
    pub(super) fn totals(&self) -> impl Iterator<Item = (Option<&str>, &Total)> {
        self.0.iter().map(|(tag, total)| (tag.as_deref(), total))
    }

    /// The text of a log with one interval per tag.
    ///
    /// # Errors
    /// A histogram cannot be encoded.
    pub(super) fn log(&self) -> io::Result<Vec<u8>> {
        let start_s = self.0.values().map(|total| total.start_s).fold(f64::INFINITY, f64::min);
        let since_1970 = Duration::try_from_secs_f64(start_s).unwrap_or_default();
        let start = SystemTime::UNIX_EPOCH.checked_add(since_1970).unwrap_or(SystemTime::UNIX_EPOCH);
        let mut writer = Writer::begin(Vec::new(), start)?;
        for (tag, total) in self.totals() {
            let span = Span { start_s: total.start_s - start_s, length_s: total.length_s() };
            writer.interval(tag, span, &total.histogram)?;
        }
        Ok(writer.into_inner())
    }
}

impl Total {
    /// From the beginning of the earliest interval to the end of the latest, s.
    pub(super) fn length_s(&self) -> f64 {
        self.end_s - self.start_s
    }

    fn add(&mut self, start_s: f64, end_s: f64, histogram: &Histogram<u64>) -> Result<(), AddError> {
        if self.histogram.len().saturating_add(histogram.len()) > COUNT_MAX {
            return Err(AddError::Count);
        }
        self.intervals += 1;
        self.start_s = self.start_s.min(start_s);
        self.end_s = self.end_s.max(end_s);
        if histogram.sigfig() > self.histogram.sigfig() || histogram.low() < self.histogram.low() {
            self.refine(histogram)?;
        }
        Ok(self.histogram.add(histogram)?)
    }

    /// Makes ours as fine as `other`: then adding loses nothing.
    fn refine(&mut self, other: &Histogram<u64>) -> Result<(), AddError> {
        let ours = &self.histogram;
        let (low, high) = (ours.low().min(other.low()), ours.high().max(other.high()));
        let mut fine = Histogram::new_with_bounds(low, high, ours.sigfig().max(other.sigfig()))?;
        fine.auto(true);
        fine.add(ours)?;
        self.histogram = fine;
        Ok(())
    }
}
