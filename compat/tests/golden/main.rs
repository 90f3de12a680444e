//! Whole outputs against every captured netperf 2.7.0 run that shows them.
//!
//! What the options decide is read from a capture's `.cmd`, what was measured from its `.out`; rendered again, the
//! two must give the whole stdout byte for byte.

mod command;
mod coverage;
mod failures;
mod interim;
mod measured;
mod omni;
mod precision;
mod results;
mod sample;
