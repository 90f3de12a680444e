//! A fresh identifier for a run that nobody named (`UUID`, test `-t UUID`).

/// Version 4 of RFC 9562: random.
const VERSION: u128 = 0x4 << 76;
const VERSION_MASK: u128 = 0xf << 76;
const VARIANT: u128 = 0b10 << 62;
const VARIANT_MASK: u128 = 0b11 << 62;

/// A random identifier in the usual five groups.
pub(crate) fn random() -> String {
    let bits = fastrand::u128(..) & !VERSION_MASK & !VARIANT_MASK | VERSION | VARIANT;
    let digits = format!("{bits:032x}");
    [&digits[..8], &digits[8..12], &digits[12..16], &digits[16..20], &digits[20..]].join("-")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_has_version_and_variant_and_is_never_the_same() {
        let id = random();
        assert_eq!((id.len(), id.as_bytes()[14]), (36, b'4'), "{id}");
        assert!(matches!(id.as_bytes()[19], b'8' | b'9' | b'a' | b'b'), "{id}");
        assert_ne!(id, random());
    }
}
