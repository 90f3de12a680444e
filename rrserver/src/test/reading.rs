//! What a test costs its host: counters at its start, or when the client says that its warm-up is over, and at its end.
//!
//! The control plane reads them in the middle of a test, so that the data thread has nothing to look at.

use std::time::Instant;

use compat::wire::RemoteCpu;
use tracing::warn;

use crate::data::{CpuSnapshot, CpuUsage, ThreadUsage};

/// The counters at one moment.
#[derive(Debug, Clone)]
pub(crate) struct Reading {
    pub(crate) at: Instant,
    host: Option<CpuSnapshot>,
    threads: ThreadUsage,
    /// Segments that the connections have sent again.
    pub(crate) retransmits: u64,
}

/// What was added between two readings.
#[derive(Debug, Clone, Default)]
pub(crate) struct Spent {
    pub(crate) elapsed_ns: u64,
    pub(crate) cpu: Option<CpuUsage>,
    pub(crate) threads: ThreadUsage,
}

impl Reading {
    /// Reads the counters now; those of the host only if somebody wants to know.
    pub(crate) fn take(of_host: bool, threads: ThreadUsage, retransmits: u64) -> Self {
        Self { at: Instant::now(), host: of_host.then(snapshot).flatten(), threads, retransmits }
    }

    /// Adds what threads cost that cannot be asked any more.
    pub(crate) fn add_threads(&mut self, ended: ThreadUsage) {
        self.threads = self.threads + ended;
    }

    /// What was added since `earlier`.
    pub(crate) fn since(&self, earlier: &Self) -> Spent {
        let hosts = self.host.as_ref().zip(earlier.host.as_ref());
        Spent {
            elapsed_ns: self.at.saturating_duration_since(earlier.at).as_nanos() as u64,
            cpu: hosts.map(|(now, before)| now.time_since(before)),
            threads: self.threads - earlier.threads,
        }
    }

    /// How busy the host was since `earlier`, in netperf's terms.
    pub(crate) fn usage_since(&self, earlier: &Self) -> Option<RemoteCpu> {
        Some(self.host.as_ref()?.usage_since(earlier.host.as_ref()?))
    }
}

fn snapshot() -> Option<CpuSnapshot> {
    CpuSnapshot::take().inspect_err(|e| warn!("cannot measure CPU time: {e}")).ok()
}
