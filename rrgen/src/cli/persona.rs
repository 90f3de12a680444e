//! Under which name we were called: as `netperf`, nothing of ours is printed.
//!
//! Scripts that call `netperf` read every line of it. Its usage text is its authors' and not reproduced: there the
//! first line is netperf's and the list is ours.

use std::ffi::OsString;
use std::path::Path;

use compat::args::{ArgsError, Info, Stream};
use compat::text::failure::Report;

use super::{help, nothing};

/// netperf's own first line of usage, which scripts look for; it ends with a blank.
const NETPERF_USAGE: &str = "\nUsage: netperf [global options] -- [test options] \n\n";

/// Whom we pass for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Persona {
    /// Ourselves.
    Rrgen,
    /// A stock netperf.
    Netperf,
}

impl Persona {
    /// By the name of the program, as it was called.
    pub(crate) fn of(program: Option<&OsString>) -> Self {
        match program.and_then(|program| Path::new(program).file_name()) {
            Some(name) if name == "netperf" => Self::Netperf,
            _ => Self::Rrgen,
        }
    }

    /// What its complaints begin with.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Rrgen => "rrgen",
            Self::Netperf => "netperf",
        }
    }

    /// The answer to a question, on netperf's stream and with its exit status.
    pub(super) fn inform(self, info: Info) -> Report {
        match info {
            Info::Version => Report { stdout: self.version(), ..nothing() },
            Info::Help => Report { stdout: self.usage(), ..nothing() },
            Info::Usage => Report { stderr: self.usage(), status: 1, ..nothing() },
            Info::TestUsage => Report { stdout: self.usage(), status: 1, ..nothing() },
        }
    }

    /// What is wrong with the command line, on netperf's stream and with its exit status.
    pub(super) fn usage_error(self, error: &ArgsError) -> Report {
        let text = match (error, self) {
            // Begins with the program's name, as getopt's messages do.
            (ArgsError::Getopt { .. }, Self::Rrgen) => format!("{error}\nrrgen: `rrgen --help` lists the options\n"),
            (ArgsError::Getopt { .. }, Self::Netperf) => format!("{error}\n{}", self.usage()),
            // Those that netperf itself has words for stand alone.
            (ArgsError::ConfidenceLevel | ArgsError::FillFileName, _) => format!("{error}\n"),
            _ => format!("{}: {error}\n", self.name()),
        };
        match error.stream() {
            Stream::Stdout => Report { stdout: text, status: error.status(), ..nothing() },
            Stream::Stderr => Report { stderr: text, status: error.status(), ..nothing() },
        }
    }

    fn version(self) -> String {
        match self {
            Self::Rrgen => format!("rrgen {}, compatible with Netperf version 2.7.0\n", env!("CARGO_PKG_VERSION")),
            Self::Netperf => "Netperf version 2.7.0\n".into(),
        }
    }

    fn usage(self) -> String {
        match self {
            Self::Rrgen => help::text(),
            Self::Netperf => format!("{NETPERF_USAGE}{}", help::options()),
        }
    }
}

/// The name that this process passes under.
#[must_use]
pub fn name() -> &'static str {
    Persona::of(std::env::args_os().next().as_ref()).name()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_part_of_the_name_decides() {
        for (program, persona) in [
            ("/usr/bin/netperf", Persona::Netperf),
            ("netperf", Persona::Netperf),
            ("rrgen", Persona::Rrgen),
            ("/opt/netperf/rrgen", Persona::Rrgen),
            ("", Persona::Rrgen),
        ] {
            assert_eq!(Persona::of(Some(&program.into())), persona, "{program}");
        }
        assert_eq!(Persona::of(None), Persona::Rrgen);
    }

    #[test]
    fn as_netperf_nothing_names_us() {
        for info in [Info::Version, Info::Usage, Info::TestUsage] {
            let Report { stdout, stderr, .. } = Persona::Netperf.inform(info);
            assert!(!format!("{stdout}{stderr}").contains("rrgen"), "{info:?}: {stdout}{stderr}");
        }
    }
}
