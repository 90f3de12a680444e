//! Address families, socket types and addresses in netperf's own numbering.
//!
//! netperf does not send AF_* or SOCK_* values, which differ between systems, but numbers of its own.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::{DecodeError, message::Message};

/// The address family of the data connection (field 21).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Family {
    /// 0: whatever the control connection uses.
    #[default]
    Unspecified,
    /// 4: IPv4.
    Inet,
    /// 6: IPv6.
    Inet6,
}

impl Family {
    /// The family with netperf's number 0, 4 or 6; any other is an error.
    pub fn from_number(number: u32) -> Result<Self, DecodeError> {
        match number {
            0 => Ok(Self::Unspecified),
            4 => Ok(Self::Inet),
            6 => Ok(Self::Inet6),
            other => Err(DecodeError::Family(other)),
        }
    }

    /// netperf's number.
    pub fn number(self) -> u32 {
        match self {
            Self::Unspecified => 0,
            Self::Inet => 4,
            Self::Inet6 => 6,
        }
    }
}

/// The type of the data socket (field 22).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum SocketType {
    /// 1: a byte stream (TCP).
    #[default]
    Stream,
    /// 2: datagrams (UDP).
    Datagram,
    /// 3: DCCP.
    Dccp,
    /// 4: sequenced packets (SCTP).
    SeqPacket,
    /// Any other number; netperf's "unknown" is 0xffffffff.
    Other(u32),
}

impl SocketType {
    /// The type with netperf's number.
    pub fn from_number(number: u32) -> Self {
        match number {
            1 => Self::Stream,
            2 => Self::Datagram,
            3 => Self::Dccp,
            4 => Self::SeqPacket,
            other => Self::Other(other),
        }
    }

    /// netperf's number.
    pub fn number(self) -> u32 {
        match self {
            Self::Stream => 1,
            Self::Datagram => 2,
            Self::Dccp => 3,
            Self::SeqPacket => 4,
            Self::Other(number) => number,
        }
    }
}

/// 32-bit groups in an address; IPv4 uses the first only.
const GROUPS: usize = 4;

/// Reads the address in the four fields from `first`; `None` is the wildcard.
pub(super) fn address(message: &Message, first: usize, family: Family) -> Result<Option<IpAddr>, DecodeError> {
    let groups: [u32; GROUPS] = std::array::from_fn(|group| message.field(first + group));
    if groups == [0; GROUPS] {
        return Ok(None);
    }
    let address = match family {
        Family::Unspecified => return Err(DecodeError::AddressWithoutFamily),
        Family::Inet => IpAddr::V4(Ipv4Addr::from_bits(groups[0])),
        Family::Inet6 => IpAddr::V6(Ipv6Addr::from_bits(join(groups.map(u32::swap_bytes)))),
    };
    Ok((!address.is_unspecified()).then_some(address))
}

/// Writes the address into the four fields from `first`.
///
/// A little-endian netperf copies an IPv6 address into its words without swapping and swaps the words on
/// sending, so each group travels byte-reversed (captured in `session-ipv6`).
pub(super) fn set_address(message: &mut Message, first: usize, address: Option<IpAddr>) {
    let groups = match address {
        None => [0; GROUPS],
        Some(IpAddr::V4(address)) => [address.to_bits(), 0, 0, 0],
        Some(IpAddr::V6(address)) => split(address.to_bits()).map(u32::swap_bytes),
    };
    for (index, group) in groups.into_iter().enumerate() {
        message.set_field(first + index, group);
    }
}

fn join(groups: [u32; GROUPS]) -> u128 {
    groups.into_iter().fold(0, |bits, group| bits << u32::BITS | u128::from(group))
}

fn split(bits: u128) -> [u32; GROUPS] {
    std::array::from_fn(|group| (bits >> (u32::BITS as usize * (GROUPS - 1 - group))) as u32)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::Kind;

    #[test]
    fn ipv6_groups_travel_byte_reversed() {
        let mut message = Message::new(Kind::Omni);
        let written: IpAddr = "2001:db8::1".parse().unwrap();
        set_address(&mut message, 28, Some(written));
        assert_eq!([28, 29, 30, 31].map(|field| message.field(field)), [0xb80d_0120, 0, 0, 0x0100_0000]);
        assert_eq!(address(&message, 28, Family::Inet6), Ok(Some(written)));
    }

    #[test]
    fn an_address_needs_a_family() {
        let mut message = Message::new(Kind::Omni);
        assert_eq!(address(&message, 28, Family::Unspecified), Ok(None));
        set_address(&mut message, 28, Some(Ipv4Addr::LOCALHOST.into()));
        assert_eq!(address(&message, 28, Family::Unspecified), Err(DecodeError::AddressWithoutFamily));
        assert_eq!(address(&message, 28, Family::Inet), Ok(Some(Ipv4Addr::LOCALHOST.into())));
    }

    #[test]
    fn family_numbers_are_netperfs() {
        for (number, family) in [(0, Family::Unspecified), (4, Family::Inet), (6, Family::Inet6)] {
            assert_eq!(Family::from_number(number), Ok(family));
            assert_eq!(family.number(), number);
        }
        // Linux's AF_INET and AF_INET6 are not netperf's.
        assert_eq!(Family::from_number(2), Err(DecodeError::Family(2)));
        assert_eq!(Family::from_number(10), Err(DecodeError::Family(10)));
    }
}
