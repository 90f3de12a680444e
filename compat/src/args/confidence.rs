//! Repeating a test until its mean is known well enough (`-i`, `-I`).

use super::error::ArgsError;
use super::number;
use super::pair::both;
use super::reader::{Read, Reader};

/// How often to repeat a test, and how well its mean must be known.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Confidence {
    /// Iterations at least.
    pub min: u32,
    /// Iterations at most.
    pub max: u32,
    /// Confidence level in percent: 95 or 99.
    pub level: u8,
    /// Width of the interval as a fraction of the mean: 0.05 is ±2.5 %.
    pub width: f64,
}

/// The levels netperf has a table for, in percent.
const LEVELS: [u8; 2] = [95, 99];
/// Iterations without `-i` and `-I`.
const ONCE: u32 = 1;
/// Iterations at least, if there is to be an interval.
const FEWEST: u32 = 3;
/// Iterations at most, whatever `-i` says.
const MOST: u32 = 30;
/// Iterations at most, if only `-I` is given.
const MOST_UNASKED: u32 = 10;

impl Default for Confidence {
    /// Where `-i` and `-I` both start from; either of them leaves `min` at 3 or more.
    fn default() -> Self {
        Self { min: ONCE, max: ONCE, level: 99, width: 0.05 }
    }
}

impl Confidence {
    /// Takes `-i MAX[,MIN]`.
    pub(super) fn read_iterations(known: Option<Self>, arg: &mut Reader<'_>) -> Read<Self> {
        let mut confidence = known.unwrap_or_default();
        arg.both([&mut confidence.max, &mut confidence.min], Reader::count)?;
        confidence.min = confidence.min.clamp(FEWEST, MOST);
        confidence.max = confidence.max.clamp(confidence.min, MOST);
        Ok(confidence)
    }

    /// Takes `-I LEVEL[,WIDTH%]`. A level alone is also the width, as everywhere with this kind of pair.
    pub(super) fn read_level(known: Option<Self>, arg: &mut Reader<'_>) -> Read<Self> {
        let mut confidence = known.unwrap_or_default();
        let halves = both(arg.text());
        if let Some(text) = halves.first {
            let level = arg.accept(text, number::plain(text.trim_end_matches('%')));
            let found = LEVELS.into_iter().find(|known| i32::from(*known) == level);
            confidence.level = found.ok_or(ArgsError::ConfidenceLevel)?;
        } else if known.is_none() {
            return Err(ArgsError::ConfidenceLevel);
        }
        if let Some(text) = halves.second {
            confidence.width = arg.magnitude(text, number::percent(text))? / 100.0;
        }
        if confidence.max == ONCE {
            confidence.max = MOST_UNASKED;
        }
        if confidence.min == ONCE {
            confidence.min = FEWEST;
        }
        Ok(confidence)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::args::getopt::Given;

    type Take = fn(Option<Confidence>, &mut Reader<'_>) -> Read<Confidence>;

    const I: Take = Confidence::read_iterations;
    const LEVEL: Take = Confidence::read_level;

    fn read(options: &[(Take, &str)]) -> Read<Confidence> {
        let mut warnings = Vec::new();
        let mut known = None;
        for &(take, value) in options {
            let given = Given { option: String::new(), value: Some(value) };
            known = Some(take(known, &mut Reader::new(given, &mut warnings))?);
        }
        Ok(known.unwrap())
    }

    fn confidence(min: u32, max: u32, level: u8, width: f64) -> Read<Confidence> {
        Ok(Confidence { min, max, level, width })
    }

    #[test]
    fn iterations_are_held_between_three_and_thirty() {
        assert_eq!(read(&[(I, "5,3")]), confidence(3, 5, 99, 0.05));
        assert_eq!(read(&[(I, "2")]), confidence(3, 3, 99, 0.05));
        assert_eq!(read(&[(I, "40,1")]), confidence(3, 30, 99, 0.05));
        assert_eq!(read(&[(I, "4,7")]), confidence(7, 7, 99, 0.05));
        assert_eq!(read(&[(I, ",5")]), confidence(5, 5, 99, 0.05));
    }

    #[test]
    fn a_level_alone_is_also_the_width() {
        assert_eq!(read(&[(LEVEL, "99")]), confidence(3, 10, 99, 0.99));
        assert_eq!(read(&[(LEVEL, "95,10")]), confidence(3, 10, 95, 0.1));
        assert_eq!(read(&[(LEVEL, "95%,0.5%")]), confidence(3, 10, 95, 0.005));
        // Seen in the banner of stock netperf as +/-2.500 %.
        assert_eq!(read(&[(LEVEL, "99,")]), confidence(3, 10, 99, 0.05));
    }

    #[test]
    fn only_known_levels_are_taken() {
        for text in ["90", "0", "-99", ",5", "x", ""] {
            assert_eq!(read(&[(LEVEL, text)]), Err(ArgsError::ConfidenceLevel), "{text}");
        }
        assert_eq!(read(&[(I, "3"), (LEVEL, ",200")]), confidence(3, 3, 99, 2.0));
    }

    #[test]
    fn both_options_add_up_in_any_order() {
        let expected = confidence(3, 5, 95, 0.1);
        assert_eq!(read(&[(I, "5,3"), (LEVEL, "95,10")]), expected);
        assert_eq!(read(&[(LEVEL, "95,10"), (I, "5,3")]), expected);
    }
}
