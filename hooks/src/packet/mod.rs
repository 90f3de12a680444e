//! Frames: how they are read, and how they are rebuilt where the kernel hands over less than one.

pub mod frame;
pub mod parse;

pub use frame::{EthernetHeader, FrameTemplate, PAYLOAD_MAX};
pub use parse::{Tcp, find_tcp};
