//! The byte string of the `payload` rung, and how it is written in a hook spec.

use std::fmt;
use std::str::FromStr;

use super::PAYLOAD_WINDOW;
use crate::hex::from_hex;

/// Longest byte string the `payload` rung looks for, in bytes.
pub const PATTERN_MAX: usize = 16;
/// What the `payload` rung looks for unless told otherwise; test traffic never carries it.
const DEFAULT: Pattern = Pattern::new(b"rrgen-drop").unwrap();
/// Introduces a pattern written as hexadecimal digits.
const HEX_PREFIX: &str = "0x";

/// A byte string of 1 to [`PATTERN_MAX`] bytes, inline so that a filter is plain data.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pattern {
    bytes: [u8; PATTERN_MAX],
    len: usize,
}

impl Pattern {
    /// `None` when `bytes` is empty or longer than [`PATTERN_MAX`].
    #[must_use]
    pub const fn new(bytes: &[u8]) -> Option<Pattern> {
        if bytes.is_empty() || bytes.len() > PATTERN_MAX {
            return None;
        }
        let mut pattern = Pattern { bytes: [0; PATTERN_MAX], len: bytes.len() };
        let (used, _) = pattern.bytes.split_at_mut(bytes.len());
        used.copy_from_slice(bytes);
        Some(pattern)
    }

    /// The bytes looked for.
    #[inline]
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes[..self.len]
    }

    /// Whether the pattern lies within the first [`PAYLOAD_WINDOW`] bytes of `payload`.
    #[inline]
    #[must_use]
    pub fn is_in(&self, payload: &[u8]) -> bool {
        let window = &payload[..payload.len().min(PAYLOAD_WINDOW)];
        window.windows(self.len).any(|bytes| bytes == self.as_bytes())
    }
}

impl Default for Pattern {
    fn default() -> Pattern {
        DEFAULT
    }
}

/// A pattern that is neither text nor hexadecimal, or of the wrong length.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "expected 1 to {PATTERN_MAX} bytes, as printable ASCII without a comma, or as {HEX_PREFIX} and two hexadecimal digits per byte"
)]
pub struct BadPattern;

impl FromStr for Pattern {
    type Err = BadPattern;

    fn from_str(text: &str) -> Result<Pattern, BadPattern> {
        let Some(digits) = text.strip_prefix(HEX_PREFIX) else {
            let printable = is_text(text.as_bytes());
            return printable.then(|| Pattern::new(text.as_bytes())).flatten().ok_or(BadPattern);
        };
        let bytes = from_hex(digits).ok_or(BadPattern)?;
        Pattern::new(&bytes).ok_or(BadPattern)
    }
}

impl fmt::Display for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match std::str::from_utf8(self.as_bytes()) {
            Ok(text) if is_text(self.as_bytes()) && !text.starts_with(HEX_PREFIX) => f.write_str(text),
            _ => {
                f.write_str(HEX_PREFIX)?;
                self.as_bytes().iter().try_for_each(|byte| write!(f, "{byte:02x}"))
            }
        }
    }
}

/// Bytes that stand for themselves in a hook spec.
fn is_text(bytes: &[u8]) -> bool {
    bytes.iter().all(|byte| byte.is_ascii_graphic() && *byte != b',')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn pattern(bytes: &[u8]) -> Pattern {
        Pattern::new(bytes).unwrap()
    }

    #[test]
    fn the_window_bounds_the_search() {
        let mut payload = [0; PAYLOAD_WINDOW + 1];
        payload[PAYLOAD_WINDOW - 2..].copy_from_slice(b"abc");
        assert!(pattern(b"ab").is_in(&payload));
        assert!(!pattern(b"abc").is_in(&payload));
        assert!(!pattern(b"abc").is_in(b"ab"));
        assert!(pattern(b"abc").is_in(b"abc"));
    }

    #[test]
    fn the_length_is_bounded() {
        assert_eq!("".parse::<Pattern>(), Err(BadPattern));
        assert_eq!("0x".parse::<Pattern>(), Err(BadPattern));
        assert_eq!("0x123".parse::<Pattern>(), Err(BadPattern));
        assert_eq!("x".repeat(PATTERN_MAX + 1).parse::<Pattern>(), Err(BadPattern));
        assert_eq!("a,b".parse::<Pattern>(), Err(BadPattern));
    }

    proptest! {
        #[test]
        fn text_and_bytes_agree(bytes in proptest::collection::vec(any::<u8>(), 1..=PATTERN_MAX)) {
            let pattern = pattern(&bytes);
            prop_assert_eq!(pattern.to_string().parse(), Ok(pattern));
        }

        #[test]
        fn any_text_is_answered(text in "\\PC{0,40}") {
            if let Ok(pattern) = text.parse::<Pattern>() {
                prop_assert_eq!(pattern.to_string().parse(), Ok(pattern));
            }
        }
    }
}
