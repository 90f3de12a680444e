//! What the tests are made of: a client that does as it is told, and servers that can be watched.

mod abuse;
mod client;
mod data;
mod ipv6;
mod library;
mod poll;
mod ports;
mod process;
mod program;

pub(crate) use abuse::{unharmed, unharmed_within};
pub(crate) use client::{A_MINUTE, Client, counted, timed, until_closed};
pub(crate) use data::Data;
pub(crate) use ipv6::ipv6;
pub(crate) use library::Library;
pub(crate) use poll::{PATIENCE, eventually};
pub(crate) use ports::free_port;
pub(crate) use process::Process;
pub(crate) use program::Program;
