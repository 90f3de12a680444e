//! What one line of measurement holds.

use hdrhistogram::Histogram;
use serde::{Deserialize, Serialize};

use crate::engine::LONGEST_NS;

/// Significant decimal digits of saved round trips, as many as were recorded.
const DIGITS: u8 = 3;

/// A round of the lock-step design.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Round {
    /// Counted from 0.
    pub round: u32,
    /// Why it was measured again, once per failed attempt.
    pub repeats: Vec<String>,
    /// The path that carried each variant.
    pub paths: Vec<usize>,
    /// CPUs that the client's thread was seen on.
    pub client_cpus: Vec<u32>,
    /// Every variant once per cycle.
    pub cycles: Vec<Cycle>,
    /// What belongs to the whole round, per variant.
    pub variants: Vec<VariantRound>,
}

/// Every variant once.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Cycle {
    /// The variants in the order in which they had their turns.
    pub order: Vec<usize>,
    /// What each variant did, by its place among the variants.
    pub blocks: Vec<Block>,
}

/// A few milliseconds of one variant; saved as `[transactions, elapsed_ns]`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "(u64, u64)", into = "(u64, u64)")]
pub struct Block {
    /// Completed transactions.
    pub transactions: u64,
    /// From before the first to after the last, ns.
    pub elapsed_ns: u64,
}

impl Block {
    /// Time per transaction, ns.
    #[must_use]
    pub fn ns_per_transaction(&self) -> f64 {
        self.elapsed_ns as f64 / self.transactions as f64
    }
}

impl From<(u64, u64)> for Block {
    fn from((transactions, elapsed_ns): (u64, u64)) -> Self {
        Self { transactions, elapsed_ns }
    }
}

impl From<Block> for (u64, u64) {
    fn from(block: Block) -> Self {
        (block.transactions, block.elapsed_ns)
    }
}

/// What is known of a variant over a whole round.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct VariantRound {
    /// Every round trip of its blocks.
    pub round_trips: RoundTrips,
    /// Its hook's own counts; `None` for a baseline.
    pub ledger: Option<Ledger>,
}

/// A histogram of round trips: `[ns, count]`, rising, for values that occurred.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct RoundTrips(pub Vec<(u64, u64)>);

impl From<&Histogram<u64>> for RoundTrips {
    fn from(histogram: &Histogram<u64>) -> Self {
        // The end of the longest bucket lies beyond the longest round trip.
        let longest = |ns: u64| ns.min(LONGEST_NS);
        Self(histogram.iter_recorded().map(|step| (longest(step.value_iterated_to()), step.count_at_value())).collect())
    }
}

impl RoundTrips {
    /// The histogram again; `None` if it counts more, or longer, than any measurement does.
    #[must_use]
    pub fn histogram(&self) -> Option<Histogram<u64>> {
        let mut histogram = Histogram::new(DIGITS).expect("a constant that is valid");
        let mut total = 0_u64;
        for &(ns, count) in &self.0 {
            total = total.checked_add(count)?;
            if !(1..=LONGEST_NS).contains(&ns) {
                return None;
            }
            histogram.record_n(ns, count).ok()?;
        }
        Some(histogram)
    }
}

/// What a hook counted over a round or a slot.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Ledger {
    /// The attach point and mode that it really got.
    pub attached: String,
    /// Calls that the transactions should have caused; of a program that does not count, at least those that were timed.
    pub expected_calls: u64,
    /// Calls that it counted.
    pub calls: u64,
    /// Calls that failed.
    pub errors: u64,
    /// What a call cost by the hook's own clock, ns; `None` if it was not timed.
    pub ns_per_call: Option<f64>,
    /// SHA-256 of its script or object, in hexadecimal; `None` for engines that have neither.
    pub hash: Option<String>,
}

/// How often a transaction crosses a hook: with its request, and over the loopback device with its response, too.
fn crossings(attached: &str) -> u64 {
    if attached.ends_with(" on lo") { 2 } else { 1 }
}

impl Ledger {
    /// What `ledger` says, next to the transactions that it belongs to: a call each, or two where responses cross the
    /// hook, too. Of a program that does not count, the kernel knows the calls that were `timed`, and of the others as
    /// many as happened while somebody else on the host had programs timed.
    #[must_use]
    pub fn new(ledger: hooks::Ledger, transactions: u64, timed: u64) -> Self {
        let hooks::Ledger { attached, calls, only_timed, errors, cost, hash, .. } = ledger;
        let [transactions, timed] = [transactions, timed].map(|count| count.saturating_mul(crossings(&attached)));
        let expected_calls = if only_timed { calls.clamp(timed, transactions) } else { transactions };
        Self { attached, expected_calls, calls, errors, ns_per_call: cost.map(|cost| cost.ns_per_call), hash }
    }

    /// This and what the same hook did after it.
    #[must_use]
    pub fn and(self, next: Self) -> Self {
        let total_ns = |ledger: &Self| ledger.ns_per_call.map(|ns| ns * ledger.calls as f64);
        let calls = self.calls.saturating_add(next.calls);
        let mean_ns = total_ns(&self).zip(total_ns(&next)).map(|(one, other)| (one + other) / calls as f64);
        Self {
            attached: next.attached,
            expected_calls: self.expected_calls.saturating_add(next.expected_calls),
            calls,
            errors: self.errors.saturating_add(next.errors),
            ns_per_call: mean_ns.filter(|mean| mean.is_finite()).or(self.ns_per_call).or(next.ns_per_call),
            hash: next.hash,
        }
    }
}

/// A whole run of one variant.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Slot {
    /// Counted from 0.
    pub round: u32,
    /// Its turn in the round.
    pub place: usize,
    /// The variant that ran.
    pub variant: usize,
    /// Why it was measured again, once per failed attempt.
    pub repeats: Vec<String>,
    /// Transactions per second.
    pub rate: f64,
    /// netperf's output.
    pub output: String,
    /// The hook's own counts over the run and the warm-up before it; `None` for a baseline.
    pub ledger: Option<Ledger>,
}
