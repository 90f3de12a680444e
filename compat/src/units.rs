//! The units of `-f`: what netperf counts, what it divides by, and what it calls the result.
//!
//! The names and two oddities are netperf 2.7.0's and show in every captured `78-f*` run: `b` divides by 1
//! although it says bits, and any letter it does not know is KBytes.

use crate::elapsed::US_PER_SEC;

/// Bits in a byte.
const BITS: f64 = 8.0;
/// The binary kilo of `K`, `M` and `G`.
const KIBI: f64 = 1024.0;

/// What rates are given in, as chosen by the first character of `-f`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Unit {
    /// `x`: transactions per second, the default of request/response tests.
    #[default]
    Transactions,
    /// `b`: named bits, counted in bytes per second.
    Bits,
    /// `k`: 10^3 bits per second.
    Kilobits,
    /// `m`: 10^6 bits per second.
    Megabits,
    /// `g`: 10^9 bits per second.
    Gigabits,
    /// `B`: bytes per second.
    Bytes,
    /// `K`: 1024 bytes per second.
    KBytes,
    /// `M`: 1024² bytes per second.
    MBytes,
    /// `G`: 1024³ bytes per second.
    GBytes,
    /// `u`: microseconds per byte.
    Usec,
    /// Any other letter: like `K`, but `-v 2` complains about it.
    Unrecognized(char),
}

impl Unit {
    /// The unit a letter stands for; every letter has one.
    pub fn from_option(letter: char) -> Self {
        match letter {
            'x' => Self::Transactions,
            'b' => Self::Bits,
            'k' => Self::Kilobits,
            'm' => Self::Megabits,
            'g' => Self::Gigabits,
            'B' => Self::Bytes,
            'K' => Self::KBytes,
            'M' => Self::MBytes,
            'G' => Self::GBytes,
            'u' => Self::Usec,
            other => Self::Unrecognized(other),
        }
    }

    /// The name in headings and interim lines, without the `/s` or `/sec` that follows it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Transactions => "Trans",
            Self::Bits => "10^0bits",
            Self::Kilobits => "10^3bits",
            Self::Megabits => "10^6bits",
            Self::Gigabits => "10^9bits",
            Self::Bytes => "Bytes",
            Self::KBytes | Self::Unrecognized(_) => "KBytes",
            Self::MBytes => "MBytes",
            Self::GBytes => "GBytes",
            Self::Usec => "Usec",
        }
    }

    /// Picks what this unit counts out of the two totals of a test or an interval.
    pub fn count(self, transactions: u64, bytes: u64) -> f64 {
        match self {
            Self::Transactions => transactions as f64,
            _ => bytes as f64,
        }
    }

    /// The rate of `count` transactions or bytes in `seconds`, in the order netperf computes it.
    ///
    /// Nothing in no time is NaN, as in netperf.
    pub fn rate(self, count: f64, seconds: f64) -> f64 {
        match self {
            Self::Usec => 1.0 / (count / seconds) * US_PER_SEC as f64,
            _ => count / self.divisor() / seconds,
        }
    }

    /// The unit for one direction, which netperf never gives in transactions.
    pub fn one_way(self) -> Self {
        match self {
            Self::Transactions => Self::Megabits,
            other => other,
        }
    }

    fn divisor(self) -> f64 {
        match self {
            Self::Transactions | Self::Bits | Self::Bytes | Self::Usec => 1.0,
            Self::Kilobits => 1e3 / BITS,
            Self::Megabits => 1e6 / BITS,
            Self::Gigabits => 1e9 / BITS,
            Self::KBytes | Self::Unrecognized(_) => KIBI,
            Self::MBytes => KIBI * KIBI,
            Self::GBytes => KIBI * KIBI * KIBI,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rate_is_in_its_unit() {
        for (letter, rate) in [
            ('x', 3000.0),
            ('b', 3e9),
            ('k', 24e6),
            ('m', 24e3),
            ('g', 24.0),
            ('B', 3e9),
            ('K', 3e9 / 1024.0),
            ('M', 3e9 / 1024.0 / 1024.0),
            ('G', 3e9 / 1024.0 / 1024.0 / 1024.0),
            ('t', 3e9 / 1024.0),
        ] {
            let unit = Unit::from_option(letter);
            assert_eq!(unit.rate(unit.count(6000, 6_000_000_000), 2.0), rate);
        }
    }

    #[test]
    fn microseconds_per_byte_invert_the_rate() {
        assert_eq!(Unit::Usec.rate(Unit::Usec.count(1, 4_000_000), 2.0), 0.5);
        assert_eq!(Unit::Usec.rate(0.0, 2.0), f64::INFINITY);
    }

    #[test]
    fn an_unknown_letter_is_kept_and_means_kbytes() {
        assert_eq!(Unit::from_option('t'), Unit::Unrecognized('t'));
        assert_eq!(Unit::from_option('t').name(), Unit::KBytes.name());
    }

    #[test]
    fn no_time_is_not_a_panic() {
        assert!(Unit::Transactions.rate(0.0, 0.0).is_nan());
        assert_eq!(Unit::Transactions.rate(1.0, 0.0), f64::INFINITY);
    }
}
