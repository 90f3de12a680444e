//! What a command line means: everything a run needs, checked, with nothing left to look up in options.

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use compat::args::{Confidence, Directions, Ends, OutputFormat, PortRange};
use compat::omni::Selection;
use compat::text::Test;
use compat::text::interim::IntervalMeter;
use compat::units::Unit;
use compat::wire::{Family, TestLength};
use hooks::HookSpec;
use rrserver::LoadTerms;
use rrserver::data::SocketOptions;

/// A host as the user named it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Host {
    /// Name or number.
    pub name: String,
    /// The family to look it up in.
    pub family: Family,
}

/// One run of the request/response test.
#[derive(Debug, Clone)]
pub struct Plan {
    /// Where the server is.
    pub target: Target,
    /// The test itself.
    pub test: RrTest,
    /// The hook to run it with (`--hook`).
    pub hook: Option<HookPlan>,
    /// How often it is repeated (`-i`, `-I`); once if unset.
    pub confidence: Option<Confidence>,
    /// The CPU figures need not be certain (`-r`).
    pub result_only: bool,
    /// How results are printed.
    pub style: Style,
}

impl Plan {
    /// What interim results count: transactions, or the bytes that each of them moves if rates are in bytes or bits.
    #[must_use]
    pub fn units_per_transaction(&self) -> u64 {
        match self.style.unit {
            Unit::Transactions => 1,
            _ => u64::from(self.test.request_size) + u64::from(self.test.response_size),
        }
    }

    /// Whether the round trips of every interval are kept apart.
    #[must_use]
    pub fn keeps_intervals(&self) -> bool {
        let wanted = self.style.json || self.style.interim_latency || self.style.hdr_log.is_some();
        // Those of many flows have theirs in any case: threads hand over their pieces of an interval in no other way.
        (wanted || self.test.is_scheduled()) && self.test.interim.is_some()
    }
}

/// How to reach the server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    /// The server (`-H`).
    pub host: Host,
    /// Somebody named the server; netperf's messages tell that apart from its default.
    pub named: bool,
    /// Its control port (`-p`, first value).
    pub port: u16,
    /// Our own address for the control connection (`-L`).
    pub local: Option<Host>,
    /// The family asked for at our own end (`-4`, `-6`, or with `-L`), also where no address is named.
    pub local_family: Family,
    /// Our own control port (`-p`, second value); 0 for any.
    pub local_port: u16,
    /// Sent first (`-Z`).
    pub passphrase: Option<String>,
    /// Data goes over the control port (`--single-port`).
    pub single_port: bool,
    /// Do without a control connection (`-N`): something at the data port answers by itself.
    pub no_control: bool,
}

impl Target {
    /// Another server of the same people: reached in the same way, and with the same passphrase.
    #[must_use]
    pub fn hook_host(&self, host: &Host, port: u16) -> Self {
        Self { host: host.clone(), named: true, port, local_port: 0, ..self.clone() }
    }
}

/// The request/response test.
#[derive(Debug, Clone)]
pub struct RrTest {
    /// Which of the tests.
    pub kind: Test,
    /// When it ends (`-l`); counts from the end of the warm-up.
    pub length: TestLength,
    /// What goes before, in no result (`--warmup`).
    pub warm_up: Option<WarmUp>,
    /// How long the load is brought up, before all else and in no result (`--ramp`).
    pub ramp: Option<Duration>,
    /// When requests go out, if not when the one before has been answered (`--rate`).
    pub open: Option<OpenLoop>,
    /// How many flows, in how many threads of either end, and how those wait.
    pub load: Load,
    /// When interim results are due (`-D`).
    pub interim: Option<IntervalMeter>,
    /// CPU of the client's data thread (`-T`, first value).
    pub local_cpu: Option<u32>,
    /// CPU of the server's data thread (`-T`, second value).
    pub remote_cpu: Option<u32>,
    /// The server is asked what the test took at its end, if it is one that can tell.
    pub report: bool,
    /// Pause between set-up and start (`-s`).
    pub wait_before: Duration,
    /// Bytes per request (test `-r`).
    pub request_size: u32,
    /// Bytes per response (test `-r`).
    pub response_size: u32,
    /// Requests in flight beyond the first (test `-b`).
    pub burst: u32,
    /// Transactions in intervals (`-b`, `-w`).
    pub pace: Option<Pace>,
    /// The pace that the server is asked to keep, which no stock server does: transactions, microseconds.
    pub remote_pace: (u32, u32),
    /// Whether to measure CPU utilization, and the clock rate to tell the server; 0 lets it find out (`-c`, `-C`).
    pub cpu_rate: Ends<Option<f32>>,
    /// Files that messages are filled from (`-F`).
    pub fill: Ends<Option<String>>,
    /// Told to the server and printed, without effect here (test `-V`).
    pub copy_avoidance: bool,
    /// IP_PKTINFO, told to the server (test `-B`).
    pub pktinfo: bool,
    /// Further bits of the request, by which chosen values ask the server for themselves.
    pub wanted_flags: u32,
    /// Our own ports in a connection test (test `-p`).
    pub client_ports: PortRange,
    /// Keep trying to connect in a connection test (test `-U`).
    pub retry_connect: bool,
    /// Connect our datagram socket (test `-n`).
    pub connected: bool,
    /// How long to wait for a datagram before giving it up for lost (test `-e`).
    pub recv_timeout: Option<Duration>,
    /// What is asked of the client's data socket.
    pub local_socket: SocketOptions,
    /// What is asked of the server's data socket.
    pub remote_socket: SocketOptions,
    /// Where netperf would place its buffers; told to the server and printed, without effect here.
    pub buffers: BufferPlacement,
    /// Where the data connection goes, if not to the target (test `-H`).
    pub data_host: Option<Host>,
    /// Its name was given (test `-H`), and not its family alone (test `-4`, `-6`).
    pub data_host_named: bool,
    /// Where the data connection comes from (test `-L`).
    pub data_local: Option<Host>,
    /// The client's data port (test `-P`, first value); 0 for any.
    pub local_data_port: u16,
    /// The server's data port (test `-P`, second value); 0 for any.
    pub remote_data_port: u16,
}

impl RrTest {
    /// Whether a schedule says which flow sends and when: that of many flows, or an open loop's.
    #[must_use]
    pub fn is_scheduled(&self) -> bool {
        self.load.local.flows > 1 || self.open.is_some()
    }
}

/// A load that is offered whatever becomes of it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct OpenLoop {
    /// Transactions per second, over all flows.
    pub rate: f64,
    /// How they follow each other.
    pub arrivals: ArrivalKind,
}

impl fmt::Display for OpenLoop {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:.2} trans/s ", self.rate)?;
        match self.arrivals {
            ArrivalKind::Uniform => f.write_str("(uniform)"),
            ArrivalKind::Poisson { seed } => write!(f, "(poisson, seed {seed})"),
        }
    }
}

/// How arrivals follow each other (`--arrivals`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ArrivalKind {
    /// Evenly.
    Uniform,
    /// Independently of each other.
    Poisson {
        /// Of their numbers (`--seed`).
        seed: u32,
    },
}

/// How long to warm up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WarmUp {
    /// For so long, from before the connect on.
    Time(Duration),
    /// For so many transactions, 1 or more.
    Transactions(u32),
}

/// How many flows a test has, and how either end serves them and waits.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Load {
    /// At this end (`--flows`, `--threads`, `-T`, `--wait`, `--engine`).
    pub local: LoadTerms,
    /// At the server.
    pub remote: LoadTerms,
    /// A control connection and a test of the server's for every flow (`--control-per-flow`).
    pub control_per_flow: bool,
}

impl Load {
    /// Whether the server is told of it, beyond netperf's request.
    #[must_use]
    pub fn is_agreed(&self) -> bool {
        !self.control_per_flow && !self.remote.is_netperfs()
    }

    /// File descriptors that it takes in this process, where the server may be `inside`, too.
    #[must_use]
    pub fn descriptors(&self, inside: bool) -> u32 {
        let controls = if self.control_per_flow { self.local.flows } else { 0 };
        let of_end = |terms: &LoadTerms| terms.descriptors() + controls;
        of_end(&self.local) + if inside { of_end(&self.remote) } else { 0 }
    }
}

/// So many transactions in every interval.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pace {
    /// Transactions per interval.
    pub transactions: u32,
    /// Its length, ns.
    pub interval_ns: u64,
}

/// netperf's placement of message buffers in memory (`-a`, `-A`, `-o`, `-O`, `-W`), bytes and buffers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BufferPlacement {
    /// Alignment of either end's buffers.
    pub alignment: Ends<Directions<u32>>,
    /// Offset from it.
    pub offset: Ends<Directions<u32>>,
    /// Buffers used in turn.
    pub ring_width: Directions<u32>,
}

/// A hook, and where it runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HookPlan {
    /// Engine, attach point, parameters.
    pub spec: HookSpec,
    /// It may see all traffic of its host (`--hook-scope host`).
    pub whole_host: bool,
    /// The hook host.
    pub place: HookPlace,
    /// The kernel times its calls, if it is a program; not with `--hook-untimed`.
    pub timed: bool,
    /// Where its ledger is saved as JSON (`--hook-ledger`).
    pub ledger: Option<PathBuf>,
}

/// Which host a hook runs on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HookPlace {
    /// The server of the test.
    Target,
    /// Another rrserver, such as a router between (`--hook-host`).
    HookHost {
        /// Its name.
        host: Host,
        /// Its control port.
        port: u16,
    },
    /// This process (`--hook-side client`).
    Client {
        /// Where scripts and objects are taken from (`--hook-dir`).
        hook_dir: Option<PathBuf>,
    },
}

/// How results are printed.
#[derive(Debug, Clone)]
pub struct Style {
    /// Nothing of ours is printed: we were called as `netperf`.
    pub stock: bool,
    /// The test was called `omni`, which changes the banner.
    pub omni_title: bool,
    /// Chosen values instead of the tables (test `-k`, `-o`, `-O`).
    pub output: Option<Chosen>,
    /// Latency statistics were asked for (`-j`).
    pub statistics: bool,
    /// One JSON document instead of text (`--json`).
    pub json: bool,
    /// Round-trip times with every interim result (`--interim-latency`).
    pub interim_latency: bool,
    /// File for the histograms of the run and its intervals (`--hdr-log`).
    pub hdr_log: Option<PathBuf>,
    /// TCP_INFO goes to stderr (`DUMP_TCP_INFO`).
    pub dump_tcp_info: bool,
    /// Identifies the run (test `-u`).
    pub uuid: Option<String>,
    /// The words of the command line, joined by blanks.
    pub command_line: String,
    /// The CPUs of `-T` as they were asked for.
    pub cpus: Ends<Option<i32>>,
    /// `-v`.
    pub verbosity: i32,
    /// Banner and headings (`-P`).
    pub headings: bool,
    /// `-B`.
    pub brand: Option<String>,
    /// `-f`.
    pub unit: Unit,
    /// `-T` was given in some form, which the banner says.
    pub cpu_bind: bool,
}

/// Values to print, and how.
#[derive(Debug, Clone)]
pub struct Chosen {
    /// The layout.
    pub format: OutputFormat,
    /// Which.
    pub selection: Selection,
}
