//! What C's printf does and Rust's formatting does not.
//!
//! Rust agrees with glibc on rounding, padding and infinity, but writes `NaN` where C writes `nan`. And C's texts end
//! where their buffers do.

use std::fmt::{self, Alignment};

/// What glibc prints for the NaN that x86 arithmetic makes of 0/0: its sign bit is set.
const NAN: &str = "-nan";

/// A float for `{:7.2}` and the like where netperf has `%7.2f`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Float(pub f64);

impl fmt::Display for Float {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.0.is_nan() {
            return self.0.fmt(f);
        }
        // Not `f.pad`: it would cut the text to the number's precision.
        let width = f.width().unwrap_or(0);
        match f.align() {
            Some(Alignment::Left) => write!(f, "{NAN:<width$}"),
            _ => write!(f, "{NAN:>width$}"),
        }
    }
}

/// As much of a text as fits a buffer of `bytes` without its end mark, in whole characters.
pub(crate) fn cut(text: &str, bytes: usize) -> &str {
    let end = (0..=bytes.min(text.len())).rev().find(|&end| text.is_char_boundary(end));
    &text[..end.unwrap_or_default()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_cut_between_characters() {
        for (bytes, expected) in [(0, ""), (1, "a"), (2, "a"), (3, "aä"), (4, "aäb"), (9, "aäb")] {
            assert_eq!(cut("aäb", bytes), expected);
        }
    }

    #[test]
    fn numbers_print_as_printf_prints_them() {
        for (value, right, left) in [
            (1.0, "   1.00", "1.00  "),
            (-1.0, "  -1.00", "-1.00 "),
            // Exact ties go to even, as in glibc.
            (0.125, "   0.12", "0.12  "),
            (-0.0, "  -0.00", "-0.00 "),
            (123_456_789.0, "123456789.00", "123456789.00"),
            (f64::INFINITY, "    inf", "inf   "),
            (f64::NAN, "   -nan", "-nan  "),
        ] {
            assert_eq!(format!("{:7.2}", Float(value)), right);
            assert_eq!(format!("{:<6.2}", Float(value)), left);
        }
    }
}
