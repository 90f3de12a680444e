//! A histogram in V2 compressed encoding, from somebody whom we do not know.
//!
//! The encoding names the size of its arrays, and what it holds is compressed. Both are bounded here before anything
//! of that size is taken from memory; then the library reads it.

use std::io::Read;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use flate2::read::ZlibDecoder;
use hdrhistogram::Histogram;
use hdrhistogram::serialization::Deserializer;
use thiserror::Error;

/// Begins an uncompressed histogram: the encoding's number, V2.
const V2: u32 = 0x1c84_9313;

/// Begins a compressed one.
const V2_COMPRESSED: u32 = 0x1c84_9314;

/// Bytes before the compressed part: its [`V2_COMPRESSED`] and its length.
const ENVELOPE: usize = 8;

/// Bytes before the counts: [`V2`], length, offset, digits, lowest, highest, ratio.
const HEADER: usize = 40;

/// The longest encoding that is unpacked, bytes: room for more counts than the finest histogram of nanoseconds up to a
/// day has.
const UNPACKED_MAX: usize = 32 << 20;

/// The highest value that any implementation of the format tracks.
const HIGHEST_MAX: u64 = i64::MAX as u64;

/// Nine bytes of ones are the one number whose sign cannot be changed; no count and no gap is that.
const NO_NUMBER: [u8; 9] = [0xff; 9];

/// Why a text is no histogram.
#[derive(Debug, Error)]
pub enum PayloadError {
    /// Not base64, perhaps cut off.
    #[error("base64, whole: {0}")]
    Base64(#[from] base64::DecodeError),
    /// Something else, or another version of the encoding.
    #[error("a histogram in V2 compressed encoding")]
    OtherEncoding,
    /// The compressed part is damaged.
    #[error("an intact compressed histogram: {0}")]
    Damaged(#[from] std::io::Error),
    /// Larger than any of use.
    #[error("at most {UNPACKED_MAX} bytes of histogram")]
    TooLong,
    /// Bounds or counts that cannot be.
    #[error("a histogram with possible bounds and counts")]
    Impossible,
}

/// The histogram that `text` encodes.
///
/// # Errors
/// It is none, is damaged, or is larger than any of use.
pub fn decode(text: &str) -> Result<Histogram<u64>, PayloadError> {
    let packed = STANDARD.decode(text)?;
    let unpacked = unpack(&packed)?;
    check(&unpacked)?;
    Deserializer::new().deserialize(&mut unpacked.as_slice()).map_err(|_| PayloadError::Impossible)
}

fn unpack(packed: &[u8]) -> Result<Vec<u8>, PayloadError> {
    if word(packed, 0) != Some(V2_COMPRESSED) || packed.len() <= ENVELOPE {
        return Err(PayloadError::OtherEncoding);
    }
    let mut unpacked = Vec::new();
    ZlibDecoder::new(&packed[ENVELOPE..]).take(UNPACKED_MAX as u64 + 1).read_to_end(&mut unpacked)?;
    if unpacked.len() > UNPACKED_MAX { Err(PayloadError::TooLong) } else { Ok(unpacked) }
}

/// Whether the library can read this without taking more memory than it is worth, or stumbling.
fn check(unpacked: &[u8]) -> Result<(), PayloadError> {
    if word(unpacked, 0) != Some(V2) {
        return Err(PayloadError::OtherEncoding);
    }
    let possible = unpacked.len() >= HEADER
        && word(unpacked, 4).is_some_and(|length| length as usize <= unpacked.len() - HEADER)
        && long(unpacked, 24).is_some_and(|highest| highest <= HIGHEST_MAX)
        && !unpacked[HEADER..].windows(NO_NUMBER.len()).any(|bytes| bytes == NO_NUMBER);
    if possible { Ok(()) } else { Err(PayloadError::Impossible) }
}

/// The number in network order at `at`.
fn word(bytes: &[u8], at: usize) -> Option<u32> {
    bytes.get(at..)?.first_chunk().map(|word| u32::from_be_bytes(*word))
}

fn long(bytes: &[u8], at: usize) -> Option<u64> {
    bytes.get(at..)?.first_chunk().map(|long| u64::from_be_bytes(*long))
}
