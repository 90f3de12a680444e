//! `--local`: the server inside the client, on loopback, for one run.
//!
//! It is the same server that `rrserver` runs, on a thread of its own; traffic goes through the kernel's
//! loopback device as it would between two programs.

use std::io::{self, Write};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::PathBuf;
use std::sync::mpsc;
use std::thread::{self, JoinHandle};

use hooks::host::Policy;
use rrserver::{Config, Listen, Server, ServerError};
use thiserror::Error;
use tokio::sync::oneshot;

/// Why there is no server inside.
#[derive(Debug, Error)]
pub enum LocalError {
    /// It cannot listen.
    #[error(transparent)]
    Server(#[from] ServerError),
    /// No thread or runtime to be had.
    #[error("cannot start the server inside: {0}")]
    Start(#[from] io::Error),
}

/// A server that lives as long as this value.
#[derive(Debug)]
pub struct LocalServer {
    address: SocketAddr,
    shutdown: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl LocalServer {
    /// Serves on the loopback address of one family, on a port the kernel chooses, with any hook; scripts and objects
    /// from `hook_dir`.
    ///
    /// # Errors
    /// It cannot listen, or no thread is to be had.
    pub fn start(ipv6: bool, passphrase: Option<String>, hook_dir: Option<PathBuf>) -> Result<Self, LocalError> {
        let address: IpAddr = if ipv6 { Ipv6Addr::LOCALHOST.into() } else { Ipv4Addr::LOCALHOST.into() };
        // Whoever starts a server for himself allows himself what the kernel does.
        let hooks = Policy::everything(hook_dir);
        let config = Config { listen: Listen::Address(address), port: 0, passphrase, hooks, ..Config::default() };
        Self::start_in(config, || Ok(()))
    }

    /// Serves as `config` says, on a thread that first does `enter`: into another network namespace, say.
    ///
    /// # Errors
    /// It cannot enter or listen, or no thread is to be had.
    pub fn start_in(
        config: Config,
        enter: impl FnOnce() -> io::Result<()> + Send + 'static,
    ) -> Result<Self, LocalError> {
        let (shutdown, stopped) = oneshot::channel();
        let (ready, bound) = mpsc::sync_channel(1);
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let thread = thread::Builder::new().name("rr-server".into()).spawn(move || {
            runtime.block_on(async {
                let server = match enter().map_err(LocalError::from).and_then(|()| listen(config)) {
                    Ok((server, address)) => {
                        let _ = ready.send(Ok(address));
                        server
                    }
                    Err(e) => {
                        let _ = ready.send(Err(e));
                        return;
                    }
                };
                // A client that is dropped without a word ends the server too.
                if let Err(e) = server.run(async { drop(stopped.await) }).await {
                    let _ = writeln!(io::stderr(), "rrgen: the server inside cannot serve: {e}");
                }
            });
        })?;
        let address = bound.recv().map_err(|_| io::Error::other("its thread ended"))??;
        Ok(Self { address, shutdown: Some(shutdown), thread: Some(thread) })
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }
}

fn listen(config: Config) -> Result<(Server, SocketAddr), LocalError> {
    let server = Server::bind(config)?;
    let address = server.local_addr()?;
    Ok((server, address))
}

impl Drop for LocalServer {
    fn drop(&mut self) {
        drop(self.shutdown.take());
        if let Some(thread) = self.thread.take() {
            // A server thread that panicked has said so already.
            let _ = thread.join();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::TcpStream;

    #[test]
    fn it_listens_while_it_lives_and_not_after() {
        let server = LocalServer::start(false, None, None).expect("server");
        let address = server.address();
        assert!(address.ip().is_loopback());
        TcpStream::connect(address).expect("listening");
        drop(server);
        assert!(TcpStream::connect(address).is_err());
    }
}
