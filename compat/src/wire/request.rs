//! The omni request (type 97): what the client wants the server to set up.

use std::net::IpAddr;
use std::ops::Range;

use super::socket::{address, set_address};
use super::{BufferShape, DecodeError, Family, Kind, Message, SocketType, TestLength, flags};

/// Everything a type 97 message says. Fields that netperf carries but a request/response test never acts on
/// (alignment, ring widths, dirty counts, …) are kept so that decoding and encoding lose nothing.
///
/// The default is what `netperf -t TCP_RR` sends when given no options.
#[derive(Debug, Clone, PartialEq)]
pub struct OmniRequest {
    /// CPU the server should bind itself to (word 1); `None` is −1.
    pub remote_cpu: Option<u32>,
    /// Server SO_SNDBUF in bytes; `None` leaves the system default.
    pub send_buffer: Option<u32>,
    /// Server SO_RCVBUF in bytes; `None` leaves the system default.
    pub recv_buffer: Option<u32>,
    /// Bytes per request. Not validated here.
    pub request_size: i32,
    /// Bytes per response. Not validated here.
    pub response_size: i32,
    /// Bit 0x1: TCP_NODELAY on the server.
    pub nodelay: bool,
    /// Bit 0x4: a new connection for every transaction (TCP_CRR).
    pub connection_test: bool,
    /// Bit 0x8: measure the server's CPU.
    pub measure_cpu: bool,
    /// Bit 0x20: routing allowed, and "return the congestion control name".
    pub allow_routing: bool,
    /// Bit 0x80000000: SO_KEEPALIVE on the data socket.
    pub keepalive: bool,
    /// The remaining bits of field 12, as they came.
    pub other_flags: u32,
    /// CPU rate in clock ticks per second; 0 lets the server find out.
    pub cpu_rate: f32,
    /// When the test ends.
    pub length: TestLength,
    /// Data port the server should listen on; 0 lets it choose.
    pub data_port: u16,
    /// Family of the data connection.
    pub family: Family,
    /// Type of the data socket.
    pub socket_type: SocketType,
    /// IPPROTO number.
    pub protocol: u32,
    /// netperf's direction bits for the server: 2 sends, 4 receives.
    pub direction: u32,
    /// Port the client bound its data socket to.
    pub client_port: u16,
    /// Server transactions per interval (global `-b`); stock servers ignore it.
    pub interval_burst: u32,
    /// Server interval in microseconds (global `-w`); stock servers ignore it.
    pub interval_usecs: u32,
    /// Address the client bound its data socket to; `None` when wildcard.
    pub client_address: Option<IpAddr>,
    /// Address the server should bind its data socket to; `None` when the client did not say.
    pub server_address: Option<IpAddr>,
    /// Server SO_PRIORITY; `None` leaves the system default.
    pub priority: Option<u32>,
    /// Server IP_TOS or IPV6_TCLASS; `None` leaves the system default.
    pub tos: Option<u32>,
    /// At most [`CONGESTION_CONTROL_MAX`] bytes; empty leaves the system default.
    pub congestion_control: String,
    /// File the server fills its buffers from, at most [`FILL_FILE_MAX`] bytes; empty for netperf's pattern.
    pub fill_file: String,
    /// Alignment, ring widths and the rest of the buffers' shape.
    pub buffers: BufferShape,
}

// Field numbers; those of `BufferShape` are its own.
const SEND_BUFFER: usize = 0;
const REQUEST_SIZE: usize = 5;
const RECV_BUFFER: usize = 6;
const RESPONSE_SIZE: usize = 11;
const FLAGS: usize = 12;
const CPU_RATE: usize = 13;
const LENGTH: usize = 14;
const DATA_PORT: usize = 20;
const FAMILY: usize = 21;
const SOCKET_TYPE: usize = 22;
const PROTOCOL: usize = 23;
const DIRECTION: usize = 24;
const CLIENT_PORT: usize = 25;
const INTERVAL_BURST: usize = 26;
const INTERVAL_USECS: usize = 27;
const CLIENT_ADDRESS: usize = 28;
const SERVER_ADDRESS: usize = 32;
const PRIORITY: usize = 36;
const TOS: usize = 37;
const CONGESTION_CONTROL: Range<usize> = 160..176;
const FILL_FILE: Range<usize> = 176..208;

/// Longest congestion control name, in bytes.
pub const CONGESTION_CONTROL_MAX: usize = CONGESTION_CONTROL.end - CONGESTION_CONTROL.start - 1;
/// Longest fill file name, in bytes.
pub const FILL_FILE_MAX: usize = FILL_FILE.end - FILL_FILE.start - 1;

/// IPPROTO_TCP.
const TCP: u32 = 6;
/// The server both sends and receives.
const BOTH_DIRECTIONS: u32 = 2 | 4;

impl Default for OmniRequest {
    fn default() -> Self {
        Self {
            remote_cpu: None,
            send_buffer: None,
            recv_buffer: None,
            request_size: 1,
            response_size: 1,
            nodelay: false,
            connection_test: false,
            measure_cpu: false,
            allow_routing: true,
            keepalive: false,
            other_flags: 0,
            cpu_rate: 0.0,
            length: TestLength::default(),
            data_port: 0,
            family: Family::Inet,
            socket_type: SocketType::Stream,
            protocol: TCP,
            direction: BOTH_DIRECTIONS,
            client_port: 0,
            interval_burst: 0,
            interval_usecs: 0,
            client_address: None,
            server_address: None,
            priority: None,
            tos: None,
            congestion_control: String::new(),
            fill_file: String::new(),
            buffers: BufferShape::default(),
        }
    }
}

impl OmniRequest {
    /// The message to send. What a field cannot hold is cut to what it can: an optional number to
    /// 2³¹ − 1, a string to its field.
    pub fn encode(&self) -> Message {
        let mut message = Message::new(Kind::Omni);
        message.set_remote_cpu(self.remote_cpu);
        message.set_optional(SEND_BUFFER, self.send_buffer);
        message.set_optional(RECV_BUFFER, self.recv_buffer);
        message.set_signed(REQUEST_SIZE, self.request_size);
        message.set_signed(RESPONSE_SIZE, self.response_size);
        message.set_field(FLAGS, self.flags());
        message.set_float(CPU_RATE, self.cpu_rate);
        message.set_signed(LENGTH, self.length.number());
        message.set_field(DATA_PORT, self.data_port.into());
        message.set_field(FAMILY, self.family.number());
        message.set_field(SOCKET_TYPE, self.socket_type.number());
        message.set_field(PROTOCOL, self.protocol);
        message.set_field(DIRECTION, self.direction);
        message.set_field(CLIENT_PORT, self.client_port.into());
        message.set_field(INTERVAL_BURST, self.interval_burst);
        message.set_field(INTERVAL_USECS, self.interval_usecs);
        set_address(&mut message, CLIENT_ADDRESS, self.client_address);
        set_address(&mut message, SERVER_ADDRESS, self.server_address);
        message.set_optional(PRIORITY, self.priority);
        message.set_optional(TOS, self.tos);
        message.set_text(CONGESTION_CONTROL, &self.congestion_control);
        message.set_text(FILL_FILE, &self.fill_file);
        self.buffers.write(&mut message);
        message
    }

    /// Reads a request. Errors if it is none, or if a port, family, address or string has no meaning.
    pub fn decode(message: &Message) -> Result<Self, DecodeError> {
        if message.kind() != Kind::Omni {
            return Err(DecodeError::NotOmni(message.kind().number()));
        }
        let bits = message.field(FLAGS);
        let family = Family::from_number(message.field(FAMILY))?;
        Ok(Self {
            remote_cpu: message.remote_cpu(),
            send_buffer: message.optional(SEND_BUFFER),
            recv_buffer: message.optional(RECV_BUFFER),
            request_size: message.signed(REQUEST_SIZE),
            response_size: message.signed(RESPONSE_SIZE),
            nodelay: bits & flags::NODELAY != 0,
            connection_test: bits & flags::CONNECTION_TEST != 0,
            measure_cpu: bits & flags::MEASURE_CPU != 0,
            allow_routing: bits & flags::ALLOW_ROUTING != 0,
            keepalive: bits & flags::KEEPALIVE != 0,
            other_flags: bits & !flags::NAMED,
            cpu_rate: message.float(CPU_RATE),
            length: TestLength::from_number(message.signed(LENGTH)),
            data_port: message.port(DATA_PORT)?,
            family,
            socket_type: SocketType::from_number(message.field(SOCKET_TYPE)),
            protocol: message.field(PROTOCOL),
            direction: message.field(DIRECTION),
            client_port: message.port(CLIENT_PORT)?,
            interval_burst: message.field(INTERVAL_BURST),
            interval_usecs: message.field(INTERVAL_USECS),
            client_address: address(message, CLIENT_ADDRESS, family)?,
            server_address: address(message, SERVER_ADDRESS, family)?,
            priority: message.optional(PRIORITY),
            tos: message.optional(TOS),
            congestion_control: message.text(CONGESTION_CONTROL)?,
            fill_file: message.text(FILL_FILE)?,
            buffers: BufferShape::read(message),
        })
    }

    fn flags(&self) -> u32 {
        self.other_flags & !flags::NAMED
            | flags::when(self.nodelay, flags::NODELAY)
            | flags::when(self.connection_test, flags::CONNECTION_TEST)
            | flags::when(self.measure_cpu, flags::MEASURE_CPU)
            | flags::when(self.allow_routing, flags::ALLOW_ROUTING)
            | flags::when(self.keepalive, flags::KEEPALIVE)
    }
}
