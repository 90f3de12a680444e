//! The filter's parameters in the form in which the kernel programs want them.

use super::abi::{self, Params, Search, Wide};
use crate::filter::{Filter, PAYLOAD_WINDOW, Pattern};

/// Both sides of the comparison search the same window.
const _: () = assert!(abi::PAYLOAD_WINDOW == PAYLOAD_WINDOW);

// SAFETY: integers without padding between them, so every byte of it is initialised.
unsafe impl aya::Pod for abi::Counters {}
// SAFETY: as above.
unsafe impl aya::Pod for Params {}

impl From<&Filter> for Params {
    fn from(filter: &Filter) -> Params {
        Params { pattern: Search::from(&filter.pattern), port: u64::from(filter.port) }
    }
}

impl From<&Pattern> for Search {
    fn from(pattern: &Pattern) -> Search {
        let (mut bytes, mut mask) = (0_u128, 0_u128);
        for byte in pattern.as_bytes() {
            bytes = bytes << u8::BITS | u128::from(*byte);
            mask = mask << u8::BITS | u128::from(u8::MAX);
        }
        // A match needs the pattern's first byte where at first only its complement stands.
        let before = pattern.as_bytes().first().map_or(0, |first| !first);
        Search { bytes: bytes.into(), mask: mask.into(), before: u128::from_be_bytes([before; 16]).into() }
    }
}

impl From<u128> for Wide {
    fn from(number: u128) -> Wide {
        Wide { high: (number >> u64::BITS) as u64, low: number as u64 }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::filter::PATTERN_MAX;

    /// Few different bytes, so that near misses are common.
    fn bytes(len: impl Into<proptest::collection::SizeRange>) -> impl Strategy<Value = Vec<u8>> {
        proptest::collection::vec(prop_oneof![Just(0_u8), Just(1), Just(0xfe), Just(0xff)], len)
    }

    proptest! {
        #[test]
        fn the_kernels_search_finds_what_the_filter_finds(
            payload in bytes(0..PAYLOAD_WINDOW * 2),
            pattern in bytes(1..=PATTERN_MAX),
        ) {
            let pattern = Pattern::new(&pattern).unwrap();
            let found = Search::from(&pattern).matches(|position| payload.get(position).copied());
            prop_assert_eq!(found, pattern.is_in(&payload));
        }
    }
}
