//! Where counting begins: every counter that results are made of, read once before the first system call of the test, or
//! again when the warm-up is over. Results are differences.

use compat::wire::RemoteCpu;
use rrserver::data::{CpuSnapshot, Traffic};

use super::link::Link;
use crate::engine::{Clock, Monotonic};

/// The counters at one moment.
#[derive(Debug)]
pub(super) struct Baseline {
    started_ns: u64,
    traffic: Traffic,
    cpu: Option<CpuSnapshot>,
}

/// How far the counters have come.
#[derive(Debug)]
pub(super) struct Spent {
    pub(super) elapsed_ns: u64,
    pub(super) traffic: Traffic,
    /// How busy this host was, if that was asked for.
    pub(super) cpu: Option<RemoteCpu>,
}

impl Baseline {
    /// Reads the counters; the clock last, so that reading them takes nothing from the test.
    pub(super) fn take(measure_cpu: bool, link: &impl Link) -> Self {
        let cpu = cpu_times(measure_cpu);
        Self { traffic: link.traffic(), cpu, started_ns: Monotonic.now_ns() }
    }

    /// When it was taken, ns on the clock of the measuring loop.
    pub(super) fn started_ns(&self) -> u64 {
        self.started_ns
    }

    /// What has been spent since.
    pub(super) fn spent(&self, link: &impl Link) -> Spent {
        let elapsed_ns = Monotonic.now_ns() - self.started_ns;
        let cpu = self.cpu.as_ref().zip(cpu_times(self.cpu.is_some()));
        Spent {
            elapsed_ns,
            traffic: link.traffic().since(&self.traffic),
            cpu: cpu.map(|(before, after)| after.usage_since(before)),
        }
    }
}

fn cpu_times(measure: bool) -> Option<CpuSnapshot> {
    measure.then(CpuSnapshot::take).and_then(Result::ok)
}
