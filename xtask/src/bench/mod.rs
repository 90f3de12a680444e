//! Benchmarks against other programs.
//!
//! The machines are noisy: an absolute rate means nothing, a ratio between runs a few milliseconds apart does. Every
//! benchmark alternates short runs in random order and takes its ratios within one round.

mod bare;
mod clients;
mod contest;
mod instructions;
mod pair;
mod peers;
mod programs;

use clap::Subcommand;

#[derive(Debug, Subcommand)]
pub(crate) enum Bench {
    /// rrgen and rrserver against netperf and netserver, in all four pairings
    Pair(pair::Options),
    /// rrgen against netperf, bare loops, sockperf and qperf, with one flow and with many
    Peers(peers::Options),
    /// User-space instructions per transaction of both ends, which no noise touches; fails above the bound
    Instructions(instructions::Options),
    /// One end of the bare loop, for `peers`
    #[command(subcommand, hide = true)]
    Bare(bare::Bare),
}

pub(crate) fn run(bench: &Bench) -> anyhow::Result<()> {
    match bench {
        Bench::Pair(options) => pair::run(options),
        Bench::Peers(options) => peers::run(options),
        Bench::Instructions(options) => instructions::run(options),
        Bench::Bare(end) => bare::run(end),
    }
}
