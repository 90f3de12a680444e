//! rrgen against everything that one could take instead, case by case, each with the ratio it is meant to reach.

use std::path::{Path, PathBuf};

use anyhow::Context;
use clap::Args;
use rrgen::stats::signed_rank::MAX_VALUES;

use super::clients::{self, Client, printed};
use super::contest::{Contender, Ratio, alternate};
use super::programs::{ServerProcess, build, this_program};

#[derive(Debug, Args)]
pub(crate) struct Options {
    /// Rounds of the cases of one flow
    #[arg(long, default_value_t = 100, value_parser = clap::value_parser!(u16).range(1..=MAX_VALUES as i64))]
    rounds: u16,
    /// Rounds of the cases whose runs last a second or two
    #[arg(long, default_value_t = 16, value_parser = clap::value_parser!(u16).range(1..=MAX_VALUES as i64))]
    long_rounds: u16,
    /// Only the cases whose title contains this
    #[arg(long, default_value = "")]
    only: String,
    /// Seed of the order; a random one is chosen and printed without it
    #[arg(long)]
    seed: Option<u64>,
}

/// Transactions of a short run.
const TRANSACTIONS: &str = "2000";
const COUNTED: &str = "-2000";

/// Length of a run with many flows, s.
const SECONDS: &str = "2";

/// Processes that one rrgen is compared with.
const FLOWS: usize = 64;

/// One comparison: the first contender is ours.
struct Case<'a> {
    title: &'static str,
    rounds: u16,
    contenders: Vec<Contender<'a>>,
    /// What our rate is to be, at least, relative to each of the others'.
    aims: &'static [f64],
}

/// Everybody's servers.
struct Servers {
    rrserver: ServerProcess,
    netserver: ServerProcess,
    sockperf: ServerProcess,
    qperf: ServerProcess,
}

/// What runs are made of.
struct Field {
    rrgen: PathBuf,
    servers: Servers,
}

pub(crate) fn run(options: &Options) -> anyhow::Result<()> {
    let folder = build()?;
    let servers = Servers {
        rrserver: ServerProcess::rrserver(&folder)?,
        netserver: ServerProcess::netserver()?,
        sockperf: ServerProcess::sockperf()?,
        qperf: ServerProcess::qperf()?,
    };
    let field = Field { rrgen: folder.join("rrgen"), servers };
    let (one_cpu, two_cpus) = (BarePair::new(0, 0, "block")?, BarePair::new(0, 1, "spin")?);
    let seed = options.seed.unwrap_or_else(|| fastrand::u64(..));
    let mut order = fastrand::Rng::with_seed(seed);
    println!("our rate relative to theirs of the same round: Hodges-Lehmann, 95 % interval; order by seed {seed}");
    let cases = [field.blocking(&one_cpu, options), field.spinning(&two_cpus, options)]
        .into_iter()
        .chain(field.many_flows(options))
        .chain([field.latency_tools(options)]);
    for case in cases.filter(|case| case.title.contains(&options.only)) {
        let rates = alternate(&case.contenders, case.rounds, &mut order)?;
        println!("\n{}: {}, {} rounds", case.title, case.contenders[0].name, case.rounds);
        for ((other, theirs), aim) in case.contenders.iter().zip(&rates).skip(1).zip(case.aims) {
            println!("  / {:<26} {}, aim {aim}", other.name, Ratio::of(&rates[0], theirs)?);
        }
    }
    Ok(())
}

impl Field {
    fn rrgen<'a>(&'a self, cpus: &'a str, length: &'a str, own: &'a [&'a str]) -> Client<'a> {
        Client { program: &self.rrgen, port: self.servers.rrserver.port, cpus, length, own }
    }

    fn netperf<'a>(&self, cpus: &'a str, length: &'a str) -> Client<'a> {
        Client { program: Path::new("netperf"), port: self.servers.netserver.port, cpus, length, own: &[] }
    }

    fn blocking<'a>(&'a self, bare: &'a BarePair, options: &Options) -> Case<'a> {
        let (ours, netperf) = (self.rrgen("0,0", COUNTED, &[]), self.netperf("0,0", COUNTED));
        Case {
            title: "1 flow, block, one CPU",
            rounds: options.rounds,
            contenders: vec![
                Contender::new("rrgen", move || ours.rate()),
                Contender::new("netperf", move || netperf.rate()),
                Contender::new("bare send and recv", || bare.rate()),
            ],
            aims: &[1.03, 0.97],
        }
    }

    fn spinning<'a>(&'a self, bare: &'a BarePair, options: &Options) -> Case<'a> {
        let (ours, netperf) = (self.rrgen("0,1", COUNTED, &["--wait", "spin"]), self.netperf("0,1", COUNTED));
        Case {
            title: "1 flow, spin, two CPUs",
            rounds: options.rounds,
            contenders: vec![
                Contender::new("rrgen --wait spin", move || ours.rate()),
                Contender::new("netperf", move || netperf.rate()),
                Contender::new("bare spinning loop", || bare.rate()),
            ],
            aims: &[1.6, 0.95],
        }
    }

    fn many_flows(&self, options: &Options) -> [Case<'_>; 2] {
        let netperf = self.netperf("0,1", SECONDS);
        let few = self.rrgen("0,1", SECONDS, &["--flows", "64"]);
        let many = self.rrgen("0,1", SECONDS, &["--flows", "1000"]);
        let of_64 = move || few.rate();
        [
            Case {
                title: "64 flows, 1 thread each end",
                rounds: options.long_rounds,
                contenders: vec![
                    Contender::new("rrgen --flows 64", of_64),
                    Contender::new("64 netperf processes", move || netperf.rate_of_many(FLOWS)),
                ],
                aims: &[1.3],
            },
            Case {
                title: "1,000 flows, 1 thread each end",
                rounds: options.long_rounds,
                contenders: vec![
                    Contender::new("rrgen --flows 1000", move || many.rate()),
                    Contender::new("rrgen --flows 64", of_64),
                ],
                aims: &[0.75],
            },
        ]
    }

    fn latency_tools(&self, options: &Options) -> Case<'_> {
        let ours = self.rrgen("0,1", "1", &["--", "-r", clients::SOCKPERF_SIZE]);
        let Servers { sockperf, qperf, .. } = &self.servers;
        Case {
            title: "1 flow, latency tools, two CPUs",
            rounds: options.long_rounds,
            contenders: vec![
                Contender::new("rrgen", move || ours.rate()),
                Contender::new("sockperf", || clients::sockperf(sockperf.port)),
                Contender::new("qperf", || clients::qperf(qperf.port)),
            ],
            aims: &[1.0, 1.0],
        }
    }
}

/// Both ends of the bare loop.
struct BarePair {
    server: ServerProcess,
    client_cpu: String,
    wait: &'static str,
}

impl BarePair {
    fn new(client_cpu: u32, server_cpu: u32, wait: &'static str) -> anyhow::Result<Self> {
        let server = ServerProcess::announced(this_program("bare")?.args([
            "server",
            "--cpu",
            &server_cpu.to_string(),
            "--wait",
            wait,
        ]))?;
        Ok(Self { server, client_cpu: client_cpu.to_string(), wait })
    }

    fn rate(&self) -> anyhow::Result<f64> {
        let output = this_program("bare")?
            .args(["client", &self.server.port.to_string(), TRANSACTIONS])
            .args(["--cpu", &self.client_cpu, "--wait", self.wait])
            .output()?;
        printed(output)?.trim().parse().context("the bare client's rate")
    }
}
