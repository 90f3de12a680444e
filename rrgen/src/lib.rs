//! rrgen, the client half: a netperf-compatible TCP_RR load generator.
//!
//! One way through: the command line becomes a [`plan::Plan`]; [`run`] carries it out against a server; the
//! renderer in [`output`] turns what was measured into netperf's text. [`engine`] is the measuring loop itself.

pub mod analysis;
pub mod bounded;
pub mod cli;
pub mod compare;
pub mod control;
pub mod engine;
pub mod hdr_log;
pub mod latency;
pub mod local;
pub mod merge;
pub mod output;
pub mod plan;
pub mod record;
mod replace;
pub mod report;
pub mod resolve;
pub mod results;
pub mod run;
pub mod stats;
pub mod subcommand;
pub mod testbed;
