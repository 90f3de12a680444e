//! The data thread of one test, and the handle by which the control plane ends it.

use std::io;
use std::net::Shutdown;
use std::sync::Arc;
use std::thread;

use compat::wire::RemoteCpu;
use hooks::Ledger;
use hooks::host::HostError;
use socket2::Socket;
use tokio::sync::oneshot;
use tracing::warn;

use super::data_path::{self, Path};
use super::plan::Plan;
use crate::data::{self, AffinityError, AtEnd, Cancel, CpuSnapshot, Traffic};
use crate::hooking::TestHook;
use crate::load::ThreadReport;

/// The measuring loop is shallow; hundreds of tests at once should not reserve gigabytes.
pub(super) const STACK_BYTES: usize = 128 << 10;

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
    /// What the hook of the data thread did.
    pub(crate) ledger: Option<Result<Ledger, HostError>>,
    /// What each thread did, if there were several.
    pub(crate) threads: Vec<ThreadReport>,
    /// Why it did not wait as it was asked to.
    pub(crate) shortfall: Option<String>,
    /// The CPU asked for could not be had.
    pub(crate) unbound: Option<AffinityError>,
}

/// What a data thread lets know.
#[derive(Debug)]
pub(crate) struct Signs {
    /// Its connection, or the first message, is there.
    pub(crate) connected: oneshot::Receiver<()>,
    /// It is done.
    pub(crate) outcome: oneshot::Receiver<Outcome>,
}

/// Where the messages of a test come from.
#[derive(Debug)]
pub(crate) enum Source {
    /// A socket that listens, or one for datagrams.
    Listening(Socket),
    /// A connection that is there already.
    Connected(Socket),
}

/// Handle of a running data thread.
#[derive(Debug)]
pub(crate) struct Worker {
    cancel: Arc<Cancel>,
}

impl Worker {
    /// Starts the thread; it serves what comes from `source`.
    ///
    /// # Errors
    /// No thread to be had.
    pub(crate) fn spawn(source: Source, plan: Plan, hook: TestHook) -> io::Result<(Self, Signs)> {
        let (arrival, connected) = oneshot::channel();
        let (sender, outcome) = oneshot::channel();
        let cancel = Arc::<Cancel>::default();
        let shared = Arc::clone(&cancel);
        thread::Builder::new().name("rr-data".into()).stack_size(STACK_BYTES).spawn(move || {
            let outcome = run(source, &plan, hook, &shared, arrival);
            // A next test may ask for the same port as soon as it has these results.
            shared.release();
            // Nobody listens any more when the client is gone.
            let _ = sender.send(outcome);
        })?;
        Ok((Self { cancel }, Signs { connected, outcome }))
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

fn run(source: Source, plan: &Plan, hook: TestHook, cancel: &Cancel, arrival: oneshot::Sender<()>) -> Outcome {
    let unbound = plan.cpu_of(0).and_then(|cpu| data::pin_current_thread(cpu).err());
    let before = plan.measure_cpu.then(snapshot).flatten();
    let (socket, connected) = match source {
        Source::Listening(socket) => (Arc::new(socket), false),
        Source::Connected(socket) => (Arc::new(socket), true),
    };
    let mut path = Path { socket, connected, plan, cancel, arrival: Some(arrival), started: None };
    let outcome = data_path::serve(&mut path, hook);
    let elapsed_ns = path.started.map_or(0, |started| started.elapsed().as_nanos() as u64);
    let cpu = before.and_then(|before| Some(snapshot()?.usage_since(&before)));
    Outcome { elapsed_ns, cpu, unbound, ..outcome }
}

fn snapshot() -> Option<CpuSnapshot> {
    CpuSnapshot::take().inspect_err(|e| warn!("cannot measure CPU utilization: {e}")).ok()
}
