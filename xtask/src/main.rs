//! `cargo xtask`: what a plain cargo command cannot do.

mod bench;

use clap::{Parser, Subcommand};

/// Chores of the workspace.
#[derive(Debug, Parser)]
#[command(name = "cargo xtask")]
struct Options {
    #[command(subcommand)]
    chore: Chore,
}

#[derive(Debug, Subcommand)]
enum Chore {
    /// Measure this program against others, alternating runs within one benchmark
    #[command(subcommand)]
    Bench(bench::Bench),
}

fn main() -> anyhow::Result<()> {
    match Options::parse().chore {
        Chore::Bench(bench) => bench::run(&bench),
    }
}
