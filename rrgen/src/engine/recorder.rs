//! What is kept of every transaction.

use hdrhistogram::Histogram;

/// Told of every completed transaction.
pub trait Recorder {
    /// One transaction: begun and completed, in ns on the loop's clock. It began when its request was to go out.
    fn record(&mut self, begun_ns: u64, completed_ns: u64);

    /// The same transaction from when its request really went out: what it took once the client got round to it.
    fn served(&mut self, _sent_ns: u64, _completed_ns: u64) {}

    /// Everything in flight was given up for lost at `now_ns`; the time it took is nobody's.
    fn lost(&mut self, _now_ns: u64) {}
}

/// Nobody keeps anything.
impl Recorder for () {
    #[inline]
    fn record(&mut self, _begun_ns: u64, _completed_ns: u64) {}
}

impl<R: Recorder + ?Sized> Recorder for &mut R {
    #[inline]
    fn record(&mut self, begun_ns: u64, completed_ns: u64) {
        (**self).record(begun_ns, completed_ns);
    }

    #[inline]
    fn served(&mut self, sent_ns: u64, completed_ns: u64) {
        (**self).served(sent_ns, completed_ns);
    }

    #[cold]
    fn lost(&mut self, now_ns: u64) {
        (**self).lost(now_ns);
    }
}

impl<A: Recorder, B: Recorder> Recorder for (A, B) {
    #[inline]
    fn record(&mut self, begun_ns: u64, completed_ns: u64) {
        self.0.record(begun_ns, completed_ns);
        self.1.record(begun_ns, completed_ns);
    }

    #[inline]
    fn served(&mut self, sent_ns: u64, completed_ns: u64) {
        self.0.served(sent_ns, completed_ns);
        self.1.served(sent_ns, completed_ns);
    }

    #[cold]
    fn lost(&mut self, now_ns: u64) {
        self.0.lost(now_ns);
        self.1.lost(now_ns);
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
        // Emptying takes a walk over all of its memory.
        if !self.0.is_empty() {
            self.0.reset();
        }
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
    fn record(&mut self, begun_ns: u64, completed_ns: u64) {
        self.0.saturating_record(completed_ns.saturating_sub(begun_ns));
    }
}

/// The same from when requests really went out, and nothing else.
#[derive(Debug, Default)]
pub struct ServiceTimes(LatencyHistogram);

impl ServiceTimes {
    /// The service times recorded so far, ns.
    #[must_use]
    pub fn into_inner(self) -> LatencyHistogram {
        self.0
    }
}

impl Recorder for ServiceTimes {
    #[inline]
    fn record(&mut self, _begun_ns: u64, _completed_ns: u64) {}

    #[inline]
    fn served(&mut self, sent_ns: u64, completed_ns: u64) {
        self.0.record(sent_ns, completed_ns);
    }
}
