//! The pair against netperf's: short counted runs of all four pairings.

use std::path::Path;

use clap::Args;
use rrgen::stats::signed_rank::MAX_VALUES;

use super::clients::Client;
use super::contest::{Contender, Ratio, alternate};
use super::programs::{ServerProcess, build};

#[derive(Debug, Args)]
pub(crate) struct Options {
    /// Rounds; each runs every pairing once
    #[arg(long, default_value_t = 300, value_parser = clap::value_parser!(u16).range(1..=MAX_VALUES as i64))]
    rounds: u16,
    /// Transactions per run
    #[arg(long, default_value_t = 500, value_parser = clap::value_parser!(u32).range(1..))]
    transactions: u32,
    /// CPU bindings to measure, as netperf's -T takes them
    #[arg(long, value_name = "LOCAL,REMOTE", default_values = ["0,0", "0,1"])]
    cpus: Vec<String>,
    /// Seed of the order; a random one is chosen and printed without it
    #[arg(long)]
    seed: Option<u64>,
}

pub(crate) fn run(options: &Options) -> anyhow::Result<()> {
    let folder = build()?;
    let (rrserver, netserver) = (ServerProcess::rrserver(&folder)?, ServerProcess::netserver()?);
    let (rrgen, netperf) = (folder.join("rrgen"), Path::new("netperf"));
    let seed = options.seed.unwrap_or_else(|| fastrand::u64(..));
    let mut order = fastrand::Rng::with_seed(seed);
    let length = format!("-{}", options.transactions);
    println!("{} rounds of {} transactions, order by seed {seed}", options.rounds, options.transactions);
    println!("rate relative to netperf -> netserver of the same round: Hodges-Lehmann, 95 % interval");
    for cpus in &options.cpus {
        let pairing = |name, program, server: &ServerProcess| {
            let client = Client { program, port: server.port, cpus, length: &length, own: &[] };
            Contender::new(name, move || client.rate())
        };
        let pairings = [
            pairing("netperf -> netserver", netperf, &netserver),
            pairing("rrgen   -> rrserver", &rrgen, &rrserver),
            pairing("rrgen   -> netserver", &rrgen, &netserver),
            pairing("netperf -> rrserver", netperf, &rrserver),
        ];
        let rates = alternate(&pairings, options.rounds, &mut order)?;
        println!("\n-T {cpus}");
        for (pairing, own) in pairings.iter().zip(&rates) {
            println!("  {:<22} {}", pairing.name, Ratio::of(own, &rates[0])?);
        }
    }
    Ok(())
}
