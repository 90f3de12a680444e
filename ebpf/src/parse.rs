//! The walk from an Ethernet frame to its TCP header, step for step as `hooks/src/packet/parse.rs` defines it.
//!
//! It is written for the verifier: an offset grows by bounded steps only, and a byte is read where its
//! offset was just compared with the end of the frame.

use crate::frame::Frame;

const MAX_TAGS: usize = 2;
const MAX_EXTENSIONS: usize = 6;

pub(crate) const ETHERNET_LEN: usize = 14;
const TAG_LEN: usize = 4;
const IPV4_MIN_LEN: usize = 20;
const IPV6_LEN: usize = 40;
const EXTENSION_UNIT: usize = 8;
const TCP_MIN_LEN: usize = 20;

const ETHERTYPE_IPV4: u16 = 0x0800;
const ETHERTYPE_IPV6: u16 = 0x86dd;
const ETHERTYPE_8021Q: u16 = 0x8100;
const ETHERTYPE_8021AD: u16 = 0x88a8;
const IPV4_FRAGMENT_OFFSET: u16 = 0x1fff;
const IPV6_FRAGMENT_OFFSET: u16 = 0xfff8;
const HOP_BY_HOP: u8 = 0;
const PROTOCOL_TCP: u8 = 6;
const ROUTING: u8 = 43;
const FRAGMENT: u8 = 44;
const DESTINATION_OPTIONS: u8 = 60;

/// Where the walk found TCP; offsets count from the frame's first byte.
pub(crate) struct Tcp {
    pub(crate) header: usize,
    pub(crate) source_port: u16,
    pub(crate) payload: usize,
    /// Where the IP packet says that it ends; the frame may end before.
    pub(crate) end: usize,
}

/// The upper layer of an IP packet.
struct Upper {
    start: usize,
    end: usize,
}

/// Walks `frame` to its TCP header; none when it has none.
#[inline(always)]
pub(crate) fn find_tcp<F: Frame>(frame: &F) -> Option<Tcp> {
    let (ethertype, at) = ethernet(frame)?;
    let upper = match ethertype {
        ETHERTYPE_IPV4 => ipv4(frame, at)?,
        ETHERTYPE_IPV6 => ipv6(frame, at)?,
        _ => return None,
    };
    tcp(frame, upper)
}

/// Steps 1 and 2: the type, and the offset of what it names.
#[inline(always)]
fn ethernet<F: Frame>(frame: &F) -> Option<(u16, usize)> {
    let mut ethertype = u16::from_be_bytes(frame.load(ETHERNET_LEN - 2)?);
    let mut at = ETHERNET_LEN;
    for _ in 0..MAX_TAGS {
        if ethertype != ETHERTYPE_8021Q && ethertype != ETHERTYPE_8021AD {
            break;
        }
        ethertype = u16::from_be_bytes(frame.load(at + 2)?);
        at += TAG_LEN;
    }
    Some((ethertype, at))
}

/// Step 3.
#[inline(always)]
fn ipv4<F: Frame>(frame: &F, at: usize) -> Option<Upper> {
    let header: [u8; IPV4_MIN_LEN] = frame.load(at)?;
    let header_len = usize::from(header[0] & 0x0f) * 4;
    let total_len = usize::from(u16::from_be_bytes([header[2], header[3]]));
    let fragment = u16::from_be_bytes([header[6], header[7]]);
    let well_formed = header[0] >> 4 == 4 && header_len >= IPV4_MIN_LEN && total_len >= header_len;
    if !well_formed || fragment & IPV4_FRAGMENT_OFFSET != 0 || header[9] != PROTOCOL_TCP {
        return None;
    }
    // The options lie within the frame if the TCP header behind them does, which is looked at next.
    Some(Upper { start: at + header_len, end: at + total_len })
}

/// Step 4.
#[inline(always)]
fn ipv6<F: Frame>(frame: &F, at: usize) -> Option<Upper> {
    let header: [u8; IPV6_LEN] = frame.load(at)?;
    if header[0] >> 4 != 6 {
        return None;
    }
    let mut start = at + IPV6_LEN;
    let end = start + usize::from(u16::from_be_bytes([header[4], header[5]]));
    let mut next = header[6];
    for _ in 0..MAX_EXTENSIONS {
        if !matches!(next, HOP_BY_HOP | ROUTING | FRAGMENT | DESTINATION_OPTIONS) {
            break;
        }
        if start + EXTENSION_UNIT > end {
            return None;
        }
        let extension: [u8; EXTENSION_UNIT] = frame.load(start)?;
        let mut units = 1;
        if next != FRAGMENT {
            units += usize::from(extension[1]);
        } else if u16::from_be_bytes([extension[2], extension[3]]) & IPV6_FRAGMENT_OFFSET != 0 {
            return None;
        }
        start += units * EXTENSION_UNIT;
        next = extension[0];
    }
    if next != PROTOCOL_TCP {
        return None;
    }
    Some(Upper { start, end })
}

/// Step 6.
#[inline(always)]
fn tcp<F: Frame>(frame: &F, Upper { start, end }: Upper) -> Option<Tcp> {
    if start + TCP_MIN_LEN > end {
        return None;
    }
    let header: [u8; TCP_MIN_LEN] = frame.load(start)?;
    let header_len = usize::from(header[12] >> 4) * 4;
    let payload = start + header_len;
    if header_len < TCP_MIN_LEN || payload > end || !frame.reaches(payload) {
        return None;
    }
    let source_port = u16::from_be_bytes([header[0], header[1]]);
    Some(Tcp { header: start, source_port, payload, end })
}
