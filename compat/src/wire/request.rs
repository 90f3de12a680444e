//! The omni request (type 97): what the client wants the server to set up.

use std::net::IpAddr;

/// Everything a type 97 message says. Fields that netperf carries but a request/response test never acts on
/// (alignment, ring widths, dirty counts, …) are kept so that decoding and encoding lose nothing.
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
    pub nodelay: bool,
    pub connection_test: bool,
    pub measure_cpu: bool,
    /// Bit 0x20: routing allowed, and "return the congestion control name".
    pub allow_routing: bool,
    pub keepalive: bool,
    /// The remaining bits of field 12, as they came.
    pub other_flags: u32,
    pub cpu_rate: f32,
    pub length: super::TestLength,
    /// Data port the server should listen on; 0 lets it choose.
    pub data_port: u16,
    pub family: super::Family,
    pub socket_type: super::SocketType,
    /// IPPROTO number.
    pub protocol: u32,
    /// netperf's direction bits for the server: 2 sends, 4 receives.
    pub direction: u32,
    pub client_port: u16,
    pub interval_burst: u32,
    pub interval_usecs: u32,
    /// Address the client bound its data socket to; `None` when wildcard.
    pub client_address: Option<IpAddr>,
    /// Address the server should bind its data socket to; `None` when the client did not say.
    pub server_address: Option<IpAddr>,
    pub priority: Option<u32>,
    pub tos: Option<u32>,
    /// At most 15 bytes; empty leaves the system default.
    pub congestion_control: String,
    pub fill_file: String,
    pub buffers: super::BufferShape,
}
