//! epoll against io_uring, as the engine of many flows: the measurement behind the choice in ARCHITECTURE.md.
//!
//! Either engine as the least loop that can do the work, at either end, and rrgen itself with both beside them, which
//! shows how much of what an engine can do the product keeps.

mod ends;
mod epoll;
mod event_loop;
mod uring;

use std::ops::RangeInclusive;

use anyhow::Context;
use clap::Args;
use rrgen::stats::signed_rank::MAX_VALUES;

use self::event_loop::Engine;
use super::clients::{Client, printed};
use super::contest::{Contender, Ratio, alternate};
use super::programs::{ServerProcess, build, this_program};

pub(crate) use self::ends::{End, run as run_end};

/// Flows that the loops take.
const FLOWS: RangeInclusive<i64> = 1..=10_000;

/// Transactions that a run may have.
const TRANSACTIONS: RangeInclusive<i64> = 1..=1_000_000_000;

#[derive(Debug, Args)]
pub(crate) struct Options {
    /// Numbers of flows
    #[arg(long, value_delimiter = ',', default_values_t = [16, 64, 256, 1000], value_parser = clap::value_parser!(u16).range(FLOWS))]
    flows: Vec<u16>,
    /// Rounds; each runs every pairing once
    #[arg(long, default_value_t = 20, value_parser = clap::value_parser!(u16).range(1..=MAX_VALUES as i64))]
    rounds: u16,
    /// Transactions per run, over all flows
    #[arg(long, default_value_t = 40_000, value_parser = clap::value_parser!(u32).range(TRANSACTIONS))]
    transactions: u32,
    /// Seed of the order; a random one is chosen and printed without it
    #[arg(long)]
    seed: Option<u64>,
}

pub(crate) fn run(options: &Options) -> anyhow::Result<()> {
    rrserver::data::uring_available()?;
    let folder = build()?;
    let (rrgen, rrserver) = (folder.join("rrgen"), ServerProcess::rrserver(&folder)?);
    let seed = options.seed.unwrap_or_else(|| fastrand::u64(..));
    let mut order = fastrand::Rng::with_seed(seed);
    let length = format!("-{}", options.transactions);
    println!("{} rounds of {} transactions, order by seed {seed}", options.rounds, options.transactions);
    println!("client -> server, one thread each, CPU 0 -> CPU 1");
    println!("rate relative to epoll -> epoll of the same round: Hodges-Lehmann, 95 % interval");
    for &flows in &options.flows {
        let number = flows.to_string();
        let (epoll, uring) = (server(Engine::Epoll, &number)?, server(Engine::Uring, &number)?);
        let pairing = |name, client, server: &ServerProcess| {
            let (number, port) = (&number, server.port);
            Contender::new(name, move || rate(client, number, port, options.transactions))
        };
        let own = |engine: Engine| ["--flows", number.as_str(), "--engine", engine.name()];
        let (own_epoll, own_uring) = (own(Engine::Epoll), own(Engine::Uring));
        let rrgen = Client { program: &rrgen, port: rrserver.port, cpus: "0,1", length: &length, own: &own_epoll };
        let rrgen_uring = Client { own: &own_uring, ..rrgen };
        let contenders = [
            pairing("epoll -> epoll", Engine::Epoll, &epoll),
            pairing("uring -> uring", Engine::Uring, &uring),
            pairing("epoll -> uring", Engine::Epoll, &uring),
            pairing("uring -> epoll", Engine::Uring, &epoll),
            Contender::new("rrgen, epoll", move || rrgen.rate()),
            Contender::new("rrgen, uring", move || rrgen_uring.rate()),
        ];
        let rates = alternate(&contenders, options.rounds, &mut order)?;
        println!("\n{flows} flows");
        for (contender, own) in contenders.iter().zip(&rates) {
            println!("  {:<18} {}", contender.name, Ratio::of(own, &rates[0])?);
        }
    }
    Ok(())
}

fn server(engine: Engine, flows: &str) -> anyhow::Result<ServerProcess> {
    ServerProcess::announced(this_program("engine")?.args(["server", engine.name(), flows, "--cpu", "1"]))
}

fn rate(engine: Engine, flows: &str, port: u16, transactions: u32) -> anyhow::Result<f64> {
    let output = this_program("engine")?
        .args(["client", &port.to_string(), &transactions.to_string(), engine.name(), flows, "--cpu", "0"])
        .output()?;
    printed(output)?.trim().parse().context("the client's rate")
}
