//! The data thread of one test, and the handle by which the control plane ends it.

use std::io;
use std::net::Shutdown;
use std::sync::Arc;
use std::thread;
use std::time::Instant;

use compat::wire::RemoteCpu;
use socket2::Socket;
use tokio::sync::oneshot;
use tracing::warn;

use super::data_path::{self, Path};
use super::plan::Plan;
use crate::data::{self, AtEnd, Cancel, CpuSnapshot, Traffic};

/// The measuring loop is shallow; hundreds of tests at once should not reserve gigabytes.
const STACK_BYTES: usize = 128 << 10;

/// What a test did, in the engine's units.
#[derive(Debug, Default)]
pub(crate) struct Outcome {
    pub(crate) transactions: u64,
    pub(crate) traffic: Traffic,
    /// From the first connection or datagram to the end of the loop.
    pub(crate) elapsed_ns: u64,
    /// What the kernel says of the connection, or of the listening socket where there were many.
    pub(crate) at_end: AtEnd,
    /// How busy the host was, if the client asked.
    pub(crate) cpu: Option<RemoteCpu>,
    /// The data connection did not end by a close.
    pub(crate) broken: Option<io::Error>,
}

/// Handle of a running data thread.
#[derive(Debug)]
pub(crate) struct Worker {
    cancel: Arc<Cancel>,
    /// Completes when the first connection is there; never for datagrams.
    pub(crate) connected: oneshot::Receiver<()>,
    /// Completes with the outcome.
    pub(crate) outcome: oneshot::Receiver<Outcome>,
}

impl Worker {
    /// Starts the thread; it serves what comes to `socket`, which listens (or is a datagram socket).
    ///
    /// # Errors
    /// No thread to be had.
    pub(crate) fn spawn(socket: Socket, plan: Plan) -> io::Result<Self> {
        let (arrival, connected) = oneshot::channel();
        let (sender, outcome) = oneshot::channel();
        let cancel = Arc::<Cancel>::default();
        let shared = Arc::clone(&cancel);
        thread::Builder::new().name("rr-data".into()).stack_size(STACK_BYTES).spawn(move || {
            // Nobody listens any more when the client is gone.
            let _ = sender.send(run(Arc::new(socket), &plan, &shared, arrival));
        })?;
        Ok(Self { cancel, connected, outcome })
    }

    /// Ends the thread, wherever it is blocked; its outcome still arrives.
    pub(crate) fn cancel(&self) {
        self.cancel.cancel(Shutdown::Both);
    }
}

impl Drop for Worker {
    /// No data thread outlives the session that started it.
    fn drop(&mut self) {
        self.cancel();
    }
}

fn run(socket: Arc<Socket>, plan: &Plan, cancel: &Cancel, arrival: oneshot::Sender<()>) -> Outcome {
    if let Some(cpu) = plan.cpu
        && let Err(e) = data::pin_current_thread(cpu)
    {
        warn!("{e}; the test runs unbound");
    }
    let before = plan.measure_cpu.then(snapshot).flatten();
    let mut path = Path { socket, plan, cancel, arrival: Some(arrival), started: Instant::now() };
    let outcome = data_path::serve(&mut path);
    let elapsed_ns = path.started.elapsed().as_nanos() as u64;
    let cpu = before.and_then(|before| Some(snapshot()?.usage_since(&before)));
    Outcome { elapsed_ns, cpu, ..outcome }
}

fn snapshot() -> Option<CpuSnapshot> {
    CpuSnapshot::take().inspect_err(|e| warn!("cannot measure CPU utilization: {e}")).ok()
}
