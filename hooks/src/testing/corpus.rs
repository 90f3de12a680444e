//! The committed frames: `tests/corpus/frames.txt`, one `name hexadecimal-bytes` per line.
//!
//! `tests/corpus.rs` builds the same frames from their descriptions and fails when the file differs.

use crate::hex::from_hex;

const FRAMES: &str = include_str!("../../tests/corpus/frames.txt");

/// A frame and the case it stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Frame {
    /// The case, such as `ipv4-later-fragment`.
    pub name: String,
    /// The frame from its Ethernet header on.
    pub bytes: Vec<u8>,
}

/// All committed frames, well-formed and malformed.
///
/// # Panics
///
/// When the committed file is damaged.
#[must_use]
pub fn corpus() -> Vec<Frame> {
    FRAMES.lines().map(|line| read(line).expect("frames.txt holds `name hex` lines")).collect()
}

fn read(line: &str) -> Option<Frame> {
    let (name, digits) = line.split_once(' ')?;
    Some(Frame { name: name.to_owned(), bytes: from_hex(digits)? })
}
