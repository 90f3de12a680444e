//! The words after `rrgen compare`.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Parser, ValueEnum};
use compat::wire::CONTROL_PORT;
use hooks::Variant;

use super::cpus::Cpus;
use crate::report::{Format, margin};
use crate::stats::precision::{FEWEST_ROUNDS, MOST_ROUNDS};
use crate::stats::signed_rank::MAX_VALUES;
use crate::stats::verdict::Margin;

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
    /// Use the rrserver that runs there
    #[arg(short = 'H', long, value_name = "HOST", help_heading = "Where")]
    pub(super) host: Option<String>,
    /// Its control port
    #[arg(short, long, requires = "host", default_value_t = CONTROL_PORT, help_heading = "Where")]
    pub(super) port: u16,
    /// The test-bed to build [default: direct, or loopback where that is not possible]
    #[arg(long, value_enum, conflicts_with = "host", help_heading = "Where")]
    pub(super) topology: Option<Topology>,
    /// CPUs of client and server; either may be left out [default: the first two of this process]
    #[arg(short = 'T', long, value_name = "CLIENT,SERVER", help_heading = "Where")]
    pub(super) cpus: Option<Cpus>,
    /// A hook to compare with the baseline: ENGINE[@ATTACH][:KEY=VALUE,...]; may be repeated [default: what `rrgen hooks`
    /// says this host can do of xdp and nfqueue, or of message and nfqueue on loopback]
    #[arg(long = "hook", value_name = "HOOK", help_heading = "What")]
    hook: Vec<Variant>,
    /// The same as a list of hooks without keys, such as none,ebpf,lua; the baseline is always measured
    #[arg(long = "hooks", value_name = "HOOK,...", value_delimiter = ',', help_heading = "What")]
    hooks: Vec<Variant>,
    /// How variants take turns
    #[arg(long, value_enum, default_value_t = Design::Lockstep, help_heading = "How")]
    pub(super) design: Design,
    /// How many rounds: 8, 12 or 30
    #[arg(long, value_enum, default_value_t = Preset::Default, help_heading = "How")]
    pub(super) preset: Preset,
    /// Another number of rounds
    #[arg(long, value_parser = clap::value_parser!(u32).range(1..=MAX_VALUES as i64), help_heading = "How")]
    pub(super) rounds: Option<u32>,
    /// Measuring time per variant and round, s; whole seconds for slots
    #[arg(short = 'l', long, value_name = "SECONDS", default_value = "1", value_parser = length, help_heading = "How")]
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
    /// Refused by name: a comparison is of one connection per variant
    #[arg(long, hide = true)]
    pub(super) flows: Option<String>,
    /// Time between interim results of a slot, s
    #[arg(short = 'D', long, value_name = "SECONDS", default_value_t = 1.0, value_parser = interim, help_heading = "How")]
    pub(super) interim: f64,
    /// The change of the rate that is too small to matter, %
    #[arg(long, value_name = "PERCENT", default_value = "1", value_parser = margin, help_heading = "What comes out")]
    pub(super) margin: Margin,
    /// What to print
    #[arg(long, value_enum, default_value_t = Format::Text, help_heading = "What comes out")]
    pub(super) format: Format,
    /// Save every finished round or slot in this directory
    #[arg(long, value_name = "DIR", help_heading = "What comes out")]
    pub(super) out: Option<PathBuf>,
    /// Go on with the comparison saved there, by its own settings
    #[arg(long, value_name = "DIR", conflicts_with_all = ["out", "hook", "hooks", "host", "topology", "cpus", "rounds", "precision", "seed", "sizes"], help_heading = "What comes out")]
    pub(super) resume: Option<PathBuf>,
    /// netperf's test options for every connection
    #[arg(last = true, value_name = "TEST OPTIONS")]
    pub(super) test_options: Vec<String>,
}

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
