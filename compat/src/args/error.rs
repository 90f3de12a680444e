//! What makes a command line unusable, in words that say what would have been usable.

use super::getopt::ScanError;
use crate::wire::FILL_FILE_MAX;

/// Why a command line was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ArgsError {
    /// A word is not UTF-8; shown with replacement characters.
    #[error("argument '{0}' is not valid UTF-8")]
    NotUnicode(String),
    /// A global option is unknown, or its argument is missing: getopt's text. Stock adds its usage.
    #[error("{program}: {error}")]
    Getopt {
        /// The program's name as it was called.
        program: String,
        /// What is wrong.
        error: ScanError,
    },
    /// A value that no test can be run with. Stock netperf hangs on it or uses another one.
    #[error("{option}: '{text}' is not possible; allowed: {allowed}")]
    NotAllowed {
        /// The option as it was typed.
        option: String,
        /// The offending text.
        text: String,
        /// What would be possible.
        allowed: String,
    },
    /// `-I` with a level that netperf has no table for; the text is netperf's.
    #[error("Only 95% and 99% confidence level is supported")]
    ConfidenceLevel,
    /// `-F` with a remote name too long for the request; the text is netperf's.
    #[error("Remote fill file name must be less than {} characters", FILL_FILE_MAX + 1)]
    FillFileName,
}

/// Where a message belongs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stream {
    /// Standard output.
    Stdout,
    /// Standard error.
    Stderr,
}

/// Exit status of a command line that getopt refuses.
const USAGE: u8 = 1;
/// C's `exit(-1)`.
const MINUS_ONE: u8 = 255;

impl ArgsError {
    /// Where netperf prints this.
    pub fn stream(&self) -> Stream {
        match self {
            Self::ConfidenceLevel => Stream::Stdout,
            _ => Stream::Stderr,
        }
    }

    /// The exit status netperf leaves with.
    pub fn status(&self) -> u8 {
        match self {
            Self::ConfidenceLevel | Self::FillFileName => MINUS_ONE,
            Self::NotUnicode(_) | Self::Getopt { .. } | Self::NotAllowed { .. } => USAGE,
        }
    }
}
