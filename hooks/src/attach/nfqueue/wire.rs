//! The bytes of nfnetlink_queue (`linux/netfilter/nfnetlink_queue.h`): requests built, packets read, nothing sent.
//!
//! Netlink headers are in host byte order, netfilter's fields in network byte order, everything aligned to four bytes.

use std::ops::Range;

use crate::verdict::Verdict;

const NLMSG_LEN: usize = 16;
const NFGENMSG_LEN: usize = 4;
const ATTRIBUTE_LEN: usize = 4;
const ALIGNMENT: usize = 4;
/// The two fields of a verdict.
const VERDICT_LEN: usize = 4;
const PACKET_ID_LEN: usize = 4;
/// The bits of an attribute's type that are flags.
const ATTRIBUTE_TYPE: u16 = 0x3fff;
/// Bytes of a packet handed to user space: all of it.
const COPY_RANGE: u32 = 0xffff;
/// Let packets pass when user space does not keep up, and hand over segments that the card would still have to cut
/// as the one packet they are.
const FLAGS: u32 = (libc::NFQA_CFG_F_FAIL_OPEN | libc::NFQA_CFG_F_GSO) as u32;

/// What the kernel had to say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Event {
    /// A packet waits for its verdict. The range is that of its IP packet in the buffer.
    Packet {
        /// The kernel's number for it.
        id: u32,
        /// Where it is.
        packet: Range<usize>,
    },
    /// The answer to a request: an error number, 0 for success.
    Answer(i32),
    /// Something of no concern.
    Other,
}

/// The requests that make queue `number` ours: bind it, have packets copied, set the flags.
pub(super) fn setup(number: u16) -> [Vec<u8>; 3] {
    let command = [libc::NFQNL_CFG_CMD_BIND as u8, 0, 0, 0];
    let mut copy = COPY_RANGE.to_be_bytes().to_vec();
    copy.push(libc::NFQNL_COPY_PACKET as u8);
    let flags = FLAGS.to_be_bytes();
    [
        config(number, &[(libc::NFQA_CFG_CMD, &command)]),
        config(number, &[(libc::NFQA_CFG_PARAMS, &copy)]),
        config(number, &[(libc::NFQA_CFG_FLAGS, &flags), (libc::NFQA_CFG_MASK, &flags)]),
    ]
}

/// A request that the kernel answers.
fn config(number: u16, attributes: &[(libc::c_int, &[u8])]) -> Vec<u8> {
    message(libc::NFQNL_MSG_CONFIG, libc::NLM_F_ACK, number, attributes)
}

/// A verdict as it is sent: built once, then only number and verdict change. The kernel does not answer it.
#[derive(Debug)]
pub(super) struct VerdictMessage(Vec<u8>);

impl VerdictMessage {
    /// For the packets of queue `number`.
    pub(super) fn new(number: u16) -> VerdictMessage {
        let header = [0; VERDICT_LEN + PACKET_ID_LEN];
        VerdictMessage(message(libc::NFQNL_MSG_VERDICT, 0, number, &[(libc::NFQA_VERDICT_HDR, &header)]))
    }

    /// The message for one packet.
    pub(super) fn of(&mut self, id: u32, verdict: Verdict) -> &[u8] {
        let code = match verdict {
            Verdict::Pass => libc::NF_ACCEPT,
            Verdict::Drop => libc::NF_DROP,
        };
        let header = &mut self.0[NLMSG_LEN + NFGENMSG_LEN + ATTRIBUTE_LEN..];
        header[..VERDICT_LEN].copy_from_slice(&code.to_be_bytes());
        header[VERDICT_LEN..].copy_from_slice(&id.to_be_bytes());
        &self.0
    }
}

fn message(kind: libc::c_int, flags: libc::c_int, number: u16, attributes: &[(libc::c_int, &[u8])]) -> Vec<u8> {
    let padded = |bytes: &[u8]| ATTRIBUTE_LEN + bytes.len().next_multiple_of(ALIGNMENT);
    let len = NLMSG_LEN + NFGENMSG_LEN + attributes.iter().map(|(_, bytes)| padded(bytes)).sum::<usize>();
    let mut message = Vec::with_capacity(len);
    message.extend((len as u32).to_ne_bytes());
    message.extend(message_type(kind).to_ne_bytes());
    message.extend(((libc::NLM_F_REQUEST | flags) as u16).to_ne_bytes());
    message.extend([0; 8]);
    message.extend([libc::AF_UNSPEC as u8, libc::NFNETLINK_V0 as u8]);
    message.extend(number.to_be_bytes());
    for (kind, bytes) in attributes {
        message.extend(((ATTRIBUTE_LEN + bytes.len()) as u16).to_ne_bytes());
        message.extend((*kind as u16).to_ne_bytes());
        message.extend(*bytes);
        message.resize(message.len().next_multiple_of(ALIGNMENT), 0);
    }
    message
}

fn message_type(kind: libc::c_int) -> u16 {
    (libc::NFNL_SUBSYS_QUEUE << 8 | kind) as u16
}

/// Reads the message at `at`; the offset of the next one, and what this one says. `None` at the end, and where
/// the bytes are no message.
pub(super) fn read(buffer: &[u8], at: usize) -> Option<(usize, Event)> {
    let header = buffer.get(at..)?.first_chunk::<NLMSG_LEN>()?;
    let len = u32::from_ne_bytes([header[0], header[1], header[2], header[3]]) as usize;
    let kind = u16::from_ne_bytes([header[4], header[5]]);
    if len < NLMSG_LEN || len > buffer.len() - at {
        return None;
    }
    let body = at + NLMSG_LEN..at + len;
    let event = if kind == message_type(libc::NFQNL_MSG_PACKET) {
        read_packet(buffer, body).unwrap_or(Event::Other)
    } else if libc::c_int::from(kind) == libc::NLMSG_ERROR {
        let code = buffer[body].first_chunk().map(|code| i32::from_ne_bytes(*code));
        code.map_or(Event::Other, |code| Event::Answer(code.saturating_neg()))
    } else {
        Event::Other
    };
    Some(((at + len).next_multiple_of(ALIGNMENT), event))
}

/// Reads the attributes of a packet message; `None` when one that matters is missing.
fn read_packet(buffer: &[u8], body: Range<usize>) -> Option<Event> {
    let (mut id, mut packet) = (None, None);
    let mut at = body.start + NFGENMSG_LEN;
    while let Some(header) = buffer[..body.end].get(at..).and_then(|rest| rest.first_chunk::<ATTRIBUTE_LEN>()) {
        let len = usize::from(u16::from_ne_bytes([header[0], header[1]]));
        let kind = u16::from_ne_bytes([header[2], header[3]]) & ATTRIBUTE_TYPE;
        if len < ATTRIBUTE_LEN || len > body.end - at {
            return None;
        }
        let value = at + ATTRIBUTE_LEN..at + len;
        match libc::c_int::from(kind) {
            libc::NFQA_PACKET_HDR => id = buffer[value].first_chunk().map(|id| u32::from_be_bytes(*id)),
            libc::NFQA_PAYLOAD => packet = Some(value),
            _ => {}
        }
        at += len.next_multiple_of(ALIGNMENT);
    }
    Some(Event::Packet { id: id?, packet: packet? })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// A packet message as the kernel sends it: some attributes, the packet last.
    fn packet_message(id: u32, packet: &[u8]) -> Vec<u8> {
        let mut header = id.to_be_bytes().to_vec();
        header.extend([0x08, 0x00, 1]);
        let attributes: [(libc::c_int, &[u8]); 3] =
            [(libc::NFQA_PACKET_HDR, &header), (libc::NFQA_IFINDEX_INDEV, &[0, 0, 0, 1]), (libc::NFQA_PAYLOAD, packet)];
        message(libc::NFQNL_MSG_PACKET, 0, 7, &attributes)
    }

    #[test]
    fn a_batch_of_messages_is_read_in_turn() {
        let mut buffer = packet_message(1, b"abc");
        let second = buffer.len();
        buffer.extend(packet_message(2, b""));
        let (next, first) = read(&buffer, 0).unwrap();
        assert_eq!(next, second);
        let Event::Packet { id: 1, packet } = first else { panic!("{first:?}") };
        assert_eq!(buffer[packet], *b"abc");
        let (end, last) = read(&buffer, next).unwrap();
        assert!(matches!(last, Event::Packet { id: 2, packet } if packet.is_empty()));
        assert_eq!(read(&buffer, end), None);
    }

    #[test]
    fn requests_are_laid_out_as_the_kernel_wants_them() {
        let [bind, copy, flags] = setup(0x1234);
        assert_eq!(bind.len(), 28);
        assert_eq!(
            bind[..8],
            [28_u32.to_ne_bytes().as_slice(), &0x0302_u16.to_ne_bytes(), &5_u16.to_ne_bytes()].concat()
        );
        assert_eq!(
            bind[16..],
            [&[0, 0, 0x12, 0x34][..], &8_u16.to_ne_bytes(), &1_u16.to_ne_bytes(), &[1, 0, 0, 0]].concat()
        );
        assert_eq!(copy[24..], [0, 0, 0xff, 0xff, 2, 0, 0, 0]);
        assert_eq!(flags.len(), 36);
        let mut verdict = VerdictMessage::new(0);
        assert_eq!(verdict.of(9, Verdict::Pass)[24..], [0, 0, 0, 1, 0, 0, 0, 9]);
        assert_eq!(verdict.of(8, Verdict::Drop)[24..], [0, 0, 0, 0, 0, 0, 0, 8]);
    }

    proptest! {
        #[test]
        fn noise_is_read_within_its_bounds(mut buffer in proptest::collection::vec(any::<u8>(), 0..200), len in 0..250_u32) {
            if let Some(head) = buffer.first_chunk_mut::<4>() {
                *head = len.to_ne_bytes();
            }
            if let Some((next, _)) = read(&buffer, 0) {
                prop_assert!(next >= NLMSG_LEN);
            }
        }

        #[test]
        fn damaged_packets_lie_within_the_buffer(at in 0..60_usize, byte in any::<u8>(), cut in 0..70_usize) {
            let mut buffer = packet_message(1, &[0x45; 20]);
            buffer[at] = byte;
            buffer.truncate(buffer.len().saturating_sub(cut));
            if let Some((_, Event::Packet { packet, .. })) = read(&buffer, 0) {
                prop_assert!(packet.start >= NLMSG_LEN + NFGENMSG_LEN + 2 * ATTRIBUTE_LEN && packet.end <= buffer.len());
            }
        }
    }
}
