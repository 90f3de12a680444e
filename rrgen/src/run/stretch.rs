//! The stretches of a run: a warm-up that nobody measures, and the test itself.
//!
//! Where a stretch begins, everything that is counted from there on is read once; what a test comes to is the
//! difference. A server counts from its first packet: it is told a length that covers both stretches, and what it counted
//! during the warm-up is taken off its results.

use std::ops::AddAssign;
use std::time::Duration;

use compat::wire::{OmniResults, TestLength};
use rrserver::data::Traffic;
use rrserver::load::ThreadReport;
use rrserver::{EndReport, LoadReport};
use serde::Serialize;

use crate::plan::WarmUp;

/// When a stretch ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Length {
    /// After so many nanoseconds.
    Time(u64),
    /// After so many transactions.
    Transactions(u64),
    /// By itself never.
    Endless,
}

impl Length {
    /// When a stretch ends by the clock that begins at `start_ns`; the others never do.
    pub(super) fn end_ns(self, start_ns: u64) -> u64 {
        match self {
            Self::Time(ns) => start_ns.saturating_add(ns),
            Self::Transactions(_) | Self::Endless => u64::MAX,
        }
    }
}

impl From<TestLength> for Length {
    fn from(length: TestLength) -> Self {
        match length {
            TestLength::Seconds(seconds) => Self::Time(nanoseconds(Duration::from_secs(seconds.into()))),
            TestLength::Transactions(count) => Self::Transactions(count.into()),
            TestLength::UntilClosed => Self::Endless,
        }
    }
}

impl From<WarmUp> for Length {
    fn from(warm_up: WarmUp) -> Self {
        match warm_up {
            WarmUp::Time(time) => Self::Time(nanoseconds(time)),
            WarmUp::Transactions(count) => Self::Transactions(count.into()),
        }
    }
}

pub(super) fn nanoseconds(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}

/// What a warm-up did, all of which its server counted, too.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct WarmedUp {
    /// Completed transactions.
    pub transactions: u64,
    /// System calls and bytes.
    pub traffic: Traffic,
}

impl AddAssign for WarmedUp {
    fn add_assign(&mut self, other: Self) {
        self.transactions += other.transactions;
        self.traffic += other.traffic;
    }
}

impl WarmedUp {
    /// What a server counted after the warm-up. Nobody but the server knows its system calls at that moment: they are
    /// taken to be spread evenly over its bytes.
    pub(super) fn taken_off(&self, results: OmniResults) -> OmniResults {
        let received = results.bytes_received.saturating_sub(self.traffic.bytes_sent);
        let sent = results.bytes_sent.saturating_sub(self.traffic.bytes_received);
        OmniResults {
            recv_calls: share(results.recv_calls, received, results.bytes_received),
            send_calls: share(results.send_calls, sent, results.bytes_sent),
            bytes_received: received,
            bytes_sent: sent,
            transactions: u32::try_from(u64::from(results.transactions).saturating_sub(self.transactions)).unwrap_or(0),
            ..results
        }
    }

    /// The same of a server's report, whose CPU began to count after the warm-up.
    pub(super) fn taken_off_report(&self, report: LoadReport) -> LoadReport {
        let end = EndReport {
            transactions: report.end.transactions.saturating_sub(self.transactions),
            bytes_received: report.end.bytes_received.saturating_sub(self.traffic.bytes_sent),
            bytes_sent: report.end.bytes_sent.saturating_sub(self.traffic.bytes_received),
            ..report.end
        };
        LoadReport { end, threads: self.taken_off_threads(report.threads), ..report }
    }

    /// The same of its threads: which of them answered the warm-up nobody knows, so each is taken to have answered its part
    /// of the whole.
    fn taken_off_threads(&self, mut threads: Vec<ThreadReport>) -> Vec<ThreadReport> {
        let all = threads.iter().map(|thread| u128::from(thread.transactions)).sum::<u128>();
        let warmed_up = u128::from(self.transactions).min(all);
        let of_warm_up = |up_to: u128| up_to.saturating_mul(warmed_up) / all.max(1);
        let mut so_far = 0;
        for thread in &mut threads {
            let before = of_warm_up(so_far);
            so_far += u128::from(thread.transactions);
            let taken_off = u64::try_from(of_warm_up(so_far) - before).unwrap_or(u64::MAX);
            thread.transactions = thread.transactions.saturating_sub(taken_off);
        }
        threads
    }
}

/// The part of `calls` that belongs to `bytes` of `all`.
fn share(calls: u32, bytes: u64, all: u64) -> u32 {
    let calls = u128::from(calls) * u128::from(bytes) / u128::from(all.max(1));
    u32::try_from(calls).unwrap_or(u32::MAX)
}

/// The length that a server is told, so that it outlasts both stretches. One that it could only guess has no end but
/// that of the connection. A ramp goes before either.
pub(crate) fn told(length: TestLength, ramp: Option<Duration>, warm_up: Option<WarmUp>) -> TestLength {
    let before = match (ramp, warm_up) {
        (None, warm_up) => warm_up,
        (Some(ramp), None) => Some(WarmUp::Time(ramp)),
        (Some(ramp), Some(WarmUp::Time(time))) => Some(WarmUp::Time(ramp.saturating_add(time))),
        (Some(_), Some(WarmUp::Transactions(_))) => return TestLength::UntilClosed,
    };
    match (length, before) {
        (length, None) => length,
        (TestLength::Seconds(seconds), Some(WarmUp::Time(time))) => {
            let rounded_up = u32::try_from(time.as_nanos().div_ceil(NS_PER_SEC)).unwrap_or(u32::MAX);
            TestLength::Seconds(seconds.saturating_add(rounded_up))
        }
        (TestLength::Transactions(count), Some(WarmUp::Transactions(before))) => {
            TestLength::Transactions(count.saturating_add(before))
        }
        _ => TestLength::UntilClosed,
    }
}

const NS_PER_SEC: u128 = 1_000_000_000;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_is_told_a_length_that_covers_both_or_none() {
        let (second_and_a_half, ten) =
            (Some(WarmUp::Time(Duration::from_millis(1500))), Some(WarmUp::Transactions(10)));
        let (timed, counted) = (TestLength::Seconds(5), TestLength::Transactions(7));
        for (length, warm_up, expected) in [
            (timed, None, timed),
            (timed, second_and_a_half, TestLength::Seconds(7)),
            (counted, ten, TestLength::Transactions(17)),
            (timed, ten, TestLength::UntilClosed),
            (counted, second_and_a_half, TestLength::UntilClosed),
            (TestLength::UntilClosed, ten, TestLength::UntilClosed),
            (TestLength::Seconds(u32::MAX), second_and_a_half, TestLength::Seconds(u32::MAX)),
        ] {
            assert_eq!(told(length, None, warm_up), expected, "{length:?} after {warm_up:?}");
        }
        let ramp = Some(Duration::from_millis(600));
        assert_eq!(told(timed, ramp, None), TestLength::Seconds(6));
        assert_eq!(told(timed, ramp, second_and_a_half), TestLength::Seconds(8));
        assert_eq!(told(counted, ramp, ten), TestLength::UntilClosed);
    }

    #[test]
    fn what_the_server_counted_in_the_warm_up_is_taken_off() {
        let traffic = Traffic { bytes_sent: 300, bytes_received: 100, ..Traffic::default() };
        let results = OmniResults {
            bytes_received: 1200,
            bytes_sent: 400,
            recv_calls: 40,
            send_calls: 5,
            transactions: 12,
            ..OmniResults::default()
        };
        let measured = WarmedUp { transactions: 3, traffic }.taken_off(results.clone());
        assert_eq!((measured.bytes_received, measured.bytes_sent, measured.transactions), (900, 300, 9));
        assert_eq!((measured.recv_calls, measured.send_calls), (30, 3));
        assert_eq!(WarmedUp::default().taken_off(results.clone()), results);
        let nonsense = WarmedUp { transactions: u64::MAX, traffic }.taken_off(OmniResults::default());
        assert_eq!(nonsense, OmniResults::default(), "a server that counted less than was sent");
    }

    #[test]
    fn threads_of_a_server_are_left_with_what_all_of_them_measured() {
        let measured = |warm_up, transactions: &[u64]| {
            let thread = |&transactions| ThreadReport { transactions, ..ThreadReport::default() };
            let report = LoadReport { threads: transactions.iter().map(thread).collect(), ..LoadReport::default() };
            let warmed_up = WarmedUp { transactions: warm_up, ..WarmedUp::default() };
            let threads = warmed_up.taken_off_report(report).threads;
            threads.iter().map(|thread| thread.transactions).collect::<Vec<_>>()
        };
        assert_eq!(measured(30, &[130]), [100]);
        assert_eq!(measured(10, &[30, 0, 10]), [23, 0, 7], "an uneven part, and 30 in all");
        assert_eq!(measured(9, &[4, 3]), [0, 0], "a server that answered less than was sent");
        assert_eq!(measured(u64::MAX, &[u64::MAX; 3]).len(), 3, "no number is too large");
    }
}
