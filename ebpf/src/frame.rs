//! What the walk and the ladder ask of an attach point: bytes of the frame, at offsets from its Ethernet header.

use crate::{abi::Search, parse::Tcp};

/// An Ethernet frame, wherever the kernel keeps it.
pub(crate) trait Frame {
    /// The `N` bytes at `at`, or none where the frame is too short.
    fn load<const N: usize>(&self, at: usize) -> Option<[u8; N]>;

    /// Whether the frame has at least `len` bytes.
    fn reaches(&self, len: usize) -> bool;

    /// Whether the string lies within the searched window of the TCP payload.
    fn payload_matches(&self, tcp: &Tcp, search: &Search) -> bool;
}
