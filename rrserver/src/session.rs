//! One control connection: passphrase, requests, tests one after the other, until the client closes.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use compat::wire::{self, Kind, Message, OmniRequest};
use hooks::host::Requester;
use thiserror::Error;
use tokio::io::{AsyncReadExt, AsyncWriteExt, copy, sink};
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio::time::timeout;
use tracing::{info, warn};

use crate::Config;
use crate::about::{About, AboutMessage};
use crate::extension::{ExtensionError, HookRequest, LoadRequest, Reply};
use crate::framing::{FramingError, is_gone, read_message, write_message};
use crate::hooking::Hooking;
use crate::loading::Loading;
use crate::server::canonical;
use crate::single_port::{Entrance, SinglePort, Token, Waiting};
use crate::test::{self, Aborted, Beyond};

/// What a refused client may still have on its way, bytes, and how long it may take to close.
const LAST_WORDS: u64 = 64 << 10;
const LAST_WORDS_PATIENCE: Duration = Duration::from_secs(1);

/// Clock ticks per second as the kernel's interfaces count them (`USER_HZ`).
const CLOCK_TICKS: f32 = 100.0;

/// CPUs that this server may use.
fn cpus() -> u32 {
    std::thread::available_parallelism().map_or(1, |cpus| cpus.get() as u32)
}

/// Why a session ended before the client closed it.
#[derive(Debug, Error)]
enum SessionError {
    #[error("{0}")]
    Framing(#[from] FramingError),
    #[error("wrong or missing passphrase")]
    Passphrase,
    #[error("malformed request: {0}")]
    Malformed(#[from] wire::DecodeError),
    #[error("{0}")]
    Test(#[from] Aborted),
}

/// How a session came to its end.
#[derive(Debug, PartialEq, Eq)]
enum Ended {
    /// The client closed it, or the server shuts down.
    Closed,
    /// It turned out to be the data connection of another session's test.
    Data(Token),
}

/// One client's control connection.
#[derive(Debug)]
pub(crate) struct Session {
    stream: TcpStream,
    peer: SocketAddr,
    config: Arc<Config>,
    stopping: watch::Receiver<bool>,
    beyond: Beyond,
}

impl Session {
    pub(crate) fn new(
        stream: TcpStream,
        peer: SocketAddr,
        config: Arc<Config>,
        stopping: watch::Receiver<bool>,
        waiting: Waiting,
    ) -> Self {
        // A socket that does not know its own address belongs to a client that has gone.
        let reached = canonical(stream.local_addr().unwrap_or(peer));
        let is_local = peer.ip().is_loopback() || peer.ip() == reached.ip();
        let requester = Requester { is_local, is_trusted: config.passphrase.is_some() };
        let hooking = Hooking::new(config.hooks.clone(), requester, peer.ip().to_canonical(), reached);
        let beyond = Beyond { hooking, loading: Loading::new(), entrance: Entrance::new(waiting) };
        Self { stream, peer, config, stopping, beyond }
    }

    /// Serves the client; whatever goes wrong is one line in the log.
    pub(crate) async fn run(mut self) {
        info!("{}: connected", self.peer);
        match self.serve().await {
            Ok(Ended::Closed) => info!("{}: done", self.peer),
            Ok(Ended::Data(token)) => self.hand_over(token),
            Err(e) => {
                warn!("{}: {e}", self.peer);
                self.close().await;
            }
        }
    }

    /// Closes so that the client reads an end and no reset, which what it has sent ahead would cause.
    async fn close(&mut self) {
        let drained = async {
            self.stream.shutdown().await?;
            copy(&mut (&mut self.stream).take(LAST_WORDS), &mut sink()).await
        };
        // A client that is gone, or goes on talking, is closed as it is.
        let _ = timeout(LAST_WORDS_PATIENCE, drained).await;
    }

    /// Gives this connection to the test that waits for it.
    fn hand_over(self, token: Token) {
        match self.beyond.entrance.waiting.hand_over(token, self.stream) {
            Ok(true) => info!("{}: data connection", self.peer),
            Ok(false) => warn!("{}: a data connection that no test waits for", self.peer),
            Err(e) => warn!("{}: data connection: {e}", self.peer),
        }
    }

    async fn serve(&mut self) -> Result<Ended, SessionError> {
        let mut patience = self.config.limits.message;
        if let Some(passphrase) = self.config.passphrase.clone() {
            match self.next_message(patience).await? {
                Some(message) if admits(&passphrase, &message) => {}
                // Whoever has a token has shown the passphrase before.
                Some(message) => match SinglePort::decode(&message) {
                    Some(SinglePort::Data(token)) => return Ok(Ended::Data(token)),
                    _ => return Err(SessionError::Passphrase),
                },
                None => return Ok(Ended::Closed),
            }
        }
        while let Some(message) = self.next_message(patience).await? {
            if let Some(SinglePort::Data(token)) = SinglePort::decode(&message) {
                return Ok(Ended::Data(token));
            }
            if let Some(reply) = self.answer(&message).await? {
                match write_message(&mut self.stream, &reply, self.config.limits.message).await {
                    // It did not stay for its answer.
                    Err(FramingError::Io(e)) if is_gone(&e) => return Ok(Ended::Closed),
                    written => written?,
                }
            }
            patience = self.config.limits.idle;
        }
        Ok(Ended::Closed)
    }

    /// The next message; `None` when the client closed, or when the server shuts down between two messages.
    async fn next_message(&mut self, patience: Duration) -> Result<Option<Message>, FramingError> {
        tokio::select! {
            message = read_message(&mut self.stream, patience, self.config.limits.message) => message,
            _ = self.stopping.wait_for(|&stopping| stopping) => Ok(None),
        }
    }

    /// What to send in answer to `message`, if it wants one.
    async fn answer(&mut self, message: &Message) -> Result<Option<Message>, SessionError> {
        match message.kind() {
            Kind::Omni => {
                let request = OmniRequest::decode(message)?;
                let results = test::run(
                    &request,
                    &mut self.stream,
                    self.peer,
                    &self.config,
                    &mut self.stopping,
                    &mut self.beyond,
                )
                .await?;
                Ok(Some(results))
            }
            // A server without a passphrase takes any, without an answer: netperf waits for none.
            Kind::Passphrase => Ok(None),
            Kind::DebugOn | Kind::DebugOff => Ok(Some(wire::debug_reply())),
            Kind::Calibrate => Ok(Some(wire::calibrate_reply(CLOCK_TICKS, cpus()))),
            Kind::Other(_) if SinglePort::decode(message) == Some(SinglePort::Ask) => {
                let token = self.beyond.entrance.open().map_err(FramingError::Io)?;
                Ok(Some(SinglePort::Grant(token).encode()))
            }
            Kind::Other(_) if matches!(AboutMessage::decode(message), Ok(AboutMessage::Ask)) => {
                Ok(Some(AboutMessage::Answer(About::this_server()).encode()))
            }
            Kind::Other(_) if HookRequest::is_one(message) => Ok(Some(match HookRequest::decode(message) {
                Ok(request) => self.beyond.hooking.answer(request).await.encode(),
                Err(e) => refused(&e),
            })),
            Kind::Other(_) if LoadRequest::is_one(message) => Ok(match LoadRequest::decode(message) {
                Ok(request) => self.beyond.loading.answer(request).map(|reply| reply.encode()),
                Err(e) => Some(refused(&e)),
            }),
            _ => {
                warn!("{}: unknown request {:?}", self.peer, message.kind());
                Ok(Some(wire::error_message(wire::ERRNO_UNKNOWN_REQUEST)))
            }
        }
    }
}

fn refused(error: &ExtensionError) -> Message {
    Reply::Refused(error.to_string()).encode()
}

fn admits(passphrase: &str, message: &Message) -> bool {
    message.kind() == Kind::Passphrase && wire::passphrase_of(message) == passphrase.as_bytes()
}
