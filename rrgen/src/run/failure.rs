//! Why a run has no results: netperf's words for it, and what to do about it.

use std::io;

use compat::text::failure::{Failure, Report};
use thiserror::Error;

/// A failed run.
#[derive(Debug, Error)]
pub enum RunFailure {
    /// A failure netperf has words for, and what the user can do.
    #[error("{failure}rrgen: {hint}")]
    Netperf {
        /// netperf's text, stream and exit status.
        failure: Failure,
        /// The next step, or empty.
        hint: String,
    },
    /// A failure netperf has no words for.
    #[error("{0}")]
    Setup(String),
}

impl RunFailure {
    /// A failure with advice.
    pub(super) fn hinted(failure: Failure, hint: impl Into<String>) -> Self {
        Self::Netperf { failure, hint: hint.into() }
    }

    /// The kernel or the process cannot do what the run needs.
    pub(super) fn no_resource(what: &str, error: &io::Error) -> Self {
        Self::Setup(format!("cannot {what}: {error}"))
    }

    /// What to print where, and the exit status. Advice follows netperf's text on the same stream, unless we pass for
    /// a `stock` netperf.
    #[must_use]
    pub fn report(&self, stock: bool) -> Report {
        match self {
            Self::Netperf { failure, hint } => {
                let mut report = failure.report();
                let stream = if report.stderr.is_empty() { &mut report.stdout } else { &mut report.stderr };
                if !hint.is_empty() && !stock {
                    stream.push_str(&format!("rrgen: {hint}\n"));
                }
                report
            }
            Self::Setup(text) => {
                let name = if stock { "netperf" } else { "rrgen" };
                Report { stdout: String::new(), stderr: format!("{name}: {text}\n"), status: 1 }
            }
        }
    }
}

impl From<Failure> for RunFailure {
    fn from(failure: Failure) -> Self {
        Self::hinted(failure, "")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn advice_follows_netperfs_text_on_its_stream() {
        let report = RunFailure::hinted(Failure::PartialResponse(0), "try again").report(false);
        assert_eq!(report.stdout, "");
        assert_eq!(report.stderr, "recv_response: partial response received: 0 bytes\nrrgen: try again\n");
        let report = RunFailure::hinted(Failure::NoResponse, "try again").report(false);
        assert!(report.stdout.ends_with("\nrrgen: try again\n"), "{report:?}");
        assert_eq!(report.stderr, "");
    }

    #[test]
    fn a_stock_netperf_gives_no_advice() {
        let report = RunFailure::hinted(Failure::NoResponse, "try again").report(true);
        assert_eq!(report, Failure::NoResponse.report());
        assert_eq!(RunFailure::Setup("no".into()).report(true).stderr, "netperf: no\n");
    }
}
