//! The words after `rrgen merge`.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::Parser;
use compat::text::failure::Report as Printed;

use crate::subcommand;

/// Add up the histogram logs of several clients (rrgen --hdr-log, or any log of HdrHistogram's tools with values in
/// nanoseconds), without loss, and print the percentiles of the whole.
///
/// Intervals under different tags stay apart; a run with a hook is tagged with it. Histograms of different precision
/// become one of the finest, in which every value keeps the precision that it was recorded with.
#[derive(Debug, Parser)]
#[command(name = "rrgen merge")]
pub(super) struct Options {
    /// Logs; every one must be readable to its end
    #[arg(required = true, value_name = "FILE")]
    pub(super) files: Vec<PathBuf>,
    /// Print one JSON document
    #[arg(long)]
    pub(super) json: bool,
    /// Write the whole as a log with one interval per tag
    #[arg(long, value_name = "FILE")]
    pub(super) hdr_log: Option<PathBuf>,
}

/// Understands the words.
///
/// # Errors
/// The help, or what is wrong.
pub(super) fn read(words: &[OsString]) -> Result<Options, Printed> {
    subcommand::parse(words)
}
