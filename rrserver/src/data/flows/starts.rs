//! What a hook sees of the messages of many flows: their first bytes, put together from the pieces they come in.

use hooks::packet::PAYLOAD_MAX;

/// The start of the last message of every flow.
#[derive(Debug)]
pub(super) struct Starts {
    bytes: Vec<u8>,
    length: usize,
}

impl Starts {
    /// Room for as much of the messages of `flows` flows, `recv_size` bytes each, as a hook looks at.
    pub(super) fn new(flows: usize, recv_size: usize) -> Self {
        let length = PAYLOAD_MAX.min(recv_size);
        Self { bytes: vec![0; length * flows], length }
    }

    /// Keeps what is of interest in a piece that stands at `at` in the message of `flow`.
    pub(super) fn keep(&mut self, flow: usize, at: usize, piece: &[u8]) {
        let slot = &mut self.bytes[flow * self.length..][..self.length];
        let room = slot.get_mut(at..).unwrap_or_default();
        let kept = room.len().min(piece.len());
        room[..kept].copy_from_slice(&piece[..kept]);
    }

    pub(super) fn of(&self, flow: usize) -> &[u8] {
        &self.bytes[flow * self.length..][..self.length]
    }
}
