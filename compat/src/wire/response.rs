//! The omni response (type 98): what the server has set up, and on which port.

use super::{DecodeError, Kind, Message, flags};

/// Everything a client takes from a response. An error response says nothing but its `errno`.
#[derive(Debug, Clone, PartialEq)]
pub struct OmniResponse {
    /// 0, or why the server could not set the test up.
    pub errno: i32,
    /// SO_RCVBUF of the listening socket in bytes, as read back.
    pub recv_buffer: i32,
    /// SO_SNDBUF of the listening socket in bytes, as read back.
    pub send_buffer: i32,
    /// Bytes the server receives per transaction: the request size.
    pub recv_size: i32,
    /// Bytes the server sends per transaction: the response size.
    pub send_size: i32,
    /// Buffers in the server's receive ring.
    pub recv_width: u32,
    /// Buffers in the server's send ring.
    pub send_width: u32,
    /// TCP_NODELAY is on.
    pub nodelay: bool,
    /// The server measures its CPU (bit 0x8).
    pub cpu_measured: bool,
    /// CPU rate in clock ticks per second, to be sent with the next request; 0 if not measured.
    pub cpu_rate: f32,
    /// 1 if the server avoids copies on receiving.
    pub recv_copy_avoidance: u32,
    /// 1 if the server avoids copies on sending.
    pub send_copy_avoidance: u32,
    /// Port to connect to.
    pub data_port: u16,
    /// SO_PRIORITY in effect; −1 not asked for, −2 failed.
    pub priority: i32,
    /// IP_TOS or IPV6_TCLASS in effect; −1 not asked for, −2 failed.
    pub tos: i32,
}

// Field numbers. Fields 8 and 12 to 15 are never filled in.
const RECV_BUFFER: usize = 0;
const RECV_SIZE: usize = 1;
const RECV_WIDTH: usize = 2;
const SEND_BUFFER: usize = 3;
const SEND_SIZE: usize = 4;
const SEND_WIDTH: usize = 5;
const FLAGS: usize = 6;
const CPU_RATE: usize = 7;
const RECV_COPY_AVOIDANCE: usize = 9;
const SEND_COPY_AVOIDANCE: usize = 10;
const DATA_PORT: usize = 11;
const PRIORITY: usize = 16;
const TOS: usize = 17;

/// Priority or TOS that the client did not ask for.
const NOT_ASKED: i32 = -1;

impl Default for OmniResponse {
    fn default() -> Self {
        Self {
            errno: 0,
            recv_buffer: 0,
            send_buffer: 0,
            recv_size: 1,
            send_size: 1,
            recv_width: 1,
            send_width: 1,
            nodelay: false,
            cpu_measured: false,
            cpu_rate: 0.0,
            recv_copy_avoidance: 0,
            send_copy_avoidance: 0,
            data_port: 0,
            priority: NOT_ASKED,
            tos: NOT_ASKED,
        }
    }
}

impl OmniResponse {
    /// The message to send.
    pub fn encode(&self) -> Message {
        let mut message = Message::new(Kind::OmniResponse);
        message.set_errno(self.errno);
        message.set_signed(RECV_BUFFER, self.recv_buffer);
        message.set_signed(RECV_SIZE, self.recv_size);
        message.set_field(RECV_WIDTH, self.recv_width);
        message.set_signed(SEND_BUFFER, self.send_buffer);
        message.set_signed(SEND_SIZE, self.send_size);
        message.set_field(SEND_WIDTH, self.send_width);
        let nodelay = flags::when(self.nodelay, flags::NODELAY);
        message.set_field(FLAGS, nodelay | flags::when(self.cpu_measured, flags::MEASURE_CPU));
        message.set_float(CPU_RATE, self.cpu_rate);
        message.set_field(RECV_COPY_AVOIDANCE, self.recv_copy_avoidance);
        message.set_field(SEND_COPY_AVOIDANCE, self.send_copy_avoidance);
        message.set_field(DATA_PORT, self.data_port.into());
        message.set_signed(PRIORITY, self.priority);
        message.set_signed(TOS, self.tos);
        message
    }

    /// Reads a response, whatever its type word says. Errors if the data port is none.
    pub fn decode(message: &Message) -> Result<Self, DecodeError> {
        let errno = message.errno();
        if errno != 0 {
            return Ok(Self { errno, ..Self::default() });
        }
        let bits = message.field(FLAGS);
        Ok(Self {
            errno,
            recv_buffer: message.signed(RECV_BUFFER),
            send_buffer: message.signed(SEND_BUFFER),
            recv_size: message.signed(RECV_SIZE),
            send_size: message.signed(SEND_SIZE),
            recv_width: message.field(RECV_WIDTH),
            send_width: message.field(SEND_WIDTH),
            nodelay: bits & flags::NODELAY != 0,
            cpu_measured: bits & flags::MEASURE_CPU != 0,
            cpu_rate: message.float(CPU_RATE),
            recv_copy_avoidance: message.field(RECV_COPY_AVOIDANCE),
            send_copy_avoidance: message.field(SEND_COPY_AVOIDANCE),
            data_port: message.port(DATA_PORT)?,
            priority: message.signed(PRIORITY),
            tos: message.signed(TOS),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::error_message;

    #[test]
    fn an_error_is_read_whatever_else_the_message_holds() {
        let mut message = error_message(98);
        message.set_field(DATA_PORT, u32::MAX);
        assert_eq!(OmniResponse::decode(&message).unwrap().errno, 98);
    }

    #[test]
    fn a_port_out_of_range_is_refused() {
        let mut message = OmniResponse::default().encode();
        message.set_field(DATA_PORT, 65536);
        assert_eq!(OmniResponse::decode(&message), Err(DecodeError::Port(65536)));
    }
}
