//! Options that netperf does not have; long names only, so that they never meet one of netperf's.

use compat::args::Argument::{self, Nothing, Required};
use compat::args::{OptionDef, heading};

/// An option of ours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum OwnId {
    Local,
    SinglePort,
    Flows,
    Threads,
    ControlPerFlow,
    InstallLinks,
    Json,
    InterimLatency,
    HdrLog,
    Hook,
    HookHost,
    HookSide,
    HookScope,
    HookDir,
    HookLedger,
    HookUntimed,
    WarmUp,
    Wait,
    Engine,
    Rate,
    Arrivals,
    Seed,
    Ramp,
}

impl OwnId {
    /// Whether it means something beside `--hook` only.
    pub(super) fn is_about_a_hook(self) -> bool {
        use OwnId::{HookDir, HookHost, HookLedger, HookScope, HookSide, HookUntimed};
        matches!(self, HookHost | HookSide | HookScope | HookDir | HookLedger | HookUntimed)
    }
}

/// Our own options, in the order they were given.
pub(super) type Own = [(OwnId, Option<String>)];

/// The last value given for an option.
pub(super) fn last(own: &Own, id: OwnId) -> Option<&str> {
    own.iter().rev().find(|(given, _)| *given == id).and_then(|(_, value)| value.as_deref())
}

/// Heading of the options about load.
const LOAD: &str = "Load";

/// Heading of the options about hooks.
const HOOK: &str = "Hook";

const fn row(
    id: OwnId,
    long: &'static str,
    argument: Argument,
    listed_under: &'static str,
    help: &'static str,
) -> OptionDef<OwnId> {
    OptionDef::long_only(id, long, argument, listed_under, help)
}

pub(super) const OPTIONS: &[OptionDef<OwnId>] = &[
    row(OwnId::Local, "local", Nothing, heading::TARGET, "start a server inside, on loopback, for this run"),
    row(
        OwnId::SinglePort,
        "single-port",
        Nothing,
        heading::TARGET,
        "send data to the control port, too: one port for a firewall to open (rrserver only)",
    ),
    row(OwnId::Flows, "flows", Required("N"), LOAD, "so many connections at once (rrserver only), 1 to 65536"),
    row(
        OwnId::Threads,
        "threads",
        Required("LOCAL[,REMOTE]"),
        LOAD,
        "data threads, each with its part of the flows; a thread for each CPU of -T (0-3, 0+2), or one",
    ),
    row(
        OwnId::ControlPerFlow,
        "control-per-flow",
        Nothing,
        LOAD,
        "open a control connection for every flow: what a stock netserver can serve",
    ),
    row(
        OwnId::Engine,
        "engine",
        Required("HOW[,HOW]"),
        LOAD,
        "with --flows: how client and server ask the kernel: epoll (default), or uring, in batches that percentiles include",
    ),
    row(
        OwnId::Rate,
        "rate",
        Required("R"),
        LOAD,
        "open loop: R transactions/s over all flows, however slow the answers (20k, 1.5M), timed from when each was to start",
    ),
    row(OwnId::Arrivals, "arrivals", Required("uniform|poisson"), LOAD, "with --rate: evenly (default), or at random"),
    row(OwnId::Seed, "seed", Required("N"), LOAD, "with --arrivals poisson: the same arrivals again"),
    row(
        OwnId::Ramp,
        "ramp",
        Required("TIME"),
        LOAD,
        "bring flows, or the rate, up over this time, before warm-up and test: 500ms, 2s",
    ),
    row(
        OwnId::WarmUp,
        "warmup",
        Required("TIME|COUNT"),
        heading::TEST,
        "before the test, and in no result: 500ms, 1.5s, or 1000 transactions (of all flows); -l counts from its end",
    ),
    row(
        OwnId::Wait,
        "wait",
        Required("HOW[,HOW]"),
        heading::CPU,
        "how client and server wait: block, spin, or busy-poll:USEC (the kernel asks the device)",
    ),
    row(
        OwnId::InstallLinks,
        "install-links",
        Required("DIR"),
        "Installation",
        "make DIR/netperf and DIR/netserver links to rrgen and rrserver, and leave",
    ),
    row(
        OwnId::Json,
        "json",
        Nothing,
        heading::OUTPUT,
        "print one JSON document at the end, also of a run that failed, and no text",
    ),
    row(
        OwnId::InterimLatency,
        "interim-latency",
        Nothing,
        heading::OUTPUT,
        "with -D: after every interim line its round-trip percentiles (with --rate response times), on stderr",
    ),
    row(
        OwnId::HdrLog,
        "hdr-log",
        Required("FILE"),
        heading::OUTPUT,
        "write every round trip to FILE, an HdrHistogram log: one histogram per interim result, else one in all",
    ),
    row(
        OwnId::Hook,
        "hook",
        Required("HOOK"),
        HOOK,
        "run this on every packet: ENGINE[@ATTACH][:KEY=VALUE,...] (`rrgen hooks` lists them)",
    ),
    row(
        OwnId::HookHost,
        "hook-host",
        Required("HOST[,PORT]"),
        HOOK,
        "run the hook on this rrserver, not on the target",
    ),
    row(
        OwnId::HookSide,
        "hook-side",
        Required("target|client"),
        HOOK,
        "run the hook on the target, or in this process",
    ),
    row(
        OwnId::HookScope,
        "hook-scope",
        Required("connection|host"),
        HOOK,
        "what it sees: this test, or all traffic there",
    ),
    row(
        OwnId::HookDir,
        "hook-dir",
        Required("DIR"),
        HOOK,
        "folder of scripts and objects, for --local and the client side",
    ),
    row(
        OwnId::HookLedger,
        "hook-ledger",
        Required("FILE"),
        HOOK,
        "save what the hook did as JSON, with the transactions to hold it against",
    ),
    row(
        OwnId::HookUntimed,
        "hook-untimed",
        Nothing,
        HOOK,
        "do not have the kernel time every call of a program, which often takes longer than the call",
    ),
];
