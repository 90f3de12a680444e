//! The accept loop: how many clients at once, what a full process table means, how it all ends.

use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use socket2::SockRef;
use thiserror::Error;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};
use tracing::{info, warn};

use crate::reserve::Reserve;
use crate::session::Session;
use crate::single_port::{Entrance, Waiting};
use crate::{Config, keep_alive, listen};

/// Pause after an accept that failed for want of descriptors or memory; doubled each time up to the second, and then the
/// client is turned away.
const ACCEPT_BACKOFF: (Duration, Duration) = (Duration::from_millis(10), Duration::from_secs(1));

/// Why a server does not serve.
#[derive(Debug, Error)]
pub enum ServerError {
    /// Nothing to listen on.
    #[error("cannot listen on {address}: {error}{}", hint(error))]
    Listen {
        /// Where.
        address: SocketAddr,
        /// What the kernel said.
        error: io::Error,
    },
}

fn hint(error: &io::Error) -> &'static str {
    match error.kind() {
        io::ErrorKind::AddrInUse => {
            "\nIs another netserver or rrserver running there? Stop it, or choose another port with -p."
        }
        io::ErrorKind::AddrNotAvailable => "\nNo interface of this host has that address; `ip address` lists them.",
        io::ErrorKind::PermissionDenied => {
            "\nPorts below 1024 need root or CAP_NET_BIND_SERVICE; choose a higher one with -p."
        }
        _ => "",
    }
}

/// A server that listens, and serves once it is [`run`](Self::run).
#[derive(Debug)]
pub struct Server {
    listener: std::net::TcpListener,
    config: Arc<Config>,
}

impl Server {
    /// Listens as `config` says.
    ///
    /// # Errors
    /// The address or port cannot be had.
    pub fn bind(config: Config) -> Result<Self, ServerError> {
        let listener = listen::listen(&config.listen, config.port)
            .map_err(|(address, error)| ServerError::Listen { address, error })?;
        Ok(Self { listener, config: Arc::new(config) })
    }

    /// Where it listens, with the port the kernel chose.
    ///
    /// # Errors
    /// The kernel does not know its own socket.
    pub fn local_addr(&self) -> io::Result<SocketAddr> {
        self.listener.local_addr()
    }

    /// Whether an IPv6 wildcard socket leaves IPv4 out.
    #[must_use]
    pub fn is_ipv6_only(&self) -> bool {
        SockRef::from(&self.listener).only_v6().unwrap_or(false)
    }

    /// Serves clients until `shutdown` completes; then ends running tests, sends their results, and returns. Needs a
    /// tokio runtime with I/O and time.
    ///
    /// # Errors
    /// The runtime cannot watch the socket.
    pub async fn run(self, shutdown: impl Future<Output = ()>) -> io::Result<()> {
        let listener = TcpListener::from_std(self.listener)?;
        let (stop, stopping) = watch::channel(false);
        let slots = Arc::new(Semaphore::new(self.config.limits.sessions));
        let mut sessions = JoinSet::new();
        let waiting = Waiting::default();
        let mut reserve = Reserve::new();
        tokio::pin!(shutdown);
        loop {
            tokio::select! {
                () = &mut shutdown => break,
                Some(_) = sessions.join_next() => {}
                (slot, stream, peer) = accept(&listener, &slots, &mut reserve) => {
                    let entrance = Entrance::new(waiting.clone());
                    let session = Session::new(stream, peer, Arc::clone(&self.config), stopping.clone(), entrance);
                    sessions.spawn(async move {
                        session.run().await;
                        drop(slot);
                    });
                }
            }
        }
        drop(listener);
        info!("shutting down, {} clients connected", sessions.len());
        // Fails only when no session is left to hear it.
        let _ = stop.send(true);
        let drained = timeout(self.config.limits.drain, async { while sessions.join_next().await.is_some() {} });
        if drained.await.is_err() {
            warn!("{} clients did not finish within {:?}", sessions.len(), self.config.limits.drain);
        }
        Ok(())
    }
}

/// Serves one client that somebody else has accepted, until it leaves or `shutdown` completes: then ends its test and
/// sends the results. Needs a tokio runtime with I/O and time.
///
/// # Errors
/// The runtime cannot watch the socket, or the client has left already.
pub async fn serve_client(
    client: std::net::TcpStream,
    config: Config,
    shutdown: impl Future<Output = ()>,
) -> io::Result<()> {
    client.set_nonblocking(true)?;
    let peer = canonical(client.peer_addr()?);
    let stream = TcpStream::from_std(client)?;
    prepare(&stream);
    let drain = config.limits.drain;
    let (stop, stopping) = watch::channel(false);
    // Whoever listens on the control port, it is not us: no data connection comes from there.
    let session = Session::new(stream, peer, Arc::new(config), stopping, Entrance::none()).run();
    tokio::pin!(session);
    tokio::select! {
        () = &mut session => return Ok(()),
        () = shutdown => {}
    }
    // Fails only when the session is over.
    let _ = stop.send(true);
    if timeout(drain, session).await.is_err() {
        warn!("{peer}: did not finish within {drain:?}");
    }
    Ok(())
}

/// The next client, once there is a slot for it. Never fails: what can pass is waited out, and who cannot be served by
/// then is told so by the end of the connection.
async fn accept(
    listener: &TcpListener,
    slots: &Arc<Semaphore>,
    reserve: &mut Reserve,
) -> (OwnedSemaphorePermit, TcpStream, SocketAddr) {
    let slot = Arc::clone(slots).acquire_owned().await.expect("the semaphore is never closed");
    let (mut pause, longest) = ACCEPT_BACKOFF;
    loop {
        match listener.accept().await {
            Ok((stream, peer)) => {
                prepare(&stream);
                return (slot, stream, canonical(peer));
            }
            Err(e) if pause < longest => {
                warn!("cannot accept a client: {e}; trying again in {pause:?}");
                sleep(pause).await;
                pause = longest.min(pause * 2);
            }
            Err(e) => {
                let whom = reserve.turn_away(listener).map_or_else(|| "nobody".into(), |client| client.to_string());
                warn!("cannot accept a client: {e}; turned away {whom}; a higher `ulimit -n` may help");
                pause = ACCEPT_BACKOFF.0;
            }
        }
    }
}

fn prepare(stream: &TcpStream) {
    // A client whose host vanished would otherwise hold its slot for ever.
    let _ = keep_alive(stream);
    let _ = stream.set_nodelay(true);
}

/// An IPv4 address on a socket for both families, written as IPv4.
pub(crate) fn canonical(address: SocketAddr) -> SocketAddr {
    SocketAddr::new(address.ip().to_canonical(), address.port())
}
