//! The statistics of a comparison, as pure functions.
//!
//! A verdict is only as good as the arithmetic under it, and arithmetic is easiest to trust where nothing else
//! happens: no input or output, no clock, no global state, every seed an argument. What was measured comes in as
//! numbers; estimates, intervals and verdicts go out.

pub mod interval;
pub mod signed_rank;
mod walsh;
