//! The data thread of one test, and the handle by which the control plane ends it.

use std::io;
use std::net::Shutdown;
use std::sync::Arc;
use std::thread;

use hooks::Ledger;
use hooks::host::HostError;
use socket2::Socket;
use tokio::sync::oneshot;

use super::data_path::{self, Path};
use super::plan::Plan;
use super::reading::Reading;
use crate::data::{self, AffinityError, AtEnd, Cancel, ThreadId, ThreadUsage, Threads, Traffic};
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
    /// The counters before the first packet, and after the last.
    pub(crate) readings: Option<(Reading, Reading)>,
    /// The data connection did not end by a close.
    pub(crate) broken: Option<io::Error>,
    /// What the hook of the data thread did.
    pub(crate) ledger: Option<Result<Ledger, HostError>>,
    /// What threads of its own cost that have ended, if there were several.
    pub(crate) ended_threads: ThreadUsage,
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
    threads: Arc<Threads>,
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
        let threads = Arc::<Threads>::default();
        let (shared, entrance) = (Arc::clone(&cancel), Arc::clone(&threads));
        thread::Builder::new().name("rr-data".into()).stack_size(STACK_BYTES).spawn(move || {
            entrance.enter();
            let mut arrival = Some(arrival);
            let outcome = run(source, &plan, hook, &shared, &entrance, &mut arrival);
            // A next test may ask for the same port as soon as it has these results.
            shared.release();
            // Nobody listens any more when the client is gone.
            let _ = sender.send(outcome);
            // Only now: where nothing arrived the outcome has the reason, and must be there first.
            drop(arrival);
        })?;
        Ok((Self { cancel, threads }, Signs { connected, outcome }))
    }

    /// The counters now, while it runs.
    pub(crate) fn reading(&self) -> Reading {
        Reading::take(true, self.threads.usage(), self.cancel.retransmits())
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

fn run(
    source: Source,
    plan: &Plan,
    hook: TestHook,
    cancel: &Cancel,
    threads: &Threads,
    arrival: &mut Option<oneshot::Sender<()>>,
) -> Outcome {
    let unbound = plan.cpu_of(0).and_then(|cpu| data::pin_current_thread(cpu).err());
    let wanted = plan.measure_cpu || plan.reports;
    let reading = || Reading::take(wanted, ThreadId::current().usage(), 0);
    let mut before = reading();
    let (socket, connected) = match source {
        Source::Listening(socket) => (Arc::new(socket), false),
        Source::Connected(socket) => (Arc::new(socket), true),
    };
    let mut path = Path { socket, connected, plan, cancel, threads, arrival, started: None };
    let outcome = data_path::serve(&mut path, hook);
    let mut after = reading();
    after.add_threads(outcome.ended_threads);
    // The connection was waited for.
    before.at = path.started.unwrap_or(after.at);
    let elapsed_ns = after.at.duration_since(before.at).as_nanos() as u64;
    Outcome { elapsed_ns, readings: Some((before, after)), unbound, ..outcome }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Config;
    use compat::wire::OmniRequest;
    use socket2::{Domain, Type};
    use std::net::Ipv4Addr;

    #[test]
    fn whoever_learns_that_nothing_arrived_finds_the_reason_there() {
        for terms in ["", "flows=2"] {
            let terms = terms.parse().expect("terms");
            let plan = Plan::new(&OmniRequest::default(), Some(terms), Ipv4Addr::LOCALHOST.into(), &Config::default());
            let plan = plan.expect("plan");
            // One of these is lost where the arrival is given up before the reason is sent.
            for _ in 0..100 {
                let deaf = Socket::new(Domain::IPV4, Type::STREAM, None).expect("socket");
                let (_worker, mut signs) =
                    Worker::spawn(Source::Listening(deaf), plan.clone(), TestHook::Elsewhere).expect("thread");
                assert!(signs.connected.blocking_recv().is_err());
                let outcome = signs.outcome.try_recv().expect("the outcome came first");
                assert_eq!(outcome.broken.and_then(|e| e.raw_os_error()), Some(libc::EINVAL));
            }
        }
    }
}
