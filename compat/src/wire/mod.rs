//! The control connection: fixed 656-byte messages of 164 words, on port 12865.
//!
//! Layouts are those of netperf 2.7.0, verified byte for byte against captured sessions. Whatever a peer
//! sends is hostile until decoded: decoding allocates at most a few bytes and never panics.

mod buffers;
mod control;
mod error;
pub mod flags;
#[cfg(test)]
mod golden;
mod kind;
mod length;
mod message;
#[cfg(test)]
mod properties;
mod request;
mod response;
mod results;
mod socket;

pub use buffers::{BufferShape, Buffers};
pub use control::{
    ERRNO_UNKNOWN_REQUEST, PASSPHRASE_MAX, PassphraseError, calibrate_reply, debug_reply, error_message,
    passphrase_message, passphrase_of,
};
pub use error::DecodeError;
pub use kind::Kind;
pub use length::TestLength;
pub use message::{CONTROL_PORT, MESSAGE_LEN, Message};
pub use request::{CONGESTION_CONTROL_MAX, FILL_FILE_MAX, OmniRequest};
pub use response::OmniResponse;
pub use results::{METHOD_PROC_STAT, OmniResults, RemoteCpu, saturated};
pub use socket::{Family, SocketType};
