//! The server as a library, with limits of the test's choosing and its log at hand.

use std::fs::{self, File};
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::mpsc::{self, Sender};
use std::thread::{self, JoinHandle};

use rrserver::{Config, Limits, Listen, Server};
use tempfile::NamedTempFile;
use tokio::sync::oneshot;

use super::eventually;

/// A server on a thread of its own; it shuts down when this value goes.
#[derive(Debug)]
pub(crate) struct Library {
    address: SocketAddr,
    log: NamedTempFile,
    shutdown: oneshot::Sender<()>,
    thread: JoinHandle<()>,
}

impl Library {
    /// Serves on loopback within `limits`.
    pub(crate) fn start(limits: Limits) -> Self {
        let listen = Listen::Address(Ipv4Addr::LOCALHOST.into());
        let config = Config { listen, port: 0, limits, ..Config::default() };
        let log = NamedTempFile::new().expect("temporary file");
        let sink = log.reopen().expect("temporary file");
        let (shutdown, stopped) = oneshot::channel();
        let (listening, address) = mpsc::channel();
        let thread = thread::spawn(move || logging_to(sink, || serve(config, &listening, stopped)));
        Self { address: address.recv().expect("a listening server"), log, shutdown, thread }
    }

    /// Where it listens.
    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Shuts it down; what it logged, line by line.
    pub(crate) fn stop(self) -> Vec<String> {
        drop(self.shutdown);
        eventually("the server returns", || self.thread.is_finished());
        self.thread.join().expect("a server that did not panic");
        let log = fs::read_to_string(self.log.path()).expect("what the server logged");
        log.lines().map(str::to_owned).collect()
    }
}

fn serve(config: Config, listening: &Sender<SocketAddr>, stopped: oneshot::Receiver<()>) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("runtime");
    runtime.block_on(async {
        let server = Server::bind(config).expect("a port on loopback");
        listening.send(server.local_addr().expect("address")).expect("a waiting test");
        // Completes when its sender is dropped.
        server.run(async { drop(stopped.await) }).await.expect("a runtime that watches sockets");
    });
}

/// Does `work` with the control plane's warnings going to `sink`, apart from those of other tests' servers.
fn logging_to(sink: File, work: impl FnOnce()) {
    let log = tracing_subscriber::fmt().with_max_level(tracing::Level::WARN).with_ansi(false);
    tracing::subscriber::with_default(log.with_writer(Arc::new(sink)).finish(), work);
}
