//! What the selectors show twice: once of the client's end, once of the server's.

use crate::text::cpu_method;
use crate::wire::RemoteCpu;

/// One end of the test. What is counted is of the last iteration.
#[derive(Debug, Clone, PartialEq)]
pub struct End {
    /// The sending side.
    pub send: Side,
    /// The receiving side.
    pub recv: Side,
    /// CPU figures, if they were asked for and measured.
    pub cpu: Option<Cpu>,
    /// The CPU asked for with `-T`.
    pub cpu_bind: Option<i32>,
    /// TCP retransmits; −1 if the protocol has none.
    pub retransmits: i32,
    /// TCP_NODELAY is on.
    pub nodelay: bool,
    /// TCP_CORK is on.
    pub cork: bool,
    /// Transactions per interval (`-b`); 0 if not paced.
    pub interval_burst: u32,
    /// Microseconds per interval (`-w`); 0 if not paced.
    pub interval_usecs: u32,
    /// SO_PRIORITY in effect; −1 not asked for, −2 failed.
    pub priority: i32,
    /// IP_TOS or IPV6_TCLASS in effect; −1 not asked for, −2 failed.
    pub tos: i32,
    /// Congestion control algorithm in use; empty if it was not looked up or the protocol has none.
    pub congestion: String,
    /// File the payload comes from (`-F`); empty for netperf's pattern.
    pub fill_file: String,
}

/// The sending or the receiving side of one end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Side {
    /// Size of the socket's buffer in bytes, if one was asked for (test `-s`, `-S`).
    pub buffer_asked: Option<u32>,
    /// Size of the socket's buffer in bytes when it was made.
    pub buffer_initial: i32,
    /// Size of the socket's buffer in bytes at the end of the test.
    pub buffer_final: i32,
    /// Bytes per call: the client's of a stream test (test `-m`, `-M`), else 0; the server's by its response.
    pub call_size: i32,
    /// Calls that moved something.
    pub calls: u64,
    /// Bytes moved.
    pub bytes: u64,
    /// Alignment of the buffers in bytes (`-a`, `-A`).
    pub alignment: u32,
    /// Offset of the buffers from their alignment in bytes (`-o`, `-O`).
    pub offset: u32,
    /// Buffers in the ring (`-W`).
    pub width: u32,
}

/// How busy one end's CPUs were.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Cpu {
    /// Percent in user mode, averaged over all CPUs.
    pub user: f32,
    /// Percent in the kernel.
    pub system: f32,
    /// Percent waiting for I/O.
    pub iowait: f32,
    /// Percent in hard interrupts.
    pub irq: f32,
    /// Percent in soft interrupts.
    pub softirq: f32,
    /// How it was measured, as netperf's number ([`letter`](crate::text::cpu_method::letter)).
    pub method: u32,
    /// CPUs there are.
    pub count: u32,
    /// The busiest CPU.
    pub peak: i32,
    /// How busy that one was, in percent.
    pub peak_busy: f32,
}

impl From<RemoteCpu> for Cpu {
    fn from(cpu: RemoteCpu) -> Self {
        Self {
            user: cpu.user,
            system: cpu.system,
            iowait: cpu.iowait,
            irq: cpu.irq,
            softirq: cpu.softirq,
            method: cpu.method,
            count: cpu.cpus,
            peak: cpu.peak_cpu,
            peak_busy: cpu.peak_busy,
        }
    }
}

impl End {
    /// A share of the CPU time in percent; 0 if it was not measured.
    pub(super) fn cpu_share(&self, share: impl Fn(Cpu) -> f32) -> f64 {
        self.cpu.map_or(0.0, |cpu| share(cpu).into())
    }

    pub(super) fn cpu_method(&self) -> char {
        self.cpu.map_or(cpu_method::UNMEASURED, |cpu| cpu_method::letter(cpu.method))
    }

    pub(super) fn cpus(&self) -> i64 {
        self.cpu.map_or(0, |cpu| cpu.count.into())
    }

    /// Percent; netperf's ends differ in what an unmeasured one shows.
    pub(super) fn peak_busy(&self, unmeasured: f64) -> f64 {
        self.cpu.map_or(unmeasured, |cpu| cpu.peak_busy.into())
    }

    pub(super) fn peak_cpu(&self, unmeasured: i64) -> i64 {
        self.cpu.map_or(unmeasured, |cpu| cpu.peak.into())
    }

    /// Bytes sent and received.
    pub(super) fn bytes_moved(&self) -> f64 {
        self.send.bytes as f64 + self.recv.bytes as f64
    }
}

impl Side {
    /// Bytes per call; 0 without any.
    pub(super) fn bytes_per_call(&self) -> f64 {
        if self.calls == 0 { 0.0 } else { self.bytes as f64 / self.calls as f64 }
    }
}
