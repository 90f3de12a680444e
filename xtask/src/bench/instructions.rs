//! User-space instructions per transaction, counted by callgrind: repeatable on the noisiest machine, so that a
//! bound on it can be part of every submission's checks.
//!
//! The cost of one transaction is the slope between a short and a long run; start and end cancel out. With many flows
//! the end under callgrind is by far the slower one, and finds most of them ready whenever it asks: what is counted is
//! the loop at full load, with a small share of asking; and of asking as on old kernels, for common versions of
//! valgrind know no `epoll_pwait2`.

use std::fs;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use anyhow::{Context, ensure};
use clap::Args;
use tempfile::TempDir;

use super::clients::printed;
use super::programs::{ServerProcess, build};

#[derive(Debug, Args)]
pub(crate) struct Options {
    /// Fail if the client takes more for one transaction of one flow
    #[arg(long)]
    client_bound: Option<f64>,
    /// Fail if the server does
    #[arg(long)]
    server_bound: Option<f64>,
    /// Fail if the client takes more for one transaction of many flows
    #[arg(long)]
    flows_client_bound: Option<f64>,
    /// Fail if the server does
    #[arg(long)]
    flows_server_bound: Option<f64>,
}

/// Transactions of the short and of the long run.
const SHORT: u32 = 2_000;
const LONG: u32 = 12_000;

/// What makes a run one of many flows.
const MANY_FLOWS: [&str; 2] = ["--flows", "64"];

pub(crate) fn run(options: &Options) -> anyhow::Result<()> {
    let bench = Bench { folder: build()?, work: tempfile::tempdir()? };
    bench.ends("1 flow", &[], [options.client_bound, options.server_bound])?;
    bench.ends("64 flows", &MANY_FLOWS, [options.flows_client_bound, options.flows_server_bound])
}

/// Where the programs are, and where callgrind may write.
struct Bench {
    folder: PathBuf,
    work: TempDir,
}

impl Bench {
    /// Counts client and server in runs with `own` options, and holds them to their bounds.
    fn ends(&self, what: &str, own: &[&str], [client, server]: [Option<f64>; 2]) -> anyhow::Result<()> {
        let rrserver = ServerProcess::rrserver(&self.folder)?;
        check(what, "client", slope(|length| self.client(rrserver.port, length, own))?, client)?;
        check(what, "server", slope(|length| self.server(length, own))?, server)
    }

    fn client(&self, port: u16, transactions: u32, own: &[&str]) -> anyhow::Result<u64> {
        let mut counted = self.counted("rrgen");
        printed(counted.args(request(port, transactions)).args(own).output()?)?;
        self.instructions()
    }

    fn server(&self, transactions: u32, own: &[&str]) -> anyhow::Result<u64> {
        let mut counted = self.counted("rrserver");
        let mut server = ServerProcess::announced(counted.args(["-p", "0", "-L", "127.0.0.1"]).stderr(Stdio::null()))?;
        let mut client = Command::new(self.folder.join("rrgen"));
        printed(client.args(request(server.port, transactions)).args(own).output()?)?;
        server.terminate()?;
        self.instructions()
    }

    /// `program` under callgrind.
    fn counted(&self, program: &str) -> Command {
        let mut command = Command::new("valgrind");
        command
            .args(["--tool=callgrind", "--quiet"])
            .arg(format!("--callgrind-out-file={}", self.counts().display()))
            .arg(self.folder.join(program));
        command
    }

    /// What callgrind has written of the last run, and nobody reads again: its total ("totals: N").
    fn instructions(&self) -> anyhow::Result<u64> {
        let counts = self.counts();
        let text = fs::read_to_string(&counts).context("callgrind left no counts")?;
        fs::remove_file(counts)?;
        let total = text.lines().find_map(|line| line.strip_prefix("totals: ").or(line.strip_prefix("summary: ")));
        total.and_then(|total| total.trim().parse().ok()).context("callgrind's file has no total")
    }

    fn counts(&self) -> PathBuf {
        self.work.path().join("counts")
    }
}

fn check(what: &str, end: &str, instructions: f64, bound: Option<f64>) -> anyhow::Result<()> {
    println!("{what:>8}, {end} {instructions:7.1} instructions per transaction");
    let within = bound.is_none_or(|bound| instructions <= bound);
    let bound = bound.unwrap_or_default();
    ensure!(within, "{what}, {end}: more than {bound} instructions per transaction");
    Ok(())
}

/// What one more transaction adds to the `instructions` of a run.
fn slope(instructions: impl Fn(u32) -> anyhow::Result<u64>) -> anyhow::Result<f64> {
    let added =
        instructions(LONG)?.checked_sub(instructions(SHORT)?).context("a longer run took fewer instructions")?;
    Ok(added as f64 / f64::from(LONG - SHORT))
}

fn request(port: u16, transactions: u32) -> [String; 8] {
    ["-H", "127.0.0.1", "-p", &port.to_string(), "-P", "0", "-l", &format!("-{transactions}")].map(str::to_owned)
}
