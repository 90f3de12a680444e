//! What `--warmup` is given: a time with its unit, or a number of transactions.

use std::time::Duration;

use thiserror::Error;

use crate::plan::WarmUp;

/// Longest warm-up: a day.
const LONGEST: Duration = Duration::from_secs(24 * 60 * 60);

/// Units of time, with what one is in seconds; `s` is the end of the others.
const UNITS: [(&str, f64); 3] = [("us", 1e-6), ("ms", 1e-3), ("s", 1.0)];

/// A text that is no warm-up.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error(
    "'{0}' is no warm-up: write a time up to a day with its unit, such as 500ms or 1.5s, or a number of transactions"
)]
pub(super) struct WarmUpError(String);

/// Reads a warm-up.
///
/// # Errors
/// It is none.
pub(super) fn read(text: &str) -> Result<WarmUp, WarmUpError> {
    let count = text.parse().ok().filter(|&count: &u32| count > 0 && i32::try_from(count).is_ok());
    let warm_up = count.map(WarmUp::Transactions).or_else(|| duration(text).map(WarmUp::Time));
    warm_up.ok_or_else(|| WarmUpError(text.to_owned()))
}

/// A time above nothing and up to [`LONGEST`], a decimal fraction with its unit.
pub(super) fn duration(text: &str) -> Option<Duration> {
    let (number, unit) = UNITS.iter().find_map(|(name, unit)| Some((text.strip_suffix(name)?, unit)))?;
    let is_plain = number.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    let seconds = number.parse::<f64>().ok().filter(|_| is_plain)? * unit;
    Duration::try_from_secs_f64(seconds).ok().filter(|time| !time.is_zero() && *time <= LONGEST)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_unit_makes_it_a_time() {
        for (text, time) in [
            ("1s", Duration::from_secs(1)),
            ("1.5s", Duration::from_millis(1500)),
            ("500ms", Duration::from_millis(500)),
            (".25ms", Duration::from_micros(250)),
            ("20us", Duration::from_micros(20)),
            ("86400s", LONGEST),
        ] {
            assert_eq!(read(text), Ok(WarmUp::Time(time)), "{text}");
        }
        assert_eq!(read("1000"), Ok(WarmUp::Transactions(1000)));
    }

    #[test]
    fn nothing_negative_endless_or_without_meaning() {
        for text in
            ["", "0", "0s", "-1", "-1s", "1.5", "1m", "2h", "s", ".s", "1e9s", "infs", "nans", "86401s", "2147483648"]
        {
            assert!(read(text).is_err(), "{text}");
        }
    }

    proptest! {
        #[test]
        fn no_text_is_too_strange(text in "[0-9.]{0,9}\\PC{0,3}(us|ms|s)?") {
            if let Ok(WarmUp::Time(time)) = read(&text) {
                prop_assert!(!time.is_zero() && time <= LONGEST);
            }
        }
    }
}
