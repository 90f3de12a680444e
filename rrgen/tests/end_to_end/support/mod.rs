//! What the tests need to start programs, to play a server that misbehaves, and to judge what was printed.

#[path = "../../support/mod.rs"]
mod common;
mod figures;
mod flent;
mod form;
mod hdrhistogram;
mod mock;
mod pairing;
mod printed;
mod sample;
mod strace;

pub(crate) use common::{
    Finished, PATIENCE, Running, Server, ServerKind, has_ipv6, is_installed, listening_port, mask, netperf, rrgen,
    rrserver, run, skip,
};
pub(crate) use figures::without_figures;
pub(crate) use flent::flent;
pub(crate) use form::{COUNTED_LENGTH, FORMS};
pub(crate) use hdrhistogram::hdrhistogram;
pub(crate) use mock::{Mock, answer, data_listener, free_port, read_message, refusing_port, serve_data};
pub(crate) use pairing::{Client, Pairing};
pub(crate) use printed::{RoundTrips, assert_advised, assert_failed_like, rows};
pub(crate) use sample::Sample;
pub(crate) use strace::strace;
