//! Numbers as netperf reads them, and whether it read all that was written.
//!
//! netperf takes the number a text begins with, lets unit letters anywhere multiply it, ignores everything
//! else and lets 32 bits wrap: `1m0s` is a million. Scripts rely on the good half of that, so each function
//! tells netperf's value and whether the text means just that; the caller decides what to do about the rest.

/// A number, and how it came about.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Reading<T> {
    /// What netperf makes of the text.
    pub value: T,
    /// The text was understood as a whole, and the value did not wrap.
    pub exact: bool,
}

/// netperf's multipliers.
const SCALES: [(char, i64); 6] =
    [('K', 1 << 10), ('M', 1 << 20), ('G', 1 << 30), ('k', 1_000), ('m', 1_000_000), ('g', 1_000_000_000)];

/// A plain integer: C's `atoi`.
pub fn plain(text: &str) -> Reading<i32> {
    let (number, rest) = integer_prefix(text);
    wrapped(number, [1], rest.is_empty())
}

/// An integer with a unit letter: `32K`. Each letter found multiplies once, wherever it stands.
pub fn scaled(text: &str) -> Reading<i32> {
    let (number, rest) = integer_prefix(text);
    let found = SCALES.iter().filter(|(letter, _)| text.contains(*letter));
    let one_letter = SCALES.iter().any(|(letter, _)| rest.strip_prefix(*letter) == Some(""));
    wrapped(number, found.map(|(_, factor)| *factor), rest.is_empty() || one_letter)
}

/// The length of a test: a [`scaled`] number, or plain seconds with an `s`. Letters are exact with transactions only:
/// `1m` is a million seconds to netperf, and a minute to whoever wrote it.
pub fn length(text: &str) -> Reading<i32> {
    let seconds = plain(text.strip_suffix('s').unwrap_or(text));
    let reading = scaled(text);
    Reading { exact: seconds.exact || (reading.exact && reading.value < 0), ..reading }
}

/// A short time in microseconds: `5us`, `5ms` (also without a unit) or `5s`.
pub fn micros(text: &str) -> Reading<i32> {
    let (number, rest) = integer_prefix(text);
    let factor = match ['m', 'u', 's'].into_iter().find(|&unit| text.contains(unit)) {
        Some('u') => 1,
        Some('s') => 1_000_000,
        _ => 1_000,
    };
    wrapped(number, [factor], matches!(rest, "" | "u" | "us" | "m" | "ms" | "s"))
}

/// A decimal fraction: C's `atof`, without its hexadecimal, infinite and undefined numbers.
pub fn fraction(text: &str) -> Reading<f64> {
    let (number, rest) = float_prefix(text);
    Reading { value: number.unwrap_or(0.0), exact: number.is_some() && rest.is_empty() }
}

/// A [`fraction`] that may end in a percent sign.
pub fn percent(text: &str) -> Reading<f64> {
    fraction(text.strip_suffix('%').unwrap_or(text))
}

/// What C's 32-bit arithmetic makes of a number and its factors.
fn wrapped(number: Option<i64>, factors: impl IntoIterator<Item = i64>, understood: bool) -> Reading<i32> {
    let start = number.unwrap_or(0);
    let (mut value, mut true_value) = (start as i32, Some(start));
    for factor in factors {
        value = value.wrapping_mul(factor as i32);
        true_value = true_value.and_then(|value| value.checked_mul(factor));
    }
    let exact = understood && number.is_some() && true_value == Some(i64::from(value));
    Reading { value, exact }
}

/// The integer a text begins with, held at 64 bits, and what follows it.
fn integer_prefix(text: &str) -> (Option<i64>, &str) {
    let text = text.trim_ascii_start();
    let digits_at = sign_len(text);
    let end = digits_at + digits_len(&text[digits_at..]);
    if end == digits_at {
        return (None, text);
    }
    let magnitude = text[digits_at..end]
        .bytes()
        .fold(0_i64, |number, digit| number.saturating_mul(10).saturating_add(i64::from(digit - b'0')));
    let number = if text.starts_with('-') { -magnitude } else { magnitude };
    (Some(number), &text[end..])
}

/// The decimal fraction a text begins with, and what follows it.
fn float_prefix(text: &str) -> (Option<f64>, &str) {
    let text = text.trim_ascii_start();
    let mut end = sign_len(text);
    let whole = digits_len(&text[end..]);
    end += whole;
    let mut decimals = 0;
    if let Some(after) = text[end..].strip_prefix('.') {
        decimals = digits_len(after);
        end += 1 + decimals;
    }
    if whole + decimals == 0 {
        return (None, text);
    }
    if let Some(exponent) = text[end..].strip_prefix(['e', 'E']) {
        let sign = sign_len(exponent);
        let digits = digits_len(&exponent[sign..]);
        end += if digits > 0 { 1 + sign + digits } else { 0 };
    }
    (text[..end].parse().ok(), &text[end..])
}

fn sign_len(text: &str) -> usize {
    usize::from(text.starts_with(['+', '-']))
}

fn digits_len(text: &str) -> usize {
    text.bytes().take_while(u8::is_ascii_digit).count()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn exact<T>(value: T) -> Reading<T> {
        Reading { value, exact: true }
    }

    fn misread<T>(value: T) -> Reading<T> {
        Reading { value, exact: false }
    }

    #[test]
    fn letters_multiply() {
        assert_eq!(scaled("32K"), exact(32 * 1024));
        assert_eq!(scaled("-1K"), exact(-1024));
        assert_eq!(scaled("2m"), exact(2_000_000));
        assert_eq!(scaled("1G"), exact(1 << 30));
        assert_eq!(scaled("+5"), exact(5));
    }

    /// Every value here was seen in a request of stock netperf (`-l TEXT`).
    #[test]
    fn stock_misreadings_are_told() {
        for (text, value) in [
            ("1m0s", 1_000_000),
            ("200ms", 200_000_000),
            ("1.5", 1),
            ("1KM", 1 << 30),
            ("99999999999", 1_215_752_191),
            ("4294967297", 1),
            ("5000000K", 825_032_704),
            ("0x10", 0),
            ("abc", 0),
            ("", 0),
        ] {
            assert_eq!(length(text), misread(value), "{text}");
        }
        assert_eq!(length("10s"), exact(10));
        assert_eq!(length(" 7"), exact(7));
        assert_eq!(length("1Ks"), misread(1024));
    }

    #[test]
    fn a_plain_number_has_no_letters() {
        assert_eq!(plain("1K"), misread(1));
        assert_eq!(plain("-2147483648"), exact(i32::MIN));
        assert_eq!(plain("2147483648"), misread(i32::MIN));
    }

    #[test]
    fn short_times_default_to_milliseconds() {
        for (text, value) in [("5us", 5), ("5u", 5), ("5ms", 5_000), ("5m", 5_000), ("5", 5_000), ("5s", 5_000_000)] {
            assert_eq!(micros(text), exact(value), "{text}");
        }
        assert_eq!(micros("1.5"), misread(1_000));
        assert_eq!(micros("3000s"), misread(-1_294_967_296));
    }

    #[test]
    fn fractions() {
        assert_eq!(fraction("-0.2"), exact(-0.2));
        assert_eq!(fraction(".5"), exact(0.5));
        assert_eq!(fraction("2e-1"), exact(0.2));
        assert_eq!(fraction("2e"), misread(2.0));
        assert_eq!(fraction("1e-1x"), misread(0.1));
        for text in ["", ".", "-", "nan", "inf", "e5"] {
            assert_eq!(fraction(text), misread(0.0), "{text}");
        }
        assert_eq!(percent("0.5%"), exact(0.5));
    }

    proptest! {
        #[test]
        fn any_integer_is_read_back(number: i32) {
            let text = number.to_string();
            for read in [plain, scaled, length] {
                prop_assert_eq!(read(&text), exact(number));
            }
        }

        #[test]
        fn no_text_panics(text in "[ +-]?[0-9.KMGkmgsuxe%é-]{0,24}|\\PC*") {
            for read in [plain, scaled, length, micros] {
                let reading = read(&text);
                prop_assert!(!reading.exact || text.contains(|c: char| c.is_ascii_digit()));
            }
            prop_assert!(!fraction(&text).value.is_nan());
            prop_assert!(!percent(&text).value.is_nan());
        }
    }
}
