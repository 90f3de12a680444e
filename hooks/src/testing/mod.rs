//! The frames on which engines are held against each other.
//!
//! Native Rust, Lua and eBPF are only comparable while they give the same verdict on the same frame. The
//! tests of each, and the benchmarks, take their frames from here.

mod corpus;
mod mutate;

pub use corpus::{Frame, corpus};
pub use mutate::Mutator;
