//! The one message size of the control connection, seen as 32-bit words and fixed-width strings.
//!
//! netperf overlays C structures on these bytes and swaps some of the words; here every integer is one
//! big-endian word and every string is bytes, so nothing is ever swapped twice.

use std::ops::Range;

use super::{DecodeError, Kind};

/// Bytes in every control message, in both directions.
pub const MESSAGE_LEN: usize = 656;

/// The port a netserver listens on unless told otherwise.
pub const CONTROL_PORT: u16 = 12865;

/// Bytes in one word of a message.
const WORD_LEN: usize = 4;

/// Words before field 0: the type, and the CPU or the error number.
const HEADER_WORDS: usize = 2;

/// Where the test-specific part begins, in bytes.
pub(super) const BODY: usize = HEADER_WORDS * WORD_LEN;

/// One control message, exactly as it travels.
#[derive(Clone, PartialEq, Eq)]
pub struct Message([u8; MESSAGE_LEN]);

impl Message {
    /// A message of this kind with nothing in it.
    pub(super) fn new(kind: Kind) -> Self {
        let mut message = Self([0; MESSAGE_LEN]);
        message.set_word(0, kind.number());
        message
    }

    /// Takes the bytes as they were received; nothing is checked yet.
    pub fn from_bytes(bytes: [u8; MESSAGE_LEN]) -> Self {
        Self(bytes)
    }

    /// The bytes to send.
    pub fn as_bytes(&self) -> &[u8; MESSAGE_LEN] {
        &self.0
    }

    /// What the sender says this message is (word 0). A client must not trust it: a stock netserver
    /// sends its results under a byte-swapped number.
    pub fn kind(&self) -> Kind {
        Kind::from_number(self.word(0))
    }

    /// Word 1 of a request: the CPU the server should bind itself to, `None` if negative.
    pub fn remote_cpu(&self) -> Option<u32> {
        non_negative(self.word(1))
    }

    pub(super) fn set_remote_cpu(&mut self, cpu: Option<u32>) {
        self.set_word(1, or_minus_one(cpu));
    }

    /// Word 1 of a response: 0, a Linux errno, or [`ERRNO_UNKNOWN_REQUEST`](super::ERRNO_UNKNOWN_REQUEST).
    pub fn errno(&self) -> i32 {
        self.word(1).cast_signed()
    }

    pub(super) fn set_errno(&mut self, errno: i32) {
        self.set_word(1, errno.cast_unsigned());
    }

    /// Field `index`, which is word `index` + 2.
    pub(super) fn field(&self, index: usize) -> u32 {
        self.word(HEADER_WORDS + index)
    }

    pub(super) fn set_field(&mut self, index: usize, value: u32) {
        self.set_word(HEADER_WORDS + index, value);
    }

    /// Field `index` as the signed number netperf declares it to be.
    pub(super) fn signed(&self, index: usize) -> i32 {
        self.field(index).cast_signed()
    }

    pub(super) fn set_signed(&mut self, index: usize, value: i32) {
        self.set_field(index, value.cast_unsigned());
    }

    /// Field `index` as an optional number, absent if negative.
    pub(super) fn optional(&self, index: usize) -> Option<u32> {
        non_negative(self.field(index))
    }

    pub(super) fn set_optional(&mut self, index: usize, value: Option<u32>) {
        self.set_field(index, or_minus_one(value));
    }

    /// Field `index` as an IEEE-754 single.
    pub(super) fn float(&self, index: usize) -> f32 {
        f32::from_bits(self.field(index))
    }

    pub(super) fn set_float(&mut self, index: usize, value: f32) {
        self.set_field(index, value.to_bits());
    }

    /// Field `index` as a port, refused if it does not fit one.
    pub(super) fn port(&self, index: usize) -> Result<u16, DecodeError> {
        let value = self.field(index);
        u16::try_from(value).map_err(|_| DecodeError::Port(value))
    }

    /// Fields `index` and `index` + 1 as the halves of one counter, high half first.
    pub(super) fn wide(&self, index: usize) -> u64 {
        u64::from(self.field(index)) << u32::BITS | u64::from(self.field(index + 1))
    }

    pub(super) fn set_wide(&mut self, index: usize, value: u64) {
        self.set_field(index, (value >> u32::BITS) as u32);
        self.set_field(index + 1, value as u32);
    }

    /// The bytes from `start` up to the first NUL, or to the end of the message.
    pub(super) fn bytes_from(&self, start: usize) -> &[u8] {
        up_to_nul(&self.0[start..])
    }

    pub(super) fn set_bytes(&mut self, start: usize, bytes: &[u8]) {
        self.0[start..start + bytes.len()].copy_from_slice(bytes);
    }

    /// The C string in this place of the message.
    pub(super) fn text(&self, place: Range<usize>) -> Result<String, DecodeError> {
        let whole = &self.0[place];
        let text = up_to_nul(whole);
        if text.len() == whole.len() {
            return Err(DecodeError::Unterminated);
        }
        let text = str::from_utf8(text).map_err(|_| DecodeError::NotText)?;
        Ok(text.to_owned())
    }

    /// Writes a C string, cut to what leaves room for the NUL.
    pub(super) fn set_text(&mut self, place: Range<usize>, text: &str) {
        let room = place.len() - 1;
        let ends = text.char_indices().map(|(start, char)| start + char.len_utf8());
        let kept = ends.take_while(|&end| end <= room).last().unwrap_or(0);
        self.set_bytes(place.start, up_to_nul(&text.as_bytes()[..kept]));
    }

    fn word(&self, index: usize) -> u32 {
        let start = index * WORD_LEN;
        let mut word = [0; WORD_LEN];
        word.copy_from_slice(&self.0[start..start + WORD_LEN]);
        u32::from_be_bytes(word)
    }

    fn set_word(&mut self, index: usize, value: u32) {
        self.set_bytes(index * WORD_LEN, &value.to_be_bytes());
    }
}

impl std::fmt::Debug for Message {
    /// Kind and word 1; 656 mostly zero bytes would help nobody.
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("Message").field("kind", &self.kind()).field("word_1", &self.errno()).finish_non_exhaustive()
    }
}

fn up_to_nul(bytes: &[u8]) -> &[u8] {
    let end = bytes.iter().position(|&byte| byte == 0);
    &bytes[..end.unwrap_or(bytes.len())]
}

/// netperf marks "not given" with −1; any other negative number means nothing more.
fn non_negative(word: u32) -> Option<u32> {
    (word <= i32::MAX.cast_unsigned()).then_some(word)
}

/// The reverse of [`non_negative`]; what a signed word cannot hold becomes the largest it can.
fn or_minus_one(value: Option<u32>) -> u32 {
    value.map_or(u32::MAX, |value| value.min(i32::MAX.cast_unsigned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_needs_room_for_its_nul() {
        let mut message = Message::new(Kind::Omni);
        let place = 160..164;
        message.set_text(place.clone(), "cubic");
        assert_eq!(message.text(place.clone()), Ok("cub".to_owned()));
        message.set_text(place.clone(), "caf\u{e9}");
        assert_eq!(message.text(place.clone()), Ok("caf".to_owned()));
        message.set_bytes(place.start, b"reno");
        assert_eq!(message.text(place.clone()), Err(DecodeError::Unterminated));
        message.set_bytes(place.start, b"\xff\0\0\0");
        assert_eq!(message.text(place), Err(DecodeError::NotText));
    }

    #[test]
    fn the_counter_is_high_half_first() {
        let mut message = Message::new(Kind::OmniResults);
        message.set_wide(0, 0x0000_0001_0000_0002);
        assert_eq!((message.field(0), message.field(1)), (1, 2));
        assert_eq!(message.wide(0), 0x0000_0001_0000_0002);
    }

    #[test]
    fn every_negative_word_is_absent() {
        for (word, meaning) in [(u32::MAX, None), (0x8000_0000, None), (0x7fff_ffff, Some(0x7fff_ffff)), (0, Some(0))] {
            assert_eq!(non_negative(word), meaning);
        }
        assert_eq!(or_minus_one(Some(u32::MAX)), i32::MAX.cast_unsigned());
    }
}
