//! The real servers, each on a port of its own on loopback.

use std::io::{BufRead, BufReader};
use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use super::process::PATIENCE;
use super::programs;

/// Pause between two looks whether netserver listens.
const POLL: Duration = Duration::from_millis(5);

/// Ports to try before a netserver counts as broken.
const ATTEMPTS: usize = 10;

/// Which server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ServerKind {
    Rrserver,
    Netserver,
}

/// A server that ends with this value.
#[derive(Debug)]
pub(crate) struct Server {
    process: Child,
    port: u16,
}

impl Server {
    /// Starts a server on `host` with further `options`; `None`, after a skip, if it is not installed.
    pub(crate) fn start(kind: ServerKind, host: &str, options: &[&str]) -> Option<Self> {
        match kind {
            ServerKind::Rrserver => Some(Self::announced(programs::rrserver(host).args(options))),
            ServerKind::Netserver => Some(Self::found_listening(programs::netserver(host)?.args(options), host)),
        }
    }

    /// An rrserver on IPv4.
    pub(crate) fn rrserver(options: &[&str]) -> Self {
        Self::start(ServerKind::Rrserver, "127.0.0.1", options).expect("rrserver is always there")
    }

    /// The port of its control connection, as an option's value.
    pub(crate) fn port(&self) -> String {
        self.port.to_string()
    }

    /// Ends the server without warning.
    pub(crate) fn kill(&mut self) {
        // Neither fails for a child that has not been waited for, and one that has is gone.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }

    /// rrserver says on which port it listens.
    fn announced(command: &mut Command) -> Self {
        let mut process = spawn(command, Stdio::piped());
        let mut line = String::new();
        let stdout = process.stdout.as_mut().expect("a pipe");
        BufReader::new(stdout).read_line(&mut line).expect("a line");
        Self { process, port: listening_port(&line) }
    }

    /// netserver takes no port 0: it gets one that was free a moment ago, and another if that was too long ago.
    fn found_listening(command: &mut Command, host: &str) -> Self {
        for _ in 0..ATTEMPTS {
            let free = TcpListener::bind((host, 0)).and_then(|listener| listener.local_addr()).expect("a free port");
            // A later -p wins.
            let process = spawn(command.args(["-p", &free.port().to_string()]), Stdio::null());
            let mut server = Self { process, port: free.port() };
            if server.comes_up(host) {
                return server;
            }
        }
        panic!("{command:?} does not listen");
    }

    fn comes_up(&mut self, host: &str) -> bool {
        let deadline = Instant::now() + PATIENCE;
        while Instant::now() < deadline {
            let answers = TcpStream::connect((host, self.port)).is_ok();
            if self.process.try_wait().expect("a child of our own").is_some() {
                return false;
            }
            if answers {
                return true;
            }
            thread::sleep(POLL);
        }
        false
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.kill();
    }
}

/// The port in the line that says where rrserver listens.
pub(crate) fn listening_port(line: &str) -> u16 {
    let port = line.rsplit_once(':').and_then(|(_, rest)| rest.split(' ').next()?.parse().ok());
    port.unwrap_or_else(|| panic!("no port in '{line}'"))
}

fn spawn(command: &mut Command, stdout: Stdio) -> Child {
    let quiet = command.stdin(Stdio::null()).stdout(stdout).stderr(Stdio::null());
    quiet.spawn().unwrap_or_else(|e| panic!("{command:?}: {e}"))
}
