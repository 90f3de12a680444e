//! Our own commands beside netperf's dialect.
//!
//! `rrgen` alone is netperf's command line, in which stray words mean nothing and are ignored. A first word that is
//! exactly one of ours starts another program, so to speak, with options of its own kind; clap reads those.

use std::ffi::OsString;
use std::process::ExitCode;

use clap::error::ErrorKind;
use clap::{ArgMatches, Command, Parser};
use compat::text::failure::Report;

use crate::cli::Persona;
use crate::{compare, merge, report};

/// netperf's exit status for a command line that cannot be understood.
const USAGE_STATUS: u8 = 1;

/// A command of ours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Subcommand {
    /// Measure variants against each other.
    Compare,
    /// Report on results or records.
    Report,
    /// Add up histogram logs.
    Merge,
}

impl Subcommand {
    /// The command that a command line (the program's name first) asks for, if it is not netperf's: a stray word to that.
    #[must_use]
    pub fn of(argv: &[OsString]) -> Option<Self> {
        if Persona::of(argv.first()) == Persona::Netperf {
            return None;
        }
        match argv.get(1)?.to_str()? {
            "compare" => Some(Self::Compare),
            "report" => Some(Self::Report),
            "merge" => Some(Self::Merge),
            _ => None,
        }
    }

    /// Carries it out with the words after it.
    #[must_use]
    pub fn run(self, words: &[OsString], print: impl FnOnce(&Report) -> ExitCode) -> ExitCode {
        match self {
            Self::Compare => print(&compare::run(words)),
            Self::Report => print(&report::run(words)),
            Self::Merge => print(&merge::run(words)),
        }
    }
}

/// Understands the words after a command.
///
/// # Errors
/// The help that was asked for, or what is wrong.
pub(crate) fn parse<T: Parser>(words: &[OsString]) -> Result<T, Report> {
    let matches = matches(T::command(), words)?;
    T::from_arg_matches(&matches).map_err(|error| report(&error))
}

/// The words after a command, by what `command` makes of them.
///
/// # Errors
/// The help that was asked for, or what is wrong.
pub(crate) fn matches(command: Command, words: &[OsString]) -> Result<ArgMatches, Report> {
    // clap takes the program's name for the first word; the one shown is the command's own.
    let argv = std::iter::once(OsString::new()).chain(words.iter().cloned());
    command.try_get_matches_from(argv).map_err(|error| report(&error))
}

/// What to print for an error of clap's, which also help is.
pub(crate) fn report(error: &clap::Error) -> Report {
    let text = error.to_string();
    match error.kind() {
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => Report { stdout: text, stderr: String::new(), status: 0 },
        _ => Report { stdout: String::new(), stderr: text, status: USAGE_STATUS },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(line: &str) -> Option<Subcommand> {
        Subcommand::of(&line.split(' ').map(OsString::from).collect::<Vec<_>>())
    }

    #[test]
    fn only_the_exact_first_word_is_ours() {
        assert_eq!(of("rrgen report x"), Some(Subcommand::Report));
        assert_eq!(of("rrgen compare"), Some(Subcommand::Compare));
        assert_eq!(of("rrgen merge a b"), Some(Subcommand::Merge));
        for netperfs in [
            "rrgen",
            "rrgen reports",
            "rrgen Report",
            "rrgen -l 1 compare",
            "rrgen -- report",
            "/usr/bin/netperf compare",
        ] {
            assert_eq!(of(netperfs), None, "{netperfs}");
        }
    }
}
