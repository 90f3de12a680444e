//! Everything that is netperf's: the control messages, the option dialect, the text.
//!
//! The crate performs no I/O: it is pure functions over the types it is handed, so that every byte it
//! reads or writes can be held against a captured netperf 2.7.0 run (`tests/samples/`). Netperf's units and
//! quirks (f32 elapsed time, swapped columns, doubled type words) live here and nowhere else; the rest of
//! the program speaks nanoseconds, bytes and counts.

pub mod args;
pub mod confidence;
pub mod elapsed;
pub mod omni;
pub mod text;
pub mod units;
pub mod wire;
