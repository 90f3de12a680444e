//! From the scale that is computed on to the scales that are read.
//!
//! Effects are computed as the log ratio of two rates: there, swapping the variants only flips the sign, and a
//! slowdown and the speed-up that undoes it are equally large. People ask for percent and nanoseconds.

/// Percent in a whole.
const PERCENT: f64 = 100.0;

/// Nanoseconds in a microsecond.
pub const NS_PER_US: f64 = 1e3;

/// Nanoseconds in a second.
const NS_PER_S: f64 = 1e9;

/// The time per transaction, ns, at so many transactions per second; and the other way round.
#[must_use]
pub fn reciprocal(rate_or_ns: f64) -> f64 {
    NS_PER_S / rate_or_ns
}

/// The change of the transaction rate, %, that a log ratio of rates means.
#[must_use]
pub fn rate_percent(log_rate: f64) -> f64 {
    log_rate.exp_m1() * PERCENT
}

/// The change of the time per transaction, %, that a log ratio of rates means.
#[must_use]
pub fn time_percent(log_rate: f64) -> f64 {
    (-log_rate).exp_m1() * PERCENT
}

/// The change of the time per transaction, ns, when the reference takes `reference_ns`.
#[must_use]
pub fn time_ns(log_rate: f64, reference_ns: f64) -> f64 {
    (-log_rate).exp_m1() * reference_ns
}

/// The log ratio of rates of a change of the rate in percent: the inverse of [`rate_percent`].
#[must_use]
pub fn from_rate_percent(percent: f64) -> f64 {
    (percent / PERCENT).ln_1p()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Lua against the baseline in the 2019 record: 522.76 against 628.29 transactions per second.
    #[test]
    fn one_effect_on_every_scale() {
        let log_rate = (522.76_f64 / 628.29).ln();
        assert_eq!(format!("{:.1}", rate_percent(log_rate)), "-16.8");
        assert_eq!(format!("{:.1}", time_percent(log_rate)), "20.2");
        let (baseline_ns, lua_ns) = (1e9 / 628.29, 1e9 / 522.76);
        assert!((time_ns(log_rate, baseline_ns) - (lua_ns - baseline_ns)).abs() < 1e-6);
        assert!((from_rate_percent(rate_percent(log_rate)) - log_rate).abs() < 1e-15);
    }

    /// The effects sought are small differences of large numbers.
    #[test]
    fn tiny_effects_keep_their_digits() {
        assert!((rate_percent(1e-12) / 1e-10 - 1.0).abs() < 1e-11);
        assert!((from_rate_percent(1e-10) / 1e-12 - 1.0).abs() < 1e-11);
    }
}
