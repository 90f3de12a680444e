//! netperf's command line: scripts of twenty years must find every option where they left it.
//!
//! [`parse`] turns words into meaning and does nothing else: it prints nothing, opens nothing and refuses
//! only what no test could be run with. What stock netperf silently misreads comes back as
//! [`Warning::Misread`], for the caller to refuse where it does not have to pass for netperf.

mod confidence;
mod error;
mod getopt;
mod global;
mod global_table;
#[cfg(test)]
mod golden;
mod host;
mod info;
mod interval;
pub mod number;
pub mod option;
pub mod pair;
mod parse;
#[cfg(test)]
mod properties;
mod reader;
mod test_options;
mod test_table;
mod tos;
mod warning;

pub use confidence::Confidence;
pub use error::{ArgsError, Stream};
pub use getopt::ScanError;
pub use global::{CpuArg, Global};
pub use host::HostArg;
pub use info::Info;
pub use interval::IntervalArg;
pub use option::{Argument, OptionDef, heading};
pub use pair::{Directions, Ends, both};
pub use parse::{Invocation, global_options, parse, test_options};
pub use test_options::{OutputArg, OutputFormat, PortRange, Sizes, TestOptions};
pub use tos::tos;
pub use warning::Warning;
