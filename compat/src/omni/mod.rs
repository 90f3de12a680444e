//! netperf's omni output: chosen values, as columns (`-O`), commas (`-o`) or keys and values (`-k`).
//!
//! This is what programs read: flent, and most of the scripts that want percentiles. [`Choice`] reads what they ask
//! for, [`Selection`] says what to measure for it, [`Values`] holds what a run knows, and [`Output`] is the text, byte
//! for byte netperf's. Interim results in the same layouts are in [`text::interim`](crate::text::interim).

mod buckets;
mod choice;
mod end;
mod file;
mod latency;
mod layout;
#[cfg(test)]
mod properties;
mod selection;
mod selector;
mod table;
mod values;

pub use choice::Choice;
pub use end::{Cpu, End, Side};
pub use file::FileError;
pub use latency::{Latency, Percentiles};
pub use layout::Output;
pub use selection::{Element, Selection, UnknownName};
pub use selector::{Group, Selector};
pub use values::{Confidence, DataAddress, Protocol, Values};
