//! Benchmarks against other programs, and of the comparison against what is known.
//!
//! The machines are noisy: an absolute rate means nothing, a ratio between runs a few milliseconds apart does. Every
//! benchmark alternates short runs in random order and takes its ratios within one round.

mod bare;
mod clients;
mod comparison;
mod contest;
mod engines;
mod false_alarms;
mod instructions;
mod known_cost;
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
    /// epoll against io_uring as the engine of many flows, and rrgen beside them
    Engines(engines::Options),
    /// One end of a loop, for `engines`
    #[command(subcommand, hide = true)]
    Engine(engines::End),
    /// Whether `rrgen compare` finds a hook of known cost, in lock-step and in slots of the same length
    KnownCost(known_cost::Options),
    /// How often `rrgen compare` finds a difference between the baseline and itself
    FalseAlarms(false_alarms::Options),
}

pub(crate) fn run(bench: &Bench) -> anyhow::Result<()> {
    match bench {
        Bench::Pair(options) => pair::run(options),
        Bench::Peers(options) => peers::run(options),
        Bench::Instructions(options) => instructions::run(options),
        Bench::Bare(end) => bare::run(end),
        Bench::Engines(options) => engines::run(options),
        Bench::Engine(end) => engines::run_end(end),
        Bench::KnownCost(options) => known_cost::run(options),
        Bench::FalseAlarms(options) => false_alarms::run(options),
    }
}
