//! What the options about the offered load are given: `--rate`, `--arrivals`, `--seed`, and the time of `--ramp`.

use std::ops::RangeInclusive;
use std::time::Duration;

use compat::text::failure::Report;

use super::own::{Own, OwnId, last};
use super::{refused, warm_up};
use crate::plan::{ArrivalKind, OpenLoop};

/// Least and most transactions per second. Above, drawing arrivals takes a thread more time than there is.
const RATES: RangeInclusive<f64> = 0.01..=1e7;

/// What suffixes multiply by.
const SUFFIXES: [(&str, f64); 3] = [("k", 1e3), ("K", 1e3), ("M", 1e6)];

/// The open loop that was asked for.
///
/// # Errors
/// A value is none, or belongs to an open loop and there is none.
pub(super) fn open_loop(own: &Own) -> Result<Option<OpenLoop>, Report> {
    let (arrivals, seed) = (last(own, OwnId::Arrivals), last(own, OwnId::Seed));
    let Some(text) = last(own, OwnId::Rate) else {
        return match (arrivals, seed) {
            (None, None) => Ok(None),
            _ => Err(refused("--arrivals and --seed belong to an open loop: ask for one by --rate, or leave them out")),
        };
    };
    let rate = rate(text).ok_or_else(|| {
        refused(format!("--rate: '{text}' is no rate: write transactions per second, 0.01 to 10M, such as 500 or 20k"))
    })?;
    let arrivals = match arrivals {
        None | Some("uniform") => ArrivalKind::Uniform,
        Some("poisson") => ArrivalKind::Poisson { seed: self::seed(seed)? },
        Some(other) => return Err(refused(format!("--arrivals: '{other}' is no process: write uniform or poisson"))),
    };
    if seed.is_some() && arrivals == ArrivalKind::Uniform {
        return Err(refused("--seed: uniform arrivals draw nothing: leave it out, or write --arrivals poisson"));
    }
    Ok(Some(OpenLoop { rate, arrivals }))
}

/// How long the load is brought up.
///
/// # Errors
/// It is no time.
pub(super) fn ramp(own: &Own) -> Result<Option<Duration>, Report> {
    let read = |text| {
        warm_up::duration(text).ok_or_else(|| {
            refused(format!("--ramp: '{text}' is no time up to a day with its unit, such as 500ms or 2s"))
        })
    };
    last(own, OwnId::Ramp).map(read).transpose()
}

fn rate(text: &str) -> Option<f64> {
    let suffix = SUFFIXES.iter().find_map(|(suffix, factor)| Some((text.strip_suffix(suffix)?, *factor)));
    let (number, factor) = suffix.unwrap_or((text, 1.0));
    let is_plain = number.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    let rate = number.parse::<f64>().ok().filter(|_| is_plain)? * factor;
    RATES.contains(&rate).then_some(rate)
}

/// The given seed, or one by chance, which results name.
fn seed(text: Option<&str>) -> Result<u32, Report> {
    let read =
        |text: &str| text.parse().map_err(|_| refused(format!("--seed: '{text}' is no number up to {}", u32::MAX)));
    text.map_or_else(|| Ok(fastrand::u32(..)), read)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_rate_is_a_plain_number_with_or_without_a_suffix() {
        for (text, expected) in
            [("500", 500.0), ("0.5", 0.5), ("20k", 20_000.0), ("1.5K", 1500.0), (".2M", 200_000.0), ("10M", 1e7)]
        {
            assert_eq!(rate(text), Some(expected), "{text}");
        }
        for text in ["", "k", "0", "0.001", "-5", "1e3", "11M", "5m", "5G", "inf", "nan", "1,5", "5 k"] {
            assert_eq!(rate(text), None, "{text}");
        }
    }

    #[test]
    fn what_belongs_to_an_open_loop_is_refused_without_one_and_nonsense_by_name() {
        let read = |own: &[(OwnId, &str)]| {
            open_loop(&own.iter().map(|(id, text)| (*id, Some((*text).to_owned()))).collect::<Vec<_>>())
        };
        let poisson = [(OwnId::Rate, "1k"), (OwnId::Arrivals, "poisson"), (OwnId::Seed, "7")];
        assert_eq!(read(&poisson), Ok(Some(OpenLoop { rate: 1000.0, arrivals: ArrivalKind::Poisson { seed: 7 } })));
        assert_eq!(read(&[]), Ok(None));
        for (own, culprit) in [
            (&poisson[1..], "--arrivals"),
            (&[(OwnId::Rate, "fast")], "--rate: 'fast'"),
            (&[poisson[0], (OwnId::Arrivals, "even")], "--arrivals: 'even'"),
            (&[poisson[0], (OwnId::Seed, "7")], "--seed"),
            (&[poisson[0], poisson[1], (OwnId::Seed, "-7")], "--seed: '-7'"),
        ] {
            let refusal = read(own).expect_err(culprit);
            assert!(refusal.stderr.contains(culprit), "{refusal:?}");
        }
    }

    proptest! {
        #[test]
        fn no_text_is_too_strange(text in "[0-9.]{0,12}\\PC{0,3}[kKM]?") {
            if let Some(rate) = rate(&text) {
                prop_assert!(RATES.contains(&rate));
            }
        }
    }
}
