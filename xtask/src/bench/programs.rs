//! The programs under test: built, found, started and stopped.

use std::io::{BufRead, BufReader};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, bail, ensure};

use super::clients::on_cpu;

/// How long a server may take to listen.
const START_PATIENCE: Duration = Duration::from_secs(10);

/// Builds rrgen and rrserver as users do; the folder with the programs.
pub(super) fn build() -> anyhow::Result<PathBuf> {
    let cargo = std::env::var_os("CARGO").context("run this through cargo")?;
    let status =
        Command::new(cargo).args(["build", "--release", "--quiet", "-p", "rrgen", "-p", "rrserver"]).status()?;
    ensure!(status.success(), "rrgen and rrserver do not build");
    // This program is built into the same folder.
    let own = std::env::current_exe()?;
    Ok(own.parent().context("no parent folder")?.to_owned())
}

/// This program as one end of a hidden benchmark loop.
pub(super) fn this_program(bench: &str) -> anyhow::Result<Command> {
    let mut command = Command::new(std::env::current_exe()?);
    command.args(["bench", bench]);
    Ok(command)
}

/// A server that ends with this value.
#[derive(Debug)]
pub(super) struct ServerProcess {
    child: Child,
    pub(super) port: u16,
}

impl ServerProcess {
    /// Starts an rrserver on a port of the kernel's choice.
    pub(super) fn rrserver(folder: &Path) -> anyhow::Result<Self> {
        Self::announced(Command::new(folder.join("rrserver")).args(["-p", "0", "-L", "127.0.0.1"]))
    }

    /// Starts a netserver.
    pub(super) fn netserver() -> anyhow::Result<Self> {
        Self::on_free_port(|port| {
            let mut command = Command::new("netserver");
            command.args(["-D", "-4", "-L", "127.0.0.1", "-p", port]);
            command
        })
        .context("Debian's package netperf, component non-free")
    }

    /// Starts a sockperf server on CPU 1.
    pub(super) fn sockperf() -> anyhow::Result<Self> {
        Self::on_free_port(|port| {
            let mut command = on_cpu(1, "sockperf");
            command.args(["server", "--tcp", "-i", "127.0.0.1", "-p", port]);
            command
        })
        .context("Debian's package sockperf")
    }

    /// Starts a qperf server on CPU 1.
    pub(super) fn qperf() -> anyhow::Result<Self> {
        Self::on_free_port(|port| {
            let mut command = on_cpu(1, "qperf");
            command.args(["-lp", port]);
            command
        })
        .context("Debian's package qperf")
    }

    /// Starts a server that names its port in its first line.
    pub(super) fn announced(command: &mut Command) -> anyhow::Result<Self> {
        let child = command.stdout(Stdio::piped()).spawn().with_context(|| format!("{command:?}"))?;
        let mut server = Self { child, port: 0 };
        let mut line = String::new();
        BufReader::new(server.child.stdout.take().context("no stdout")?).read_line(&mut line)?;
        server.port = line.split([':', ' ', '\n']).find_map(|word| word.parse().ok()).context("no port was named")?;
        Ok(server)
    }

    /// Asks the server to end, and waits until it has.
    pub(super) fn terminate(&mut self) -> anyhow::Result<()> {
        let pid = rustix::process::Pid::from_child(&self.child);
        rustix::process::kill_process(pid, rustix::process::Signal::TERM)?;
        self.child.wait()?;
        Ok(())
    }

    /// Starts a server that takes no port 0 on one that was free a moment ago.
    fn on_free_port(command: impl FnOnce(&str) -> Command) -> anyhow::Result<Self> {
        let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
        let mut command = command(&port.to_string());
        let child = command
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .with_context(|| format!("{command:?} does not start"))?;
        let mut server = Self { child, port };
        let started = Instant::now();
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            if let Some(status) = server.child.try_wait()? {
                bail!("{command:?} ended at once: {status}");
            }
            ensure!(started.elapsed() < START_PATIENCE, "{command:?} does not listen on port {port}");
            std::thread::sleep(Duration::from_millis(5));
        }
        Ok(server)
    }
}

impl Drop for ServerProcess {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
