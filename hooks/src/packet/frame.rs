//! The frame contract: every engine is handed an Ethernet frame, also where there is less of one.
//!
//! In the process's own loop there is only a payload; [`FrameTemplate`] puts it behind the headers that its packet
//! had, so that `message` does the same walk as `xdp`. A netfilter queue hands over IP packets; [`EthernetHeader`]
//! goes before them. What is not known is a constant: the addresses of Ethernet, sequence numbers, and the TCP
//! checksum, which stays zero as in any packet whose checksum is left to the card.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use super::parse::{ETHERNET_LEN, ETHERTYPE_IPV4, ETHERTYPE_IPV6, IPV4_MIN_LEN, IPV6_LEN, PROTOCOL_TCP, TCP_MIN_LEN};

/// Most payload in a frame, in bytes: what is longer travelled in several packets, and this is the first of them.
pub const PAYLOAD_MAX: usize = 1460;

/// Locally administered addresses, as virtual interfaces have them.
const DESTINATION_MAC: [u8; 6] = [2, 0, 0, 0, 0, 2];
const SOURCE_MAC: [u8; 6] = [2, 0, 0, 0, 0, 1];
const IPV4_FIRST_BYTE: u8 = 0x45;
const IPV4_DONT_FRAGMENT: u16 = 0x4000;
const IPV6_FIRST_BYTE: u8 = 0x60;
const HOPS: u8 = 64;
const TCP_WORDS: u8 = (TCP_MIN_LEN / 4) as u8;
const TCP_ACK_PSH: u8 = 0x18;
const TCP_WINDOW: u16 = u16::MAX;
/// Where the length fields are, and the checksum of IPv4.
const IPV4_TOTAL_LEN: usize = ETHERNET_LEN + 2;
const IPV4_CHECKSUM: usize = ETHERNET_LEN + 10;
const IPV6_PAYLOAD_LEN: usize = ETHERNET_LEN + 4;

/// The Ethernet header of a packet that came without one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EthernetHeader([u8; ETHERNET_LEN]);

impl EthernetHeader {
    /// Its length, in bytes.
    pub const LEN: usize = ETHERNET_LEN;

    fn new(ethertype: u16) -> EthernetHeader {
        let mut header = [0; ETHERNET_LEN];
        let (destination, rest) = header.split_at_mut(DESTINATION_MAC.len());
        let (source, kind) = rest.split_at_mut(SOURCE_MAC.len());
        destination.copy_from_slice(&DESTINATION_MAC);
        source.copy_from_slice(&SOURCE_MAC);
        kind.copy_from_slice(&ethertype.to_be_bytes());
        EthernetHeader(header)
    }

    /// The header for an IP packet, whose version its first byte tells.
    #[inline]
    #[must_use]
    pub fn for_packet(packet: &[u8]) -> EthernetHeader {
        let is_ipv6 = packet.first().is_some_and(|byte| byte >> 4 == IPV6_FIRST_BYTE >> 4);
        EthernetHeader::new(if is_ipv6 { ETHERTYPE_IPV6 } else { ETHERTYPE_IPV4 })
    }

    /// The bytes.
    #[inline]
    #[must_use]
    pub fn as_bytes(&self) -> &[u8; ETHERNET_LEN] {
        &self.0
    }
}

/// The frame of one direction of one connection, in which only the payload changes.
#[derive(Clone, Debug)]
pub struct FrameTemplate {
    /// Headers and room for the longest payload.
    bytes: Vec<u8>,
    headers_len: usize,
    /// The payload length that the headers claim.
    payload_len: usize,
    is_ipv4: bool,
}

impl FrameTemplate {
    /// The frame of what `source` sends to `destination`. IPv4 addresses in IPv6 form count as IPv4.
    #[must_use]
    pub fn new(source: SocketAddr, destination: SocketAddr) -> FrameTemplate {
        let (mut bytes, is_ipv4) = match (source.ip().to_canonical(), destination.ip().to_canonical()) {
            (IpAddr::V4(from), IpAddr::V4(to)) => (ipv4_headers(from, to), true),
            (from, to) => (ipv6_headers(as_ipv6(from), as_ipv6(to)), false),
        };
        bytes.extend(tcp_header(source.port(), destination.port()));
        let headers_len = bytes.len();
        bytes.resize(headers_len + PAYLOAD_MAX, 0);
        let mut template = FrameTemplate { bytes, headers_len, payload_len: 0, is_ipv4 };
        template.claim(0);
        template
    }

    /// The frame with this payload, at most its first [`PAYLOAD_MAX`] bytes.
    #[inline]
    pub fn with_payload(&mut self, payload: &[u8]) -> &[u8] {
        let payload = &payload[..payload.len().min(PAYLOAD_MAX)];
        if payload.len() != self.payload_len {
            self.claim(payload.len());
        }
        let frame = &mut self.bytes[..self.headers_len + payload.len()];
        frame[self.headers_len..].copy_from_slice(payload);
        frame
    }

    /// From now on it is the frame of another connection between the same two hosts.
    #[inline]
    pub fn set_ports(&mut self, source: u16, destination: u16) {
        let at = self.headers_len - TCP_MIN_LEN;
        self.put(at, usize::from(source));
        self.put(at + 2, usize::from(destination));
    }

    /// Writes a payload length into the headers.
    fn claim(&mut self, payload_len: usize) {
        self.payload_len = payload_len;
        if self.is_ipv4 {
            self.put(IPV4_TOTAL_LEN, self.headers_len - ETHERNET_LEN + payload_len);
            self.put(IPV4_CHECKSUM, 0);
            let checksum = internet_checksum(&self.bytes[ETHERNET_LEN..ETHERNET_LEN + IPV4_MIN_LEN]);
            self.put(IPV4_CHECKSUM, usize::from(checksum));
        } else {
            self.put(IPV6_PAYLOAD_LEN, TCP_MIN_LEN + payload_len);
        }
    }

    /// Writes a 16-bit word; no value here is above that.
    fn put(&mut self, at: usize, value: usize) {
        self.bytes[at..at + 2].copy_from_slice(&(value as u16).to_be_bytes());
    }
}

/// An address as IPv6 has it.
fn as_ipv6(address: IpAddr) -> Ipv6Addr {
    match address {
        IpAddr::V4(address) => address.to_ipv6_mapped(),
        IpAddr::V6(address) => address,
    }
}

/// Ethernet and IPv4, lengths and checksum still zero.
fn ipv4_headers(source: Ipv4Addr, destination: Ipv4Addr) -> Vec<u8> {
    let mut bytes = EthernetHeader::new(ETHERTYPE_IPV4).0.to_vec();
    bytes.extend([IPV4_FIRST_BYTE, 0, 0, 0, 0, 0]);
    bytes.extend(IPV4_DONT_FRAGMENT.to_be_bytes());
    bytes.extend([HOPS, PROTOCOL_TCP, 0, 0]);
    bytes.extend(source.octets());
    bytes.extend(destination.octets());
    bytes
}

/// Ethernet and IPv6, the length still zero.
fn ipv6_headers(source: Ipv6Addr, destination: Ipv6Addr) -> Vec<u8> {
    let mut bytes = EthernetHeader::new(ETHERTYPE_IPV6).0.to_vec();
    bytes.extend([IPV6_FIRST_BYTE, 0, 0, 0, 0, 0, PROTOCOL_TCP, HOPS]);
    bytes.extend(source.octets());
    bytes.extend(destination.octets());
    debug_assert_eq!(bytes.len(), ETHERNET_LEN + IPV6_LEN);
    bytes
}

fn tcp_header(source_port: u16, destination_port: u16) -> [u8; TCP_MIN_LEN] {
    let [source_high, source_low] = source_port.to_be_bytes();
    let [destination_high, destination_low] = destination_port.to_be_bytes();
    let [window_high, window_low] = TCP_WINDOW.to_be_bytes();
    let mut header = [0; TCP_MIN_LEN];
    header[..4].copy_from_slice(&[source_high, source_low, destination_high, destination_low]);
    header[12..16].copy_from_slice(&[TCP_WORDS << 4, TCP_ACK_PSH, window_high, window_low]);
    header
}

/// The checksum of RFC 1071 over an even number of bytes.
fn internet_checksum(bytes: &[u8]) -> u16 {
    let words = bytes.chunks_exact(2).map(|word| u32::from(u16::from_be_bytes([word[0], word[1]])));
    let mut sum: u32 = words.sum();
    while sum > u32::from(u16::MAX) {
        sum = (sum & u32::from(u16::MAX)) + (sum >> 16);
    }
    !(sum as u16)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::packet::find_tcp;

    fn template(source: &str, destination: &str) -> FrameTemplate {
        FrameTemplate::new(source.parse().unwrap(), destination.parse().unwrap())
    }

    #[test]
    fn an_ipv4_frame_is_what_the_wire_would_carry() {
        let mut template = template("10.0.0.1:40000", "10.0.0.2:12865");
        let frame = template.with_payload(b"x");
        assert_eq!(frame.len(), 14 + 20 + 20 + 1);
        assert_eq!(frame[26..34], [10, 0, 0, 1, 10, 0, 0, 2]);
        // A header with its checksum in place sums up to zero.
        assert_eq!(internet_checksum(&frame[14..34]), 0);
        assert_eq!(find_tcp(frame).unwrap().source_port, 40000);
        assert_eq!(frame[54..], *b"x");
    }

    #[test]
    fn another_connection_differs_in_its_ports_alone() {
        for host in ["10.0.0.1", "[::1]"] {
            let mut moved = template(&format!("{host}:1"), &format!("{host}:2"));
            moved.set_ports(40_000, 12_865);
            let mut made = template(&format!("{host}:40000"), &format!("{host}:12865"));
            assert_eq!(moved.with_payload(b"ab"), made.with_payload(b"ab"));
        }
    }

    #[test]
    fn mapped_addresses_are_ipv4() {
        let mut mapped = template("[::ffff:10.0.0.1]:1", "[::ffff:10.0.0.2]:2");
        let mut plain = template("10.0.0.1:1", "10.0.0.2:2");
        assert_eq!(mapped.with_payload(b"ab"), plain.with_payload(b"ab"));
    }

    #[test]
    fn a_packet_tells_its_ethernet_type() {
        assert_eq!(EthernetHeader::for_packet(&[0x45]).as_bytes()[12..], [0x08, 0x00]);
        assert_eq!(EthernetHeader::for_packet(&[0x60]).as_bytes()[12..], [0x86, 0xdd]);
        assert_eq!(EthernetHeader::for_packet(&[]).as_bytes()[12..], [0x08, 0x00]);
    }

    proptest! {
        #[test]
        fn every_payload_is_found_again(
            payloads in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 0..2000), 1..5),
            ports in any::<(u16, u16)>(),
            is_ipv6 in any::<bool>(),
        ) {
            let address = if is_ipv6 { IpAddr::from(Ipv6Addr::LOCALHOST) } else { IpAddr::from(Ipv4Addr::LOCALHOST) };
            let mut template = FrameTemplate::new((address, ports.0).into(), (address, ports.1).into());
            for payload in payloads {
                let frame = template.with_payload(&payload);
                let tcp = find_tcp(frame).unwrap();
                prop_assert_eq!(tcp.source_port, ports.0);
                prop_assert_eq!(&frame[tcp.payload], &payload[..payload.len().min(PAYLOAD_MAX)]);
            }
        }
    }
}
