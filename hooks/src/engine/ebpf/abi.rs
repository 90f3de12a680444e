//! The layout of the maps through which the kernel programs and user space talk.
//!
//! Both sides compile this one file, so neither can disagree with the other about an offset.

/// Payload bytes that the `payload` rung searches.
pub const PAYLOAD_WINDOW: usize = 64;

/// What one program did on one CPU: the element of the per-CPU array `COUNTERS`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(C)]
pub struct Counters {
    /// Frames seen.
    pub calls: u64,
    /// Frames that went on.
    pub passes: u64,
    /// Frames that ended here.
    pub drops: u64,
    /// Frames in which the walk found TCP.
    pub tcp: u64,
}

/// What a program looks for: the element of the array `PARAMS`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(C)]
pub struct Params {
    /// The byte string looked for in the payload.
    pub pattern: Search,
    /// The TCP source port that is dropped, in host order.
    pub port: u64,
}

/// A byte string, prepared so that a search keeps the last 16 payload bytes in two registers, shifts in one byte
/// per step and compares once: the verifier follows 64 such steps easily, and a search in a search not at all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(C)]
pub struct Search {
    /// The bytes as a big-endian number.
    pub bytes: Wide,
    /// Ones where the string has bytes.
    pub mask: Wide,
    /// What the registers hold before the first payload byte; no tail of it begins a match.
    pub before: Wide,
}

/// A 128-bit number as its two halves, which have the same alignment on both sides.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(C)]
pub struct Wide {
    /// The upper 64 bits.
    pub high: u64,
    /// The lower 64 bits.
    pub low: u64,
}

impl Wide {
    /// Shifts the number left by one byte and `byte` in.
    #[inline(always)]
    #[must_use]
    pub const fn shift_in(self, byte: u8) -> Self {
        Self { high: self.high << 8 | self.low >> 56, low: self.low << 8 | byte as u64 }
    }
}

impl Search {
    /// Whether the string occurs in the bytes that `byte` gives for 0, 1, … until it gives none.
    #[inline(always)]
    pub fn matches(&self, byte: impl Fn(usize) -> Option<u8>) -> bool {
        let mut last = self.before;
        for position in 0..PAYLOAD_WINDOW {
            let Some(byte) = byte(position) else { return false };
            last = last.shift_in(byte);
            let high = (last.high ^ self.bytes.high) & self.mask.high;
            let low = (last.low ^ self.bytes.low) & self.mask.low;
            if high | low == 0 {
                return true;
            }
        }
        false
    }
}
