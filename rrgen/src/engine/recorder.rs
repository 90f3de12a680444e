//! What is kept of every transaction.

use hdrhistogram::Histogram;

/// Told of every completed transaction.
pub trait Recorder {
    /// One transaction: sent and completed, in ns on the loop's clock.
    fn record(&mut self, sent_ns: u64, completed_ns: u64);
}

impl<R: Recorder> Recorder for &mut R {
    #[inline]
    fn record(&mut self, sent_ns: u64, completed_ns: u64) {
        (**self).record(sent_ns, completed_ns);
    }
}

impl<A: Recorder, B: Recorder> Recorder for (A, B) {
    #[inline]
    fn record(&mut self, sent_ns: u64, completed_ns: u64) {
        self.0.record(sent_ns, completed_ns);
        self.1.record(sent_ns, completed_ns);
    }
}

/// Longest round trip told apart from a longer one: an hour, ns.
pub const LONGEST_NS: u64 = 3_600_000_000_000;

/// Significant decimal digits kept of every round trip.
const DIGITS: u8 = 3;

/// Every round trip, in an HDR histogram of nanoseconds; its memory is taken before the test.
#[derive(Debug)]
pub struct LatencyHistogram(Histogram<u64>);

impl LatencyHistogram {
    /// An empty histogram.
    #[must_use]
    pub fn new() -> Self {
        Self(Histogram::new_with_bounds(1, LONGEST_NS, DIGITS).expect("constant bounds are valid"))
    }

    /// The round trips recorded so far, ns.
    #[must_use]
    pub fn histogram(&self) -> &Histogram<u64> {
        &self.0
    }

    /// Adds round trips that were recorded elsewhere, within the same bounds.
    pub fn add(&mut self, other: &Histogram<u64>) {
        self.0.add(other).expect("the same bounds");
    }

    /// Forgets everything, and keeps the memory.
    pub fn clear(&mut self) {
        self.0.reset();
    }

    /// The round trips recorded so far, ns.
    #[must_use]
    pub fn into_inner(self) -> Histogram<u64> {
        self.0
    }
}

impl Default for LatencyHistogram {
    fn default() -> Self {
        Self::new()
    }
}

impl Recorder for LatencyHistogram {
    #[inline]
    fn record(&mut self, sent_ns: u64, completed_ns: u64) {
        self.0.saturating_record(completed_ns.saturating_sub(sent_ns));
    }
}
