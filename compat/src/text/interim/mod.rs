//! Interim results (`-D`): when a line is due, and what it says.

mod line;
mod meter;
#[cfg(test)]
mod tests;

pub use line::{InterimFormat, InterimLine};
pub use meter::{Interval, IntervalMeter};
