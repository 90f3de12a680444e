//! Where counting begins: every counter that results are made of, read once before the first system call of the test, or
//! again when the warm-up is over. Results are differences.

use compat::wire::RemoteCpu;
use rrserver::data::{self, CpuSnapshot, CpuUsage, ThreadId, ThreadUsage, Traffic};
use socket2::Socket;

use super::link::Link;
use crate::engine::{Clock, Monotonic};

/// The counters at one moment, read by the data thread.
#[derive(Debug)]
pub(super) struct Baseline {
    started_ns: u64,
    traffic: Traffic,
    retransmits: u64,
    host: Option<CpuSnapshot>,
    thread: ThreadUsage,
}

/// How far the counters have come.
#[derive(Debug)]
pub(super) struct Spent {
    pub(super) elapsed_ns: u64,
    pub(super) traffic: Traffic,
    /// How busy this host was, in netperf's terms.
    pub(super) usage: Option<RemoteCpu>,
    pub(super) cpu: Option<CpuUsage>,
    pub(super) threads: ThreadUsage,
}

impl Baseline {
    /// Reads the counters; the clock last, so that reading them takes nothing from the test.
    pub(super) fn take(link: &impl Link, socket: &Socket) -> Self {
        Self {
            traffic: link.traffic(),
            retransmits: data::tcp_info(socket).map_or(0, |info| info.total_retransmits.into()),
            host: CpuSnapshot::take().ok(),
            thread: ThreadId::current().usage(),
            started_ns: Monotonic.now_ns(),
        }
    }

    /// When it was taken, ns on the clock of the measuring loop.
    pub(super) fn started_ns(&self) -> u64 {
        self.started_ns
    }

    /// Segments that the connection had sent again by then.
    pub(super) fn retransmits(&self) -> u64 {
        self.retransmits
    }

    /// What has been spent since; the clock first.
    pub(super) fn spent(&self, link: &impl Link) -> Spent {
        let elapsed_ns = Monotonic.now_ns() - self.started_ns;
        let threads = ThreadId::current().usage() - self.thread;
        let now = CpuSnapshot::take().ok();
        let hosts = now.as_ref().zip(self.host.as_ref());
        Spent {
            elapsed_ns,
            traffic: link.traffic().since(&self.traffic),
            usage: hosts.map(|(now, before)| now.usage_since(before)),
            cpu: hosts.map(|(now, before)| now.time_since(before)),
            threads,
        }
    }
}
