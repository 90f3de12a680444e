//! The shape of the server's buffers: fields a request/response test carries but hardly acts on.
//!
//! They are kept together, and away from what matters, so that decoding and encoding lose nothing.

use super::message::Message;

/// "Not given" in an unsigned field.
const ABSENT: u32 = u32::MAX;

/// One direction's buffers, as the server should arrange them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Buffers {
    /// Bytes per call of a stream test (test `-m`, `-M`); ignored by request/response tests.
    pub size: u32,
    /// Alignment of each buffer, in bytes (global `-A`).
    pub alignment: u32,
    /// Offset from that alignment, in bytes (global `-O`).
    pub offset: u32,
    /// Buffers in the ring (global `-W`).
    pub width: u32,
    /// 1 if copies are to be avoided (test `-V`).
    pub copy_avoidance: u32,
    /// Bytes to write before each call.
    pub dirty: u32,
}

impl Default for Buffers {
    fn default() -> Self {
        Self { size: ABSENT, alignment: 8, offset: 0, width: 1, copy_avoidance: 0, dirty: ABSENT }
    }
}

/// Fields 1–4, 7–10 and 15–19 of a request; the default is what stock sends unasked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BufferShape {
    /// The server's send buffers.
    pub send: Buffers,
    /// The server's receive buffers.
    pub recv: Buffers,
    /// Bytes to read before each receive.
    pub recv_clean: u32,
}

impl Default for BufferShape {
    fn default() -> Self {
        Self { send: Buffers::default(), recv: Buffers::default(), recv_clean: ABSENT }
    }
}

/// Where one direction's buffers stand: the first of four adjoining fields, then the two that stand apart.
struct Place {
    first: usize,
    copy_avoidance: usize,
    dirty: usize,
}

const SEND: Place = Place { first: 1, copy_avoidance: 16, dirty: 17 };
const RECV: Place = Place { first: 7, copy_avoidance: 15, dirty: 18 };
const RECV_CLEAN: usize = 19;

impl BufferShape {
    pub(super) fn read(message: &Message) -> Self {
        Self {
            send: Buffers::read(message, &SEND),
            recv: Buffers::read(message, &RECV),
            recv_clean: message.field(RECV_CLEAN),
        }
    }

    pub(super) fn write(&self, message: &mut Message) {
        self.send.write(message, &SEND);
        self.recv.write(message, &RECV);
        message.set_field(RECV_CLEAN, self.recv_clean);
    }
}

impl Buffers {
    fn read(message: &Message, place: &Place) -> Self {
        Self {
            size: message.field(place.first),
            alignment: message.field(place.first + 1),
            offset: message.field(place.first + 2),
            width: message.field(place.first + 3),
            copy_avoidance: message.field(place.copy_avoidance),
            dirty: message.field(place.dirty),
        }
    }

    fn write(&self, message: &mut Message, place: &Place) {
        message.set_field(place.first, self.size);
        message.set_field(place.first + 1, self.alignment);
        message.set_field(place.first + 2, self.offset);
        message.set_field(place.first + 3, self.width);
        message.set_field(place.copy_avoidance, self.copy_avoidance);
        message.set_field(place.dirty, self.dirty);
    }
}
