//! Benchmarks against other programs.
//!
//! The machines are noisy: an absolute rate means nothing, a ratio between runs a few milliseconds apart does. Every
//! benchmark alternates short runs in random order and takes its ratios within one round.

mod pair;
mod programs;

use clap::Subcommand;

#[derive(Debug, Subcommand)]
pub(crate) enum Bench {
    /// rrgen and rrserver against netperf and netserver, in all four pairings
    Pair(pair::Options),
}

pub(crate) fn run(bench: &Bench) -> anyhow::Result<()> {
    match bench {
        Bench::Pair(options) => pair::run(options),
    }
}
