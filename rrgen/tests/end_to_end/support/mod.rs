//! What the tests need to start programs, to play a server that misbehaves, and to judge what was printed.

mod form;
mod mask;
mod mock;
mod pairing;
mod printed;
mod process;
mod programs;
mod sample;
mod server;
mod skip;

pub(crate) use form::{COUNTED_LENGTH, FORMS};
pub(crate) use mask::mask;
pub(crate) use mock::{Mock, answer, data_listener, read_message, refusing_port, serve_data};
pub(crate) use pairing::Pairing;
pub(crate) use printed::{RoundTrips, assert_advised, assert_failed_like, rows};
pub(crate) use process::{Finished, PATIENCE, Running, run};
pub(crate) use programs::{Client, netperf, rrgen, rrserver, strace};
pub(crate) use sample::Sample;
pub(crate) use server::{Server, ServerKind, listening_port};
pub(crate) use skip::{has_ipv6, skip};
