//! Names and numbers of the IP type-of-service byte (`-Y`).

/// Names outside the two systematic families.
const NAMES: [(&str, u8); 4] = [("ef", 0xb8), ("lowdelay", 0x10), ("throughput", 0x08), ("reliability", 0x04)];

/// The byte a name stands for (`af11` to `af43`, `cs0` to `cs7`, `ef`, `lowdelay`, `throughput`,
/// `reliability`, in any case), or a number from 0 to 255 as C writes it; `None` for anything else.
pub fn tos(text: &str) -> Option<u8> {
    let name = text.to_ascii_lowercase();
    let known = NAMES.iter().find(|(known, _)| *known == name);
    known.map(|(_, value)| *value).or_else(|| class(&name)).or_else(|| number(&name))
}

/// Assured forwarding (RFC 2597) and class selectors (RFC 2474): both put the class in the top three bits.
fn class(name: &str) -> Option<u8> {
    let digits = |text: &str| text.bytes().map(|byte| byte.wrapping_sub(b'0')).collect::<Vec<_>>();
    if let Some(selector) = name.strip_prefix("cs") {
        match digits(selector)[..] {
            [class @ 0..=7] => Some(class << 5),
            _ => None,
        }
    } else {
        match digits(name.strip_prefix("af")?)[..] {
            [class @ 1..=4, drop @ 1..=3] => Some(class << 5 | drop << 3),
            _ => None,
        }
    }
}

/// A C integer literal without a sign: `0x` hexadecimal, `0` octal, else decimal.
fn number(text: &str) -> Option<u8> {
    let (digits, radix) = match text.strip_prefix("0x") {
        Some(digits) => (digits, 16),
        None if text.starts_with('0') => (text, 8),
        None => (text, 10),
    };
    let signed = digits.starts_with('+');
    u8::from_str_radix(digits, radix).ok().filter(|_| !signed)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn names_in_any_case() {
        for (name, value) in [
            ("EF", 0xb8),
            ("af11", 0x28),
            ("af41", 0x88),
            ("AF43", 0x98),
            ("cs0", 0),
            ("CS7", 0xe0),
            ("lowdelay", 0x10),
        ] {
            assert_eq!(tos(name), Some(value), "{name}");
        }
        for name in ["af", "af10", "af44", "af51", "af111", "cs8", "cs", "e", ""] {
            assert_eq!(tos(name), None, "{name}");
        }
    }

    #[test]
    fn numbers_as_c_writes_them() {
        for (text, value) in [("0", 0), ("16", 16), ("0x10", 16), ("0X10", 16), ("010", 8), ("255", 255)] {
            assert_eq!(tos(text), Some(value), "{text}");
        }
        for text in ["256", "-1", "0x10x", "0x", "0x+5", "08", "1K"] {
            assert_eq!(tos(text), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn every_byte_has_three_spellings(byte: u8) {
            for text in [format!("{byte}"), format!("0x{byte:x}"), format!("0{byte:o}")] {
                prop_assert_eq!(tos(&text), Some(byte));
            }
        }

        #[test]
        fn no_text_panics(text in "(af|cs|0x)?\\PC{0,6}") {
            if let Some(byte) = tos(&text) {
                prop_assert_eq!(tos(&byte.to_string()), Some(byte));
            }
        }
    }
}
