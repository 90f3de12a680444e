//! The first line: what was asked for, of which variants, on what machine.

use hooks::{AttachPoint, Variant as Hooked};
use rrserver::machine::Machine;
use serde::{Deserialize, Serialize};

/// Settings, variants and conditions of a comparison.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Header {
    /// [`VERSION`](super::VERSION).
    pub version: u32,
    /// Name and version of the program that measured.
    pub program: String,
    /// When it began, s since the Unix epoch.
    pub started_s: u64,
    /// What was asked for.
    pub settings: Settings,
    /// The baseline, the baseline again, and what is compared with it.
    pub variants: Vec<Variant>,
    /// Which variants are compared; the first is the noise floor.
    pub contrasts: Vec<Pair>,
    /// The machine that measured: the client's.
    pub machine: Machine,
    /// The server that it was measured against, where that is another than our own.
    pub target: Option<Peer>,
    /// The host that hooks were on, where that is neither the client nor the target.
    pub hook_host: Option<Peer>,
    /// What could not be measured.
    pub skipped: Vec<Skipped>,
}

/// What was asked for.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// Lock-step or slots.
    pub design: Design,
    /// What the traffic crosses.
    pub place: Place,
    /// Of every order that is drawn by lot.
    pub seed: u64,
    /// Rounds to measure, at most.
    pub rounds: u32,
    /// Stop once every 95 % interval reaches at most so far to either side, % of the rate.
    pub precision_percent: Option<f64>,
    /// The change of the rate that is too small to matter, %.
    pub margin_percent: f64,
    /// Measuring time per variant and round, ns.
    pub length_ns: u64,
    /// Connections of each variant, all busy at once; 1 in a file that does not say.
    #[serde(default = "one_flow")]
    pub flows: u32,
    /// Where hooks are, and what they may see.
    pub hooks: Hooks,
    /// Further options of every run, as rrgen takes them.
    pub options: Vec<String>,
    /// netperf's test options (what stands behind its `--`).
    pub test_options: Vec<String>,
    /// CPU of the client's thread; `None` leaves it to the scheduler.
    pub client_cpu: Option<u32>,
    /// CPU of the server's threads; `None` leaves them to the scheduler.
    pub server_cpu: Option<u32>,
}

/// What every comparison had that was saved without a number.
fn one_flow() -> u32 {
    1
}

/// How variants take turns.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(tag = "name", rename_all = "lowercase", deny_unknown_fields)]
pub enum Design {
    /// Blocks of milliseconds over connections that are all open at once.
    Lockstep {
        /// Shortest block, ns.
        block_ns: u64,
        /// Fewest transactions of a block.
        block_transactions: u64,
    },
    /// Whole runs, one after the other.
    Slots {
        /// Time between interim results, s.
        interim_s: f64,
    },
}

/// What the traffic crosses.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "name", rename_all = "lowercase", deny_unknown_fields)]
pub enum Place {
    /// Two namespaces, a veth pair per variant.
    Direct,
    /// Three namespaces, two veth pairs per variant.
    Router,
    /// The loopback device.
    Loopback,
    /// The way to a running server.
    Host {
        /// As it was named.
        host: String,
        /// Its control port.
        port: u16,
    },
}

/// Where the hooks of a comparison are, and what they may see.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Hooks {
    /// Which host runs them.
    pub site: Site,
    /// They may see all traffic of their host (`--hook-scope host`).
    pub whole_host: bool,
    /// Where those on the client take scripts and objects from (`--hook-dir`).
    pub folder: Option<String>,
}

/// Which host runs hooks.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "name", rename_all = "kebab-case", deny_unknown_fields)]
pub enum Site {
    /// The host that the place has for them: the server, or the router of the test-bed.
    #[default]
    Target,
    /// A host of its own (`--hook-host`).
    HookHost {
        /// `HOST[,PORT]`, as it was named.
        host: String,
    },
    /// The client (`--hook-side client`).
    Client,
}

/// A server that somebody else runs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Peer {
    /// Control address.
    pub address: String,
    /// Name and version of the program.
    pub program: String,
    /// Where it runs; `None` for a stock netserver, which does not say.
    pub machine: Option<Machine>,
}

/// One side of a comparison.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Variant {
    /// What tables call it.
    pub name: String,
    /// The hook in its canonical syntax, or `none`.
    pub hook: String,
}

impl Variant {
    /// Where its hook sits; `None` without a hook that this version knows.
    #[must_use]
    pub fn attach(&self) -> Option<AttachPoint> {
        match self.hook.parse() {
            Ok(Hooked::Hook(spec)) => Some(spec.attach),
            Ok(Hooked::Baseline) | Err(_) => None,
        }
    }
}

/// A variant and what it is compared with, by their places among the variants.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Pair {
    /// The variant.
    pub variant: usize,
    /// The reference.
    pub reference: usize,
}

/// Something that was wanted and could not be had.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Skipped {
    /// A variant, or a test-bed.
    pub what: String,
    /// Why not, and how to get it.
    pub why: String,
}
