//! The programs under test: built, found, started and stopped.

use std::io::{BufRead, BufReader};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, bail, ensure};

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

/// A server that ends with this value.
#[derive(Debug)]
pub(super) struct ServerProcess {
    child: Child,
    pub(super) port: u16,
}

impl ServerProcess {
    /// Starts an rrserver on a port of the kernel's choice.
    pub(super) fn rrserver(folder: &Path) -> anyhow::Result<Self> {
        let child = Command::new(folder.join("rrserver"))
            .args(["-p", "0", "-L", "127.0.0.1"])
            .stdout(Stdio::piped())
            .spawn()
            .context("rrserver")?;
        let mut server = Self { child, port: 0 };
        let mut line = String::new();
        BufReader::new(server.child.stdout.take().context("no stdout")?).read_line(&mut line)?;
        server.port = line.split([':', ' ']).find_map(|word| word.parse().ok()).context("rrserver named no port")?;
        Ok(server)
    }

    /// Starts a netserver on a port that was free a moment ago: it takes no 0.
    pub(super) fn netserver() -> anyhow::Result<Self> {
        let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
        let child = Command::new("netserver")
            .args(["-D", "-4", "-L", "127.0.0.1", "-p", &port.to_string()])
            .stdout(Stdio::null())
            .spawn()
            .context("netserver (Debian's package netperf, component non-free)")?;
        let server = Self { child, port };
        let started = Instant::now();
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            if started.elapsed() > START_PATIENCE {
                bail!("netserver does not listen on port {port}");
            }
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
