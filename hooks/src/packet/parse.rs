//! The walk from an Ethernet frame to its TCP header, defined once for every engine.
//!
//! Native Rust (this file), the eBPF programs and `lua/walk.lua` implement the steps below *to the byte*, and are
//! tested for equal verdicts; a comparison of engines that do different work would compare nothing.
//! A frame either yields a TCP header or it does not; there is no third outcome and no error. All numbers are in
//! network byte order, all offsets count from the first byte of the frame. "Needs n bytes at o" means
//! that `o + n <= end`; a need that is not met ends the walk without TCP. At first `end` is the frame's length.
//!
//! 1. **Ethernet.** Needs 14 bytes at 0. `type` is the 16-bit word at 12, `o` becomes 14.
//! 2. **Tags**, at most [`MAX_TAGS`]: while `type` is 0x8100 (802.1Q) or 0x88a8 (802.1ad), needs 4 bytes at `o`;
//!    `type` becomes the word at `o + 2`, `o` grows by 4. A further tag is not looked into: `type` is then
//!    neither of the two below.
//! 3. **IPv4**, when `type` is 0x0800. Needs 20 bytes at `o`. The high nibble of byte `o` must be 4; its low nibble
//!    times four is the header length `h`, at least 20; needs `h` bytes at `o`. The word at `o + 2` is the total
//!    length `t`, at least `h`; `end` becomes `min(end, o + t)`. The low 13 bits of the word at `o + 6` (the
//!    fragment offset) must be 0: a later fragment has no TCP header. The byte at `o + 9` must be 6. `o` grows by `h`.
//! 4. **IPv6**, when `type` is 0x86dd. Needs 40 bytes at `o`. The high nibble of byte `o` must be 6. `next` is the
//!    byte at `o + 6`; `end` becomes `min(end, o + 40 + word at o + 4)`; `o` grows by 40. Then, at most
//!    [`MAX_EXTENSIONS`] times and while `next` is none but these:
//!    - 0 (hop-by-hop), 43 (routing), 60 (destination options): needs 8 bytes at `o`; `next` becomes the byte at
//!      `o`; `o` grows by 8 × (byte at `o + 1` + 1), whether or not that still lies within `end`.
//!    - 44 (fragment): needs 8 bytes at `o`; the high 13 bits of the word at `o + 2` must be 0; `next` becomes
//!      the byte at `o`; `o` grows by 8.
//!
//!    After that, `next` must be 6.
//! 5. Any other `type` has no TCP.
//! 6. **TCP.** Needs 20 bytes at `o`. The source port is the word at `o`. The high nibble of byte `o + 12` times four
//!    is the header length `d`, at least 20; needs `d` bytes at `o`. The payload is the bytes from `o + d` to `end`.
//!
//! Checksums are not looked at. A frame cut short behind its headers still has them, hence the `min`;
//! link-layer padding is no payload, hence the `end`. Every loop is bounded and every offset stays below
//! 14 + 4 × 2 + 40 + 6 × 2048 + 60 = 12 410, which is what the eBPF verifier wants to know.

use std::ops::Range;

/// 802.1Q or 802.1ad tags that are stepped over.
pub const MAX_TAGS: usize = 2;
/// IPv6 extension headers that are stepped over.
pub const MAX_EXTENSIONS: usize = 6;

pub(crate) const ETHERNET_LEN: usize = 14;
pub(crate) const ETHERTYPE_IPV4: u16 = 0x0800;
pub(crate) const ETHERTYPE_IPV6: u16 = 0x86dd;
pub(crate) const IPV4_MIN_LEN: usize = 20;
pub(crate) const IPV6_LEN: usize = 40;
pub(crate) const TCP_MIN_LEN: usize = 20;
pub(crate) const PROTOCOL_TCP: u8 = 6;

const ETHERTYPE_8021Q: u16 = 0x8100;
const ETHERTYPE_8021AD: u16 = 0x88a8;
const TAG_LEN: usize = 4;
const IPV4_FRAGMENT_OFFSET: u16 = 0x1fff;
const IPV6_FRAGMENT_OFFSET: u16 = 0xfff8;
const EXTENSION_UNIT: usize = 8;
const HOP_BY_HOP: u8 = 0;
const ROUTING: u8 = 43;
const FRAGMENT: u8 = 44;
const DESTINATION_OPTIONS: u8 = 60;

/// Where the walk found TCP.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tcp {
    /// Offset of the TCP header from the frame's start, in bytes.
    pub header: usize,
    /// The source port.
    pub source_port: u16,
    /// The TCP payload's place in the frame; empty for a bare acknowledgement.
    pub payload: Range<usize>,
}

/// Walks `frame` to its TCP header by the steps above; `None` when it has none.
#[inline]
#[must_use]
pub fn find_tcp(frame: &[u8]) -> Option<Tcp> {
    let (ethertype, at) = ethernet(frame)?;
    let (datagram, at) = match ethertype {
        ETHERTYPE_IPV4 => ipv4(frame, at)?,
        ETHERTYPE_IPV6 => ipv6(frame, at)?,
        _ => return None,
    };
    tcp(datagram, at)
}

/// Steps 1 and 2: the type, and the offset of what it names.
#[inline]
fn ethernet(frame: &[u8]) -> Option<(u16, usize)> {
    let mut ethertype = be16(frame, ETHERNET_LEN - 2)?;
    let mut at = ETHERNET_LEN;
    for _ in 0..MAX_TAGS {
        if !matches!(ethertype, ETHERTYPE_8021Q | ETHERTYPE_8021AD) {
            break;
        }
        ethertype = be16(frame, at + 2)?;
        at += TAG_LEN;
    }
    Some((ethertype, at))
}

/// Step 3: the frame up to the datagram's end, and the offset of the TCP header.
#[inline]
fn ipv4(frame: &[u8], at: usize) -> Option<(&[u8], usize)> {
    let header: &[u8; IPV4_MIN_LEN] = frame.get(at..)?.first_chunk()?;
    let header_len = usize::from(header[0] & 0x0f) * 4;
    let total_len = usize::from(u16::from_be_bytes([header[2], header[3]]));
    let fragment = u16::from_be_bytes([header[6], header[7]]);
    let well_formed =
        header[0] >> 4 == 4 && header_len >= IPV4_MIN_LEN && frame.len() - at >= header_len && total_len >= header_len;
    if !well_formed || fragment & IPV4_FRAGMENT_OFFSET != 0 || header[9] != PROTOCOL_TCP {
        return None;
    }
    Some((cut(frame, at + total_len), at + header_len))
}

/// Step 4: the frame up to the packet's end, and the offset of the TCP header.
#[inline]
fn ipv6(frame: &[u8], at: usize) -> Option<(&[u8], usize)> {
    let header: &[u8; IPV6_LEN] = frame.get(at..)?.first_chunk()?;
    if header[0] >> 4 != 6 {
        return None;
    }
    let mut at = at + IPV6_LEN;
    let packet = cut(frame, at + usize::from(u16::from_be_bytes([header[4], header[5]])));
    let mut next = header[6];
    for _ in 0..MAX_EXTENSIONS {
        if !matches!(next, HOP_BY_HOP | ROUTING | FRAGMENT | DESTINATION_OPTIONS) {
            break;
        }
        let extension: &[u8; EXTENSION_UNIT] = packet.get(at..)?.first_chunk()?;
        at += if next == FRAGMENT {
            if u16::from_be_bytes([extension[2], extension[3]]) & IPV6_FRAGMENT_OFFSET != 0 {
                return None;
            }
            EXTENSION_UNIT
        } else {
            EXTENSION_UNIT * (usize::from(extension[1]) + 1)
        };
        next = extension[0];
    }
    (next == PROTOCOL_TCP).then_some((packet, at))
}

/// Step 6.
#[inline]
fn tcp(datagram: &[u8], at: usize) -> Option<Tcp> {
    let header: &[u8; TCP_MIN_LEN] = datagram.get(at..)?.first_chunk()?;
    let header_len = usize::from(header[12] >> 4) * 4;
    if header_len < TCP_MIN_LEN || datagram.len() - at < header_len {
        return None;
    }
    Some(Tcp {
        header: at,
        source_port: u16::from_be_bytes([header[0], header[1]]),
        payload: at + header_len..datagram.len(),
    })
}

/// The frame without what lies behind `end`.
#[inline]
fn cut(frame: &[u8], end: usize) -> &[u8] {
    frame.get(..end).unwrap_or(frame)
}

/// The 16-bit word at `at`, in network order.
#[inline]
fn be16(frame: &[u8], at: usize) -> Option<u16> {
    let word: &[u8; 2] = frame.get(at..)?.first_chunk()?;
    Some(u16::from_be_bytes(*word))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::testing::corpus;

    /// A truncated frame never yields more than the whole one, and what it yields lies within it.
    fn check(frame: &[u8]) -> Result<(), TestCaseError> {
        let Some(whole) = find_tcp(frame) else { return Ok(()) };
        prop_assert!(whole.header + TCP_MIN_LEN <= whole.payload.start);
        prop_assert!(whole.payload.start <= whole.payload.end && whole.payload.end <= frame.len());
        for len in 0..frame.len() {
            match find_tcp(&frame[..len]) {
                None => prop_assert!(len < whole.payload.start),
                Some(tcp) => prop_assert_eq!(tcp.payload.end, whole.payload.end.min(len)),
            }
        }
        Ok(())
    }

    proptest! {
        #[test]
        fn noise_is_walked_within_its_bounds(frame in proptest::collection::vec(any::<u8>(), 0..300)) {
            check(&frame)?;
        }

        #[test]
        fn damaged_frames_are_walked_within_their_bounds(
            chosen in any::<prop::sample::Index>(),
            at in any::<prop::sample::Index>(),
            byte in any::<u8>(),
        ) {
            let mut frame = chosen.get(&corpus()).bytes.clone();
            if !frame.is_empty() {
                let at = at.index(frame.len());
                frame[at] = byte;
            }
            check(&frame)?;
        }
    }
}
