//! What netperf says about a command line and then carries on, and what it should have said.

use super::error::Stream;
use super::getopt::ScanError;

/// Something to be told before the test. The texts but [`Misread`](Self::Misread)'s are netperf's.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Warning {
    /// Global `-k` or `-K` (`92-kdirty`).
    #[error("I don't know how to get dirty.")]
    NoDirtyBuffers,
    /// An address family that is none (`aj-H-unk-family`).
    #[error(
        "WARNING! {0} not recognized as an address family, using AF_UNPSEC\n\
         Are you sure netperf was configured for that address family?"
    )]
    UnknownFamily(String),
    /// Test-specific `-i` (`95-testopt-i`).
    #[error(
        "The support for check_interval has been removed because the contributing editor \
         no longer knew what it was for"
    )]
    NoCheckInterval,
    /// A test-specific option is unknown or lacks its argument (`85-bad-test-opt`).
    #[error("{program}: {error}")]
    TestOption {
        /// The program's name as it was called.
        program: String,
        /// What is wrong.
        error: ScanError,
    },
    /// A text that netperf silently takes for something else.
    #[error("{option}: '{text}' is read as {read_as}")]
    Misread {
        /// The option as it was typed.
        option: String,
        /// What was written.
        text: String,
        /// What netperf makes of it.
        read_as: String,
    },
}

impl Warning {
    /// Where netperf prints this; `None` if it says nothing.
    pub fn stream(&self) -> Option<Stream> {
        match self {
            Self::NoDirtyBuffers | Self::UnknownFamily(_) => Some(Stream::Stdout),
            Self::NoCheckInterval | Self::TestOption { .. } => Some(Stream::Stderr),
            Self::Misread { .. } => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What a captured run printed before its banner, or on standard error.
    fn captured(name: &str) -> String {
        let path = format!("{}/tests/samples/{name}", env!("CARGO_MANIFEST_DIR"));
        std::fs::read_to_string(path).unwrap()
    }

    #[test]
    fn the_texts_are_netperfs() {
        let dirty = format!("{0}\n{0}\n", Warning::NoDirtyBuffers);
        assert!(captured("92-kdirty.out").starts_with(&dirty));
        let family = format!("{}\n", Warning::UnknownFamily("foo".to_owned()));
        assert!(captured("aj-H-unk-family.out").starts_with(&family));
        assert_eq!(captured("95-testopt-i.err"), format!("{}\n", Warning::NoCheckInterval));
        let unknown = Warning::TestOption { program: "netperf".to_owned(), error: ScanError::InvalidOption('q') };
        assert_eq!(captured("85-bad-test-opt.err"), format!("{unknown}\n"));
    }
}
