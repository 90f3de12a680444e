//! The pair against netperf's: short counted runs of all four pairings, in random order within each round.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, ensure};
use clap::Args;
use rrgen::stats::interval::Level;
use rrgen::stats::signed_rank::{MAX_VALUES, SignedRank};

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

/// A client and the port of its server.
struct Pairing {
    name: &'static str,
    client: PathBuf,
    port: u16,
}

/// The pairing that the others are compared with.
const REFERENCE: usize = 0;

pub(crate) fn run(options: &Options) -> anyhow::Result<()> {
    let folder = build()?;
    let (rrserver, netserver) = (ServerProcess::rrserver(&folder)?, ServerProcess::netserver()?);
    let pairings = [
        Pairing { name: "netperf -> netserver", client: "netperf".into(), port: netserver.port },
        Pairing { name: "rrgen   -> rrserver", client: folder.join("rrgen"), port: rrserver.port },
        Pairing { name: "rrgen   -> netserver", client: folder.join("rrgen"), port: netserver.port },
        Pairing { name: "netperf -> rrserver", client: "netperf".into(), port: rrserver.port },
    ];
    let seed = options.seed.unwrap_or_else(|| fastrand::u64(..));
    let mut order = fastrand::Rng::with_seed(seed);
    println!("{} rounds of {} transactions, order by seed {seed}", options.rounds, options.transactions);
    println!("rate relative to netperf -> netserver of the same round: Hodges-Lehmann, 95 % interval");
    for cpus in &options.cpus {
        let rates = measure(&pairings, cpus, options, &mut order)?;
        println!("\n-T {cpus}");
        for (pairing, own) in pairings.iter().zip(&rates) {
            println!("  {:<22} {}", pairing.name, ratio(own, &rates[REFERENCE])?);
        }
    }
    Ok(())
}

/// The rate of every pairing in every round.
fn measure(
    pairings: &[Pairing],
    cpus: &str,
    options: &Options,
    order: &mut fastrand::Rng,
) -> anyhow::Result<Vec<Vec<f64>>> {
    let mut rates = vec![Vec::with_capacity(options.rounds.into()); pairings.len()];
    let mut turn: Vec<usize> = (0..pairings.len()).collect();
    for _ in 0..options.rounds {
        order.shuffle(&mut turn);
        for &index in &turn {
            rates[index].push(rate(&pairings[index].client, pairings[index].port, cpus, options.transactions)?);
        }
    }
    Ok(rates)
}

/// Transactions per second of one run, as the client prints them.
fn rate(client: &Path, port: u16, cpus: &str, transactions: u32) -> anyhow::Result<f64> {
    let output = Command::new(client)
        .args(["-H", "127.0.0.1", "-t", "TCP_RR", "-P", "0", "-v", "0", "-T", cpus])
        .args(["-p", &port.to_string(), "-l", &format!("-{transactions}")])
        .output()
        .with_context(|| client.display().to_string())?;
    ensure!(output.status.success(), "{}: {}", client.display(), String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout)?;
    text.trim().parse().with_context(|| format!("{} printed '{text}'", client.display()))
}

fn ratio(own: &[f64], reference: &[f64]) -> anyhow::Result<String> {
    let logs: Vec<f64> = own.iter().zip(reference).map(|(own, reference)| (own / reference).ln()).collect();
    let sample = SignedRank::new(&logs)?;
    let interval = match sample.interval(Level::P95) {
        Some(interval) => format!("[{:.4}, {:.4}]", interval.low.exp(), interval.high.exp()),
        None => "(too few rounds for an interval)".to_owned(),
    };
    let median = median(own);
    Ok(format!("{:.4} {interval}   median {median:.0} trans/s", sample.centre().exp()))
}

fn median(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted[sorted.len() / 2]
}
