//! What is exchanged over many flows.

use crate::data::MAX_MESSAGE;

/// The messages of a test, which are the same on every flow.
#[derive(Debug, Clone, Copy)]
pub struct Messages<'a> {
    /// Every message that is sent.
    pub outgoing: &'a [u8],
    /// Length of every message that is received, bytes.
    pub recv_size: usize,
    /// As much of those is kept as a hook looks at.
    pub kept: bool,
    /// One is taken for each that is sent, and no more: who answers unasked would look fast.
    pub asked: bool,
}

impl Messages<'_> {
    /// The length of messages that are received, bytes.
    ///
    /// # Panics
    /// A size is 0 or above [`MAX_MESSAGE`]: both ends check what they were asked for before they come here.
    pub(super) fn checked_recv_size(&self) -> u32 {
        for size in [self.outgoing.len(), self.recv_size] {
            assert!((1..=MAX_MESSAGE).contains(&size), "message size {size} out of range");
        }
        self.recv_size as u32
    }
}
