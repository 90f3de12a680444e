//! Frames by the hundred thousand: corpus frames damaged at random, and a few of plain noise.

use super::corpus::{Frame, corpus};

/// One frame in so many is noise from its first byte to its last.
const NOISE_EVERY: usize = 16;
/// Longest frame of noise, in bytes.
const NOISE_MAX: usize = 200;
/// Most mutations of one frame.
const MUTATIONS_MAX: usize = 4;
/// Most bytes added to or taken from a frame at once.
const SPLICE_MAX: usize = 48;
/// Bytes at which a walk turns: IP versions and header lengths, protocols, extension headers, data offsets.
const TELLING_BYTES: &[u8] =
    &[0x00, 0x01, 0x06, 0x11, 0x2b, 0x2c, 0x3c, 0x44, 0x45, 0x46, 0x4f, 0x50, 0x60, 0xf0, 0xff];
/// Words at which a walk turns: types, lengths, fragment offsets, the dropped port.
const TELLING_WORDS: &[u16] =
    &[0x0000, 0x0001, 0x0014, 0x0028, 0x04d2, 0x0800, 0x1fff, 0x2000, 0x4000, 0x8100, 0x86dd, 0x88a8, 0xffff];

/// An endless supply of frames, the same for the same seed.
#[derive(Debug)]
pub struct Mutator {
    rng: fastrand::Rng,
    corpus: Vec<Frame>,
}

impl Mutator {
    /// A supply of its own for every seed.
    #[must_use]
    pub fn new(seed: u64) -> Mutator {
        Mutator { rng: fastrand::Rng::with_seed(seed), corpus: corpus() }
    }

    fn noise(&mut self) -> Vec<u8> {
        let len = self.rng.usize(..=NOISE_MAX);
        self.random_bytes(len)
    }

    fn random_bytes(&mut self, len: usize) -> Vec<u8> {
        std::iter::repeat_with(|| self.rng.u8(..)).take(len).collect()
    }

    fn mutate(&mut self, frame: &mut Vec<u8>) {
        if frame.is_empty() {
            return;
        }
        let at = self.rng.usize(..frame.len());
        match self.rng.u8(..6) {
            0 => frame[at] ^= 1 << self.rng.u8(..8),
            1 => frame[at] = TELLING_BYTES[self.rng.usize(..TELLING_BYTES.len())],
            2 => {
                let word = TELLING_WORDS[self.rng.usize(..TELLING_WORDS.len())].to_be_bytes();
                let end = frame.len().min(at + word.len());
                frame[at..end].copy_from_slice(&word[..end - at]);
            }
            3 => frame.truncate(at),
            4 => {
                let added = self.rng.usize(..SPLICE_MAX);
                let added = self.random_bytes(added);
                frame.splice(at..at, added);
            }
            _ => {
                let end = frame.len().min(at + self.rng.usize(..SPLICE_MAX));
                frame.drain(at..end);
            }
        }
    }
}

impl Iterator for Mutator {
    type Item = Vec<u8>;

    fn next(&mut self) -> Option<Vec<u8>> {
        if self.rng.usize(..NOISE_EVERY) == 0 {
            return Some(self.noise());
        }
        let chosen = self.rng.usize(..self.corpus.len());
        let mut frame = self.corpus[chosen].bytes.clone();
        for _ in 0..self.rng.usize(..=MUTATIONS_MAX) {
            self.mutate(&mut frame);
        }
        Some(frame)
    }
}
