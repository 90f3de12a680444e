//! The words after `rrgen compare`.

use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

use clap::{CommandFactory, FromArgMatches, Parser, ValueEnum};
use compat::text::failure::Report as Printed;
use compat::wire::CONTROL_PORT;
use hooks::Variant;
use rrserver::load::FLOWS_MAX;

use super::cpus::Cpus;
use super::dialect;
use crate::plan::{HookPlace, Plan};
use crate::report::{Format, margin};
use crate::results::{Hooks, Site};
use crate::stats::precision::{FEWEST_ROUNDS, MOST_ROUNDS};
use crate::stats::signed_rank::MAX_VALUES;
use crate::stats::verdict::Margin;
use crate::subcommand;

/// Longest measuring time per variant and round, s.
const LONGEST_S: f64 = 3600.0;

/// Shortest, s: a few blocks.
const SHORTEST_S: f64 = 0.01;

/// Compare variants of one path, so that small differences show: in lock-step, with intervals and a verdict.
///
/// Builds a test-bed of network namespaces with a server of its own (needs root, or a kernel that gives users
/// namespaces), or uses a running rrserver (-H). The baseline is always measured twice: what it differs from itself
/// is the noise floor.
#[derive(Debug, Parser)]
#[command(name = "rrgen compare")]
pub(super) struct Options {
    /// Use the rrserver (or netserver) that runs there
    #[arg(short = 'H', long, value_name = "HOST[,FAMILY]", help_heading = "Where")]
    pub(super) host: Option<String>,
    /// Its control port
    #[arg(short, long, requires = "host", default_value_t = CONTROL_PORT, value_parser = port, help_heading = "Where")]
    pub(super) port: u16,
    /// Passphrase that it wants, and the hook host; never saved, so --resume needs it again
    #[arg(short = 'Z', long, value_name = "TEXT", help_heading = "Where")]
    pub(super) passphrase: Option<String>,
    /// Send data to its control port, too: one port for a firewall to open (rrserver only)
    #[arg(long, requires = "host", help_heading = "Where")]
    pub(super) single_port: bool,
    /// The test-bed to build [default: direct, or loopback where that is not possible]
    #[arg(long, value_enum, conflicts_with = "host", help_heading = "Where")]
    pub(super) topology: Option<Topology>,
    /// CPUs of client and server; either may be left out [default: the first two of this process]
    #[arg(short = 'T', long, value_name = "CLIENT,SERVER", help_heading = "Where")]
    pub(super) cpus: Option<Cpus>,
    /// A hook to compare with the baseline: ENGINE[@ATTACH][:KEY=VALUE,...]; may be repeated [default: what can be had of
    /// xdp and nfqueue in the test-bed, of message and nfqueue elsewhere]
    #[arg(long = "hook", value_name = "HOOK", help_heading = "What")]
    hook: Vec<Variant>,
    /// The same as a list of hooks without keys, such as none,ebpf,lua; the baseline is always measured
    #[arg(long = "hooks", value_name = "HOOK,...", value_delimiter = ',', help_heading = "What")]
    hooks: Vec<Variant>,
    /// Run the hooks on this rrserver (a router between, say), not on the target
    #[arg(long, value_name = "HOST[,PORT]", requires = "host", help_heading = "What")]
    hook_host: Option<String>,
    /// Run them on the target, or in the client
    #[arg(long, value_name = "target|client", help_heading = "What")]
    hook_side: Option<String>,
    /// What they see: their own connection, or all traffic there
    #[arg(long, value_name = "connection|host", help_heading = "What")]
    hook_scope: Option<String>,
    /// Folder of scripts and objects, for the test-bed and for the client's side
    #[arg(long, value_name = "DIR", help_heading = "What")]
    hook_dir: Option<String>,
    /// How variants take turns [default: lockstep, or slots where they would share a hook's interface or host]
    #[arg(long, value_enum, help_heading = "How")]
    pub(super) design: Option<Design>,
    /// How many rounds: 8, 12 or 30
    #[arg(long, value_enum, default_value_t = Preset::Default, help_heading = "How")]
    pub(super) preset: Preset,
    /// Another number of rounds
    #[arg(long, value_parser = clap::value_parser!(u32).range(1..=MAX_VALUES as i64), help_heading = "How")]
    pub(super) rounds: Option<u32>,
    /// Measuring time per variant and round, s; whole seconds for slots
    #[arg(short = 'l', long, alias = "duration", value_name = "SECONDS", default_value = "1", value_parser = length, help_heading = "How")]
    pub(super) length: Duration,
    /// Go on until every 95 % interval reaches so far to either side, % of the rate (8 to 60 rounds)
    #[arg(long, value_name = "PERCENT", value_parser = precision, conflicts_with = "rounds", help_heading = "How")]
    pub(super) precision: Option<f64>,
    /// Repeat the orders of another comparison
    #[arg(long, help_heading = "How")]
    pub(super) seed: Option<u64>,
    /// Bytes per request and response (netperf's test option -r)
    #[arg(short = 'r', long, value_name = "REQUEST,RESPONSE", help_heading = "How")]
    pub(super) sizes: Option<String>,
    /// So many connections per variant, all busy at once: one data thread at each end (rrserver only), 1 to 65536
    #[arg(long, value_name = "N", default_value_t = 1, hide_default_value = true, value_parser = clap::value_parser!(u32).range(1..=i64::from(FLOWS_MAX)), help_heading = "How")]
    pub(super) flows: u32,
    /// Time between interim results of a slot, s
    #[arg(short = 'D', long, alias = "interval", value_name = "SECONDS", default_value_t = 1.0, value_parser = interim, help_heading = "How")]
    pub(super) interim: f64,
    /// The change of the rate that is too small to matter, %
    #[arg(long, value_name = "PERCENT", default_value = "1", value_parser = margin, help_heading = "What comes out")]
    pub(super) margin: Margin,
    /// What to print
    #[arg(long, value_enum, default_value_t = Format::Text, help_heading = "What comes out")]
    pub(super) format: Format,
    /// Write the report with charts to this file, too: one page of HTML that needs nothing else
    #[arg(long, value_name = "FILE.html", help_heading = "What comes out")]
    pub(super) report: Option<PathBuf>,
    /// Save every finished round or slot in this directory
    #[arg(long, value_name = "DIR", help_heading = "What comes out")]
    pub(super) out: Option<PathBuf>,
    /// Go on with the comparison saved there, by its own settings
    #[arg(long, value_name = "DIR", conflicts_with_all = SAVED, help_heading = "What comes out")]
    pub(super) resume: Option<PathBuf>,
    /// netperf's test options for every connection
    #[arg(last = true, value_name = "TEST OPTIONS")]
    pub(super) test_options: Vec<String>,
    /// netperf's global options for every connection
    #[arg(skip)]
    netperf: Vec<String>,
}

/// What a saved comparison has decided: all but the passphrase and the form of the report.
const SAVED: [&str; 23] = [
    "out",
    "hook",
    "hooks",
    "hook_host",
    "hook_side",
    "hook_scope",
    "hook_dir",
    "host",
    "port",
    "single_port",
    "topology",
    "cpus",
    "design",
    "preset",
    "rounds",
    "length",
    "precision",
    "seed",
    "sizes",
    "flows",
    "interim",
    "margin",
    "test_options",
];

/// A test-bed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Topology {
    /// Two hosts, a veth pair per variant
    Direct,
    /// Client, router and server, two veth pairs per variant
    Router,
    /// The loopback device
    Loopback,
}

/// How variants take turns.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Design {
    /// Blocks of 2 ms over open connections
    Lockstep,
    /// Whole runs, as with netperf: intervals are about ten times wider
    Slots,
}

/// How many rounds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Preset {
    /// 8 rounds
    Quick,
    /// 12 rounds
    Default,
    /// 30 rounds
    Thorough,
}

impl Preset {
    /// The rounds it stands for.
    pub(super) fn rounds(self) -> u32 {
        match self {
            Self::Quick => FEWEST_ROUNDS as u32,
            Self::Default => 12,
            Self::Thorough => 30,
        }
    }
}

impl Options {
    /// Understands the words after `rrgen compare`.
    ///
    /// # Errors
    /// The help that was asked for, or what is wrong.
    pub(super) fn read(words: &[OsString]) -> Result<Self, Printed> {
        let matches = subcommand::matches(dialect::extend(Self::command()), words)?;
        let options = Self::from_arg_matches(&matches).map_err(|error| subcommand::report(&error))?;
        let netperf = dialect::words(&matches).map_err(|refusal| super::failed(&refusal))?;
        if options.passphrase.is_some() && options.host.is_none() && options.resume.is_none() {
            return Err(super::failed("-Z: the test-bed has a passphrase of its own; it is for a server named by -H"));
        }
        Ok(Self { netperf, ..options })
    }

    /// The options that every connection has, whatever its hook, in rrgen's words.
    pub(super) fn common(&self) -> Vec<String> {
        let single_port = self.single_port.then(|| "--single-port".to_owned());
        self.netperf.iter().cloned().chain(single_port).collect()
    }

    /// Where hooks are to run, and what they may see, in rrgen's words.
    pub(super) fn about_hooks(&self) -> Vec<String> {
        let Self { hook_host, hook_side, hook_scope, hook_dir, .. } = self;
        let options = [
            ("--hook-host", hook_host),
            ("--hook-side", hook_side),
            ("--hook-scope", hook_scope),
            ("--hook-dir", hook_dir),
        ];
        let given = options.into_iter().filter_map(|(option, value)| Some([option.to_owned(), value.clone()?]));
        given.flatten().collect()
    }

    /// Where `plan`, which was made of these options, has its hook.
    pub(super) fn hooks_of(&self, plan: &Plan) -> Hooks {
        let hook = plan.hook.as_ref();
        let site = match (hook.map(|hook| &hook.place), &self.hook_host) {
            (Some(HookPlace::Client { .. }), _) => Site::Client,
            (Some(HookPlace::HookHost { .. }), Some(host)) => Site::HookHost { host: host.clone() },
            _ => Site::Target,
        };
        Hooks { site, whole_host: hook.is_some_and(|hook| hook.whole_host), folder: self.hook_dir.clone() }
    }

    /// The hooks that were named, in both ways.
    pub(super) fn hooks(&self) -> Vec<Variant> {
        self.hook.iter().chain(&self.hooks).cloned().collect()
    }

    /// The rounds to measure, at most.
    pub(super) fn rounds(&self) -> u32 {
        let most = self.precision.map(|_| MOST_ROUNDS as u32);
        most.or(self.rounds).unwrap_or_else(|| self.preset.rounds())
    }

    /// netperf's test options, with those that have a name of their own here.
    pub(super) fn test_options(&self) -> Vec<String> {
        let sizes = self.sizes.iter().flat_map(|sizes| ["-r".to_owned(), sizes.clone()]);
        sizes.chain(self.test_options.iter().cloned()).collect()
    }
}

fn port(text: &str) -> Result<u16, String> {
    match text.split_once(',') {
        Some((_, own)) if !own.is_empty() => {
            Err("one port of our own is not enough for all connections; name the server's alone".into())
        }
        remote => {
            let remote = remote.map_or(text, |(remote, _)| remote);
            remote.parse().map_err(|_| format!("{remote:?} is no port (0 to 65535)"))
        }
    }
}

fn length(text: &str) -> Result<Duration, String> {
    number(text, SHORTEST_S, LONGEST_S).map(Duration::from_secs_f64)
}

fn interim(text: &str) -> Result<f64, String> {
    number(text, SHORTEST_S, LONGEST_S)
}

/// Half-widths that make sense: a tenth of the best that was ever reached, to the whole.
fn precision(text: &str) -> Result<f64, String> {
    number(text, 0.01, 100.0)
}

fn number(text: &str, least: f64, most: f64) -> Result<f64, String> {
    let number = text.parse().map_err(|_| "not a number".to_owned())?;
    if (least..=most).contains(&number) { Ok(number) } else { Err(format!("not between {least} and {most}")) }
}
