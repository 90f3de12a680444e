//! `cargo xtask`: what a plain cargo command cannot do.

mod bench;
mod ebpf;

use clap::{Parser, Subcommand};

/// Chores of the workspace.
#[derive(Parser)]
#[command(name = "cargo xtask")]
struct Options {
    #[command(subcommand)]
    chore: Chore,
}

#[derive(Subcommand)]
enum Chore {
    /// Measure this program against others, alternating runs within one benchmark
    #[command(subcommand)]
    Bench(bench::Bench),
    /// The committed object of kernel programs
    #[command(subcommand)]
    Ebpf(ebpf::Action),
}

fn main() -> anyhow::Result<()> {
    match Options::parse().chore {
        Chore::Bench(bench) => bench::run(&bench),
        Chore::Ebpf(action) => ebpf::run(&action),
    }
}
