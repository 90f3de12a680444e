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

const US_PER_S: f64 = 1e6;

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
    /// From the beginning of the earliest interval to the end of the latest, s, to the microsecond: times since the epoch
    /// have no more digits.
    pub(super) fn length_s(&self) -> f64 {
        ((self.end_s - self.start_s) * US_PER_S).round() / US_PER_S
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::{LatencyHistogram, Recorder};
    use crate::hdr_log::Reader;

    fn entry<'a>(tag: Option<&'a str>, histogram: &Histogram<u64>) -> Entry<'a> {
        Entry { tag, start_s: 10.0, end_s: 12.0, histogram: histogram.clone() }
    }

    fn recorded(values: impl IntoIterator<Item = u64>) -> Histogram<u64> {
        let mut histogram = LatencyHistogram::new();
        values.into_iter().for_each(|ns| histogram.record(0, ns));
        histogram.into_inner()
    }

    fn only(merged: &Merged) -> &Total {
        let mut totals = merged.totals();
        let (_, total) = totals.next().expect("a tag");
        assert!(totals.next().is_none());
        total
    }

    #[test]
    fn parts_add_up_to_what_one_recorder_would_have() {
        let values = |client: u64| (1..2_000_u64).map(move |value| value * value * 977 + client);
        let mut merged = Merged::default();
        for client in 0..5 {
            merged.add(entry(None, &recorded(values(client)))).expect("added");
        }
        let total = only(&merged);
        assert_eq!(total.histogram, recorded((0..5).flat_map(values)));
        assert_eq!((total.intervals, total.length_s()), (5, 2.0));
    }

    #[test]
    fn a_log_of_the_whole_is_the_whole() {
        let mut merged = Merged::default();
        let late = Entry { start_s: 30.5, end_s: 31.5, ..entry(Some("b"), &recorded([7])) };
        for entry in [entry(None, &recorded([1, 2])), late, entry(None, &recorded([3]))] {
            merged.add(entry).expect("added");
        }
        let log = merged.log().expect("a log");
        let read: Vec<Entry<'_>> = Reader::new(&log).collect::<Result<_, _>>().expect("a log");
        let shape =
            |entry: &Entry<'_>| (entry.tag.map(str::to_owned), entry.start_s, entry.end_s, entry.histogram.len());
        let expected = [(None, 10.0, 12.0, 3), (Some("b".to_owned()), 30.5, 31.5, 1)];
        assert_eq!(read.iter().map(shape).collect::<Vec<_>>(), expected);
    }

    /// Coarse first or fine first: every value is counted, and is as exact as its own log had it.
    #[test]
    fn histograms_of_different_precision_and_range_become_one_of_the_finest() {
        let mut fine = Histogram::<u64>::new_with_bounds(1, 1 << 50, 4).expect("bounds");
        let mut coarse = Histogram::<u64>::new_with_bounds(1_000, 100_000_000, 2).expect("bounds");
        [123_456, 1 << 49].into_iter().for_each(|value| fine.record(value).expect("in range"));
        coarse.record_n(50_000_000, 10).expect("in range");
        for order in [[&fine, &coarse], [&coarse, &fine]] {
            let mut merged = Merged::default();
            order.iter().for_each(|histogram| merged.add(entry(None, histogram)).expect("added"));
            let histogram = &only(&merged).histogram;
            assert_eq!((histogram.len(), histogram.sigfig(), histogram.low()), (12, 4, 1));
            assert_eq!(histogram.count_at(123_456), 1);
            assert_eq!(
                histogram.count_between(coarse.lowest_equivalent(50_000_000), coarse.highest_equivalent(50_000_000)),
                10
            );
            assert_eq!(histogram.max(), histogram.highest_equivalent(1 << 49));
        }
    }

    #[test]
    fn more_than_can_be_kept_or_encoded_is_refused() {
        let mut merged = Merged::default();
        let tags: Vec<String> = (0..=TAGS_MAX).map(|tag| tag.to_string()).collect();
        for tag in &tags[..TAGS_MAX] {
            merged.add(entry(Some(tag), &recorded([1]))).expect("added");
        }
        assert!(matches!(merged.add(entry(Some(&tags[TAGS_MAX]), &recorded([1]))), Err(AddError::Tags)));
        let mut many = recorded([]);
        many.record_n(5, COUNT_MAX).expect("in range");
        let mut merged = Merged::default();
        merged.add(entry(None, &many)).expect("added");
        assert!(merged.log().is_ok());
        assert!(matches!(merged.add(entry(None, &recorded([1]))), Err(AddError::Count)));
    }
}
