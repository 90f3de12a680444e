//! User-space instructions per transaction, counted by callgrind: repeatable on the noisiest machine, so that a
//! bound on it can be part of every submission's checks.
//!
//! The cost of one transaction is the slope between a short and a long run; start and end cancel out. Many flows are not
//! counted: their wait to the nanosecond (`epoll_pwait2`) is a system call that common versions of valgrind do not know.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context, ensure};
use clap::Args;

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
}

/// Transactions of the short and of the long run.
const SHORT: u32 = 2_000;
const LONG: u32 = 12_000;

pub(crate) fn run(options: &Options) -> anyhow::Result<()> {
    let folder = build()?;
    let work = tempfile::tempdir()?;
    let rrserver = ServerProcess::rrserver(&folder)?;
    let client = slope(|length| client(&folder, work.path(), rrserver.port, length))?;
    check("client", client, options.client_bound)?;
    check("server", slope(|length| server(&folder, work.path(), length))?, options.server_bound)
}

fn check(what: &str, instructions: f64, bound: Option<f64>) -> anyhow::Result<()> {
    println!("{what} {instructions:7.1} instructions per transaction");
    let within = bound.is_none_or(|bound| instructions <= bound);
    ensure!(within, "{what}: more than {} instructions per transaction", bound.unwrap_or_default());
    Ok(())
}

/// What one more transaction adds to the `instructions` of a run.
fn slope(instructions: impl Fn(u32) -> anyhow::Result<u64>) -> anyhow::Result<f64> {
    let added =
        instructions(LONG)?.checked_sub(instructions(SHORT)?).context("a longer run took fewer instructions")?;
    Ok(added as f64 / f64::from(LONG - SHORT))
}

fn client(folder: &Path, work: &Path, port: u16, transactions: u32) -> anyhow::Result<u64> {
    let counts = work.join(format!("client-{transactions}"));
    let output = counted(&counts, &folder.join("rrgen")).args(request(port, transactions)).output()?;
    printed(output)?;
    instructions(&counts)
}

fn server(folder: &Path, work: &Path, transactions: u32) -> anyhow::Result<u64> {
    let counts = work.join(format!("server-{transactions}"));
    let mut server = ServerProcess::announced(
        counted(&counts, &folder.join("rrserver")).args(["-p", "0", "-L", "127.0.0.1"]).stderr(Stdio::null()),
    )?;
    printed(Command::new(folder.join("rrgen")).args(request(server.port, transactions)).output()?)?;
    server.terminate()?;
    instructions(&counts)
}

fn request(port: u16, transactions: u32) -> [String; 8] {
    ["-H", "127.0.0.1", "-p", &port.to_string(), "-P", "0", "-l", &format!("-{transactions}")].map(str::to_owned)
}

/// `program` under callgrind, which writes what it counts to `counts`.
fn counted(counts: &Path, program: &Path) -> Command {
    let mut command = Command::new("valgrind");
    command
        .args(["--tool=callgrind", "--quiet"])
        .arg(format!("--callgrind-out-file={}", counts.display()))
        .arg(program);
    command
}

/// The total of a callgrind file ("totals: N").
fn instructions(counts: &Path) -> anyhow::Result<u64> {
    let text = fs::read_to_string(counts).with_context(|| format!("callgrind left no {}", counts.display()))?;
    let total = text.lines().find_map(|line| line.strip_prefix("totals: ").or(line.strip_prefix("summary: ")));
    total.and_then(|total| total.trim().parse().ok()).context("callgrind's file has no total")
}
