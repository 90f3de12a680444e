//! The data thread of one test, and the handle by which the control plane ends it.

use std::io::{self, Read};
use std::net::Shutdown;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use socket2::Socket;
use tokio::sync::oneshot;

use hooks::host::{EndHook, HostError};
use hooks::{Ledger, Verdict};

use super::plan::Plan;
use crate::data::{self, AffinityError, End, MessageStream, Served, SocketStream, Traffic, Transport};
use crate::hooking::TestHook;

/// The measuring loop is shallow; hundreds of tests at once should not reserve gigabytes.
const STACK_BYTES: usize = 128 << 10;

/// What a client may still have in flight after a counted test, before we stop listening to it.
const DRAIN_BYTES: usize = 64 << 20;

/// How long a client may take to close after a counted test.
const DRAIN_PATIENCE: Duration = Duration::from_secs(4);

/// What a test did, in the engine's units.
#[derive(Debug, Default)]
pub(crate) struct Outcome {
    pub(crate) transactions: u64,
    pub(crate) traffic: Traffic,
    /// From the accepted connection to the end of the loop.
    pub(crate) elapsed_ns: u64,
    /// SO_RCVBUF at the end, bytes.
    pub(crate) recv_buffer: i32,
    /// SO_SNDBUF at the end, bytes.
    pub(crate) send_buffer: i32,
    /// Segments retransmitted; −1 where the kernel does not say.
    pub(crate) retransmits: i32,
    pub(crate) congestion_control: String,
    /// The data connection did not end by a close.
    pub(crate) broken: Option<io::Error>,
    /// What the hook of the data thread did.
    pub(crate) ledger: Option<Result<Ledger, HostError>>,
    /// The CPU asked for could not be had.
    pub(crate) unbound: Option<AffinityError>,
}

/// The socket the data thread may be blocked on.
#[derive(Debug)]
enum Blocked {
    OnSocket(Socket),
    Cancelled,
}

/// What a data thread lets know.
#[derive(Debug)]
pub(crate) struct Signs {
    /// Its connection is there.
    pub(crate) connected: oneshot::Receiver<()>,
    /// It is done.
    pub(crate) outcome: oneshot::Receiver<Outcome>,
}

/// Handle of a running data thread.
#[derive(Debug)]
pub(crate) struct Worker {
    blocked: Arc<Mutex<Blocked>>,
}

impl Worker {
    /// Starts the thread; it accepts one connection on `listener` and serves it.
    ///
    /// # Errors
    /// No thread or descriptor to be had.
    pub(crate) fn spawn(listener: Socket, plan: Plan, hook: TestHook) -> io::Result<(Self, Signs)> {
        let blocked = Arc::new(Mutex::new(Blocked::OnSocket(listener.try_clone()?)));
        let (connected, connected_sign) = oneshot::channel();
        let (done, outcome) = oneshot::channel();
        let shared = Arc::clone(&blocked);
        thread::Builder::new().name("rr-data".into()).stack_size(STACK_BYTES).spawn(move || {
            let outcome = run(&listener, &plan, hook, &shared, connected);
            // A next test may ask for the same port as soon as it has these results.
            drop(listener);
            // Nobody listens any more when the client is gone.
            let _ = done.send(outcome);
        })?;
        Ok((Self { blocked }, Signs { connected: connected_sign, outcome }))
    }

    /// Ends the thread, wherever it is blocked; its outcome still arrives.
    pub(crate) fn cancel(&self) {
        let mut blocked = self.blocked.lock().unwrap_or_else(PoisonError::into_inner);
        if let Blocked::OnSocket(socket) = std::mem::replace(&mut *blocked, Blocked::Cancelled) {
            // A socket that is already closed needs no ending.
            let _ = socket.shutdown(Shutdown::Both);
        }
    }
}

impl Drop for Worker {
    /// No data thread outlives the session that started it.
    fn drop(&mut self) {
        self.cancel();
    }
}

fn run(
    listener: &Socket,
    plan: &Plan,
    hook: TestHook,
    shared: &Mutex<Blocked>,
    connected: oneshot::Sender<()>,
) -> Outcome {
    let unbound = plan.cpu.and_then(|cpu| data::pin_current_thread(cpu).err());
    let stream = match accept(listener, shared) {
        Ok(Some(stream)) => stream,
        Ok(None) => return Outcome::default(),
        Err(e) => return Outcome { broken: Some(e), ..Outcome::default() },
    };
    // The control plane may have given up already.
    let _ = connected.send(());
    let mut messages = MessageStream::new(SocketStream::new(&stream), plan.response_size, plan.request_size);
    let started = Instant::now();
    let (served, ledger) = serve_hooked(&mut messages, plan.transactions, hook, &stream);
    let elapsed_ns = started.elapsed().as_nanos() as u64;
    let traffic = messages.traffic();
    let broken = match served.end {
        End::Counted => drain(&stream).err(),
        End::Closed | End::Dropped => None,
        End::Broken(e) => Some(e),
    };
    Outcome { transactions: served.transactions, traffic, elapsed_ns, broken, ledger, unbound, ..at_end(&stream) }
}

/// Serves with the hook that is the data thread's to attach.
fn serve_hooked(
    messages: &mut impl Transport,
    limit: Option<u64>,
    hook: TestHook,
    stream: &Socket,
) -> (Served, Option<Result<Ledger, HostError>>) {
    let TestHook::DataThread(prepared) = hook else {
        return (data::serve(messages, limit, |_| Verdict::Pass), None);
    };
    match prepared.on_end_of(stream) {
        Ok(mut hook) => {
            let served = match &mut hook {
                EndHook::Messages(hook) => data::serve(messages, limit, |request| hook.on_message(request)),
                // The kernel does the calling.
                #[cfg(feature = "ebpf")]
                EndHook::Socket(_) => data::serve(messages, limit, |_| Verdict::Pass),
            };
            (served, Some(hook.detach()))
        }
        // A test without its hook would be taken for one with it.
        Err(e) => (Served { transactions: 0, end: End::Dropped }, Some(Err(e))),
    }
}

/// The one data connection of the test, or `None` when the test was cancelled before it came.
fn accept(listener: &Socket, shared: &Mutex<Blocked>) -> io::Result<Option<Socket>> {
    let accepted = listener.accept();
    let mut blocked = shared.lock().unwrap_or_else(PoisonError::into_inner);
    if matches!(*blocked, Blocked::Cancelled) {
        return Ok(None);
    }
    let (stream, _peer) = accepted?;
    *blocked = Blocked::OnSocket(stream.try_clone()?);
    Ok(Some(stream))
}

/// Ends a counted test without a reset: closes our side, and reads what the client still had in flight.
fn drain(mut stream: &Socket) -> io::Result<()> {
    stream.shutdown(Shutdown::Write)?;
    let deadline = Instant::now() + DRAIN_PATIENCE;
    let mut scrap = [0; 4096];
    let mut drained = 0;
    while drained < DRAIN_BYTES {
        let left = deadline.saturating_duration_since(Instant::now());
        if left.is_zero() {
            break;
        }
        stream.set_read_timeout(Some(left))?;
        match stream.read(&mut scrap) {
            Ok(0) => break,
            Ok(n) => drained += n,
            Err(e) if e.kind() == io::ErrorKind::WouldBlock => break,
            Err(e) => return Err(e),
        }
    }
    Ok(())
}

/// What the kernel says of the connection after the loop.
fn at_end(stream: &Socket) -> Outcome {
    let size = |read: io::Result<usize>| read.map_or(-1, |bytes| bytes as i32);
    Outcome {
        recv_buffer: size(stream.recv_buffer_size()),
        send_buffer: size(stream.send_buffer_size()),
        retransmits: data::tcp_info(stream).map_or(-1, |info| info.total_retransmits as i32),
        congestion_control: data::congestion_control(stream),
        ..Outcome::default()
    }
}
