//! Frames from descriptions: headers that are right unless told to be wrong.

/// The source port of test traffic; any but the dropped one.
pub(crate) const PORT: u16 = 40_000;
/// The port that the reference filter drops.
pub(crate) const DROPPED_PORT: u16 = 1234;
/// The default byte string of the `payload` rung.
pub(crate) const PATTERN: &[u8] = b"rrgen-drop";

pub(crate) const IPV4: u16 = 0x0800;
pub(crate) const IPV6: u16 = 0x86dd;
pub(crate) const QTAG: u16 = 0x8100;
pub(crate) const STAG: u16 = 0x88a8;
pub(crate) const TCP: u8 = 6;
pub(crate) const UDP: u8 = 17;
pub(crate) const HOP_BY_HOP: u8 = 0;
pub(crate) const ROUTING: u8 = 43;
pub(crate) const FRAGMENT: u8 = 44;
pub(crate) const DESTINATION: u8 = 60;

/// An Ethernet frame with `tags` before its type.
pub(crate) fn ethernet(tags: &[u16], ethertype: u16, body: &[u8]) -> Vec<u8> {
    let mut frame = vec![2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1];
    for (id, tag) in (1_u16..).zip(tags) {
        frame.extend(tag.to_be_bytes());
        frame.extend(id.to_be_bytes());
    }
    frame.extend(ethertype.to_be_bytes());
    frame.extend(body);
    frame
}

/// An IPv4 header.
pub(crate) struct Ipv4 {
    pub(crate) version: u8,
    /// The header length as claimed, in words; what `options` make of it when `None`.
    pub(crate) words: Option<u8>,
    /// The total length as claimed.
    pub(crate) total_len: Option<u16>,
    /// Flags and fragment offset.
    pub(crate) fragment: u16,
    pub(crate) protocol: u8,
    pub(crate) options: Vec<u8>,
}

impl Default for Ipv4 {
    fn default() -> Ipv4 {
        Ipv4 { version: 4, words: None, total_len: None, fragment: 0x4000, protocol: TCP, options: vec![] }
    }
}

impl Ipv4 {
    /// An Ethernet frame with this header.
    pub(crate) fn frame(&self, body: &[u8]) -> Vec<u8> {
        ethernet(&[], IPV4, &self.packet(body))
    }

    /// The packet alone.
    pub(crate) fn packet(&self, body: &[u8]) -> Vec<u8> {
        let header_len = 20 + self.options.len();
        let words = self.words.unwrap_or((header_len / 4) as u8);
        let total_len = self.total_len.unwrap_or((header_len + body.len()) as u16);
        let mut packet = vec![self.version << 4 | words, 0];
        packet.extend(total_len.to_be_bytes());
        packet.extend([0x12, 0x34]);
        packet.extend(self.fragment.to_be_bytes());
        packet.extend([64, self.protocol, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2]);
        packet.extend(&self.options);
        packet.extend(body);
        packet
    }
}

/// An IPv6 header and the extension headers behind it.
pub(crate) struct Ipv6 {
    pub(crate) version: u8,
    /// The payload length as claimed.
    pub(crate) payload_len: Option<u16>,
    /// What the last header names.
    pub(crate) protocol: u8,
    /// Each extension's type and its bytes behind the next-header byte.
    pub(crate) extensions: Vec<(u8, Vec<u8>)>,
}

impl Default for Ipv6 {
    fn default() -> Ipv6 {
        Ipv6 { version: 6, payload_len: None, protocol: TCP, extensions: vec![] }
    }
}

impl Ipv6 {
    /// An Ethernet frame with this header.
    pub(crate) fn frame(&self, body: &[u8]) -> Vec<u8> {
        let mut rest = Vec::new();
        let mut types = self.extensions.iter().map(|(kind, _)| *kind).chain([self.protocol]);
        let first = types.next().unwrap_or(self.protocol);
        for ((_, bytes), next) in self.extensions.iter().zip(types) {
            rest.push(next);
            rest.extend(bytes);
        }
        rest.extend(body);
        let payload_len = self.payload_len.unwrap_or(rest.len() as u16);
        let mut packet = vec![self.version << 4, 0, 0, 0];
        packet.extend(payload_len.to_be_bytes());
        packet.extend([first, 64]);
        packet.extend([0xfd; 32]);
        packet.extend(rest);
        ethernet(&[], IPV6, &packet)
    }
}

/// The bytes of an options-like extension of `units` × 8 bytes beyond its first 8.
pub(crate) fn extension(units: u8) -> Vec<u8> {
    let mut bytes = vec![units];
    bytes.resize(usize::from(units) * 8 + 7, 0);
    bytes
}

/// The bytes of a fragment extension at `offset` × 8 bytes.
pub(crate) fn fragment(offset: u16, more: bool) -> Vec<u8> {
    let mut bytes = vec![0];
    bytes.extend((offset << 3 | u16::from(more)).to_be_bytes());
    bytes.extend([0, 0, 0, 9]);
    bytes
}

/// A TCP segment with `option_words` × 4 bytes of options.
pub(crate) fn tcp(source: u16, option_words: u8, payload: &[u8]) -> Vec<u8> {
    tcp_claiming(5 + option_words, source, option_words, payload)
}

/// A TCP segment whose data offset claims `words`.
pub(crate) fn tcp_claiming(words: u8, source: u16, option_words: u8, payload: &[u8]) -> Vec<u8> {
    let mut segment = source.to_be_bytes().to_vec();
    segment.extend(12_865_u16.to_be_bytes());
    segment.extend([0, 0, 0, 1, 0, 0, 0, 1, words << 4, 0x18, 0xff, 0xff, 0, 0, 0, 0]);
    segment.resize(20 + usize::from(option_words) * 4, 1);
    segment.extend(payload);
    segment
}

/// `PATTERN` behind `lead` other bytes.
pub(crate) fn pattern_at(lead: usize) -> Vec<u8> {
    let mut payload = vec![b'.'; lead];
    payload.extend(PATTERN);
    payload
}
