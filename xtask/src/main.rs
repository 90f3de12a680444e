//! Chores of this repository that a plain cargo command cannot do.

mod ebpf;

use clap::{Parser, Subcommand};

/// Chores of this repository that a plain cargo command cannot do.
#[derive(Parser)]
#[command(name = "cargo xtask")]
struct Cli {
    #[command(subcommand)]
    chore: Chore,
}

#[derive(Subcommand)]
enum Chore {
    /// The committed object of kernel programs.
    #[command(subcommand)]
    Ebpf(ebpf::Action),
}

fn main() -> anyhow::Result<()> {
    match Cli::parse().chore {
        Chore::Ebpf(action) => ebpf::run(&action),
    }
}
