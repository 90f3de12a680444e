//! Options that ask to be told something instead of running a test.

use super::option::Argument::Nothing;
use super::option::heading::OUTPUT;
use super::option::{OptionDef, row};

/// What is to be told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Info {
    /// Global `-V`: stdout, exit 0.
    Version,
    /// Global `-h`: stderr, exit 1.
    Usage,
    /// Test-specific `-h`: stdout, exit 1.
    TestUsage,
    /// `--help`, which netperf does not know.
    Help,
}

/// Those before `--`.
pub(super) const GLOBAL_INFO: &[OptionDef<Info>] = &[
    row(OUTPUT, Info::Version, 'V', "version", Nothing, "print the version"),
    row(
        OUTPUT,
        Info::Usage,
        'h',
        "help-short",
        Nothing,
        "print this help on stderr and exit with status 1, as netperf does",
    ),
    OptionDef::long_only(Info::Help, "help", Nothing, OUTPUT, "print this help"),
];

/// Those after `--`.
pub(super) const TEST_INFO: &[OptionDef<Info>] = &[row(
    OUTPUT,
    Info::TestUsage,
    'h',
    "help-test",
    Nothing,
    "print this help and exit with status 1, as netperf does",
)];
