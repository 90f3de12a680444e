//! How each client is started, and where its rate stands in what it prints.

use std::path::Path;
use std::process::{Child, Command, Output, Stdio};

use anyhow::{Context, ensure};

/// netperf's command line, for netperf and for rrgen.
#[derive(Debug, Clone, Copy)]
pub(super) struct Client<'a> {
    pub(super) program: &'a Path,
    pub(super) port: u16,
    /// As -T takes them.
    pub(super) cpus: &'a str,
    /// As -l takes it.
    pub(super) length: &'a str,
    /// Further options.
    pub(super) own: &'a [&'a str],
}

impl Client<'_> {
    fn command(&self) -> Command {
        let mut command = Command::new(self.program);
        command
            .args(["-H", "127.0.0.1", "-t", "TCP_RR", "-P", "0", "-v", "0", "-T", self.cpus])
            .args(["-p", &self.port.to_string(), "-l", self.length])
            .args(self.own);
        command
    }

    /// Transactions per second of one run.
    pub(super) fn rate(&self) -> anyhow::Result<f64> {
        number(&printed(self.command().output()?)?)
    }

    /// The sum of the rates of so many processes at once.
    pub(super) fn rate_of_many(&self, processes: usize) -> anyhow::Result<f64> {
        let children: Vec<Child> = (0..processes)
            .map(|_| self.command().stdout(Stdio::piped()).stderr(Stdio::piped()).spawn())
            .collect::<Result<_, _>>()
            .with_context(|| self.program.display().to_string())?;
        children.into_iter().map(|child| number(&printed(child.wait_with_output()?)?)).sum()
    }
}

/// What a program printed that succeeded.
pub(super) fn printed(output: Output) -> anyhow::Result<String> {
    ensure!(output.status.success(), "{}: {}", output.status, String::from_utf8_lossy(&output.stderr));
    Ok(String::from_utf8(output.stdout)?)
}

fn number(text: &str) -> anyhow::Result<f64> {
    text.trim().parse().with_context(|| format!("'{text}' is not a rate"))
}

/// sockperf's ping-pong over TCP for a second, from CPU 0.
pub(super) fn sockperf(port: u16) -> anyhow::Result<f64> {
    let output = on_cpu(0, "sockperf")
        .args(["ping-pong", "--tcp", "-i", "127.0.0.1", "-p", &port.to_string(), "-t", "1"])
        .args(["--msg-size", SOCKPERF_SIZE])
        .output()?;
    let text = printed(output)?;
    let after = |key: &str| {
        let rest = text.rsplit_once(key).with_context(|| format!("no {key} in '{text}'"))?.1;
        number(rest.split([' ', ';', '\n']).next().unwrap_or_default())
    };
    // The last such line is that of the valid duration, without what sockperf sets aside as its warm-up.
    Ok(after("ReceivedMessages=")? / after("RunTime=")?)
}

/// The smallest message sockperf has, bytes.
pub(super) const SOCKPERF_SIZE: &str = "14";

/// qperf's TCP latency for a second, from CPU 0: it prints half a round trip.
pub(super) fn qperf(port: u16) -> anyhow::Result<f64> {
    let output = on_cpu(0, "qperf")
        .args(["127.0.0.1", "-lp", &port.to_string(), "-t", "1", "-m", "1", "-e", "6", "-uu", "tcp_lat"])
        .output()?;
    let text = printed(output)?;
    let latency = text.rsplit_once('=').with_context(|| format!("no latency in '{text}'"))?.1.trim();
    let (value, unit) = latency.split_once(' ').with_context(|| format!("no unit in '{text}'"))?;
    let seconds = match unit.trim() {
        "sec" => 1.0,
        "ms" => 1e-3,
        "us" => 1e-6,
        "ns" => 1e-9,
        other => anyhow::bail!("qperf's latency has the unit '{other}'"),
    };
    Ok(1.0 / (2.0 * number(value)? * seconds))
}

/// `program`, bound to one CPU.
pub(super) fn on_cpu(cpu: u32, program: &str) -> Command {
    let mut command = Command::new("taskset");
    command.args(["-c", &cpu.to_string(), program]);
    command
}
