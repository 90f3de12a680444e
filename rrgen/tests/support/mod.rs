//! What every test of the programs needs: to start them, to follow them, and to compare what they print.

pub(crate) mod mask;
mod process;
mod programs;
mod server;
mod skip;

pub(crate) use mask::mask;
pub(crate) use process::{Finished, PATIENCE, Running, run};
pub(crate) use programs::{is_installed, netperf, rrgen, rrserver};
pub(crate) use server::{Server, ServerKind, listening_port};
pub(crate) use skip::{has_ipv6, skip};
