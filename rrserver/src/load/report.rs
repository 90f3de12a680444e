//! What a server tells of a test that terms were set for, beyond netperf's results.
//!
//! Those have 32 bits for the transactions, and one number for all threads.

use std::fmt;

use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::EndReport;

/// Longest serialised report that is looked at, bytes: as many threads as there may be, and room.
pub const REPORT_MAX: usize = 64 << 10;

/// What the server's end of a test did.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LoadReport {
    /// Data connections that were there.
    pub flows: u32,
    /// Segments that the server sent again, over all flows.
    pub retransmits: u64,
    /// Every data thread, in the order of their flows.
    pub threads: Vec<ThreadReport>,
    /// What the test took at the server's end.
    #[serde(default)]
    pub end: EndReport,
}

/// What one data thread did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ThreadReport {
    /// Where it ran; `None` if it was not bound.
    pub cpu: Option<u32>,
    /// Flows it served.
    pub flows: u32,
    /// Requests it answered.
    pub transactions: u64,
}

impl fmt::Display for LoadReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "server: {} flows, {} segments sent again", self.flows, self.retransmits)?;
        for ThreadReport { cpu, flows, transactions } in &self.threads {
            match cpu {
                Some(cpu) => write!(f, "; a thread on CPU {cpu}: ")?,
                None => write!(f, "; a thread: ")?,
            }
            write!(f, "{flows} flows, {transactions} transactions")?;
        }
        Ok(())
    }
}

/// A report that cannot be read.
#[derive(Debug, Error)]
pub enum ReportError {
    /// Longer than [`REPORT_MAX`].
    #[error("a report is at most {REPORT_MAX} bytes long, the peer sent {0}")]
    TooLong(usize),
    /// Not the report's JSON.
    #[error("the peer's report cannot be read: {0}")]
    Malformed(#[from] serde_json::Error),
}

impl LoadReport {
    /// Requests answered, over all threads.
    #[must_use]
    pub fn transactions(&self) -> u64 {
        self.threads.iter().fold(0, |sum, thread| sum.saturating_add(thread.transactions))
    }

    /// The report as one line of JSON, for the control connection.
    ///
    /// # Errors
    /// None in practice: every field has a JSON form.
    pub fn to_json(&self) -> Result<String, ReportError> {
        Ok(serde_json::to_string(self)?)
    }

    /// Reads a peer's report.
    ///
    /// # Errors
    /// It is too long, or no report.
    pub fn from_json(json: &[u8]) -> Result<Self, ReportError> {
        if json.len() > REPORT_MAX {
            return Err(ReportError::TooLong(json.len()));
        }
        Ok(serde_json::from_slice(json)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::load::THREADS_MAX;

    #[test]
    fn the_longest_report_travels_and_keeps_64_bits() {
        let thread = ThreadReport { cpu: Some(1023), flows: 65_536, transactions: u64::MAX };
        let report = LoadReport {
            flows: 65_536,
            retransmits: u64::MAX,
            threads: vec![thread; THREADS_MAX as usize],
            end: EndReport::default(),
        };
        let json = report.to_json().expect("JSON");
        assert!(json.len() <= REPORT_MAX, "{}", json.len());
        assert_eq!(LoadReport::from_json(json.as_bytes()).expect("report"), report);
        assert_eq!(report.transactions(), u64::MAX);
    }

    #[test]
    fn a_hostile_report_is_refused() {
        assert!(matches!(LoadReport::from_json(&[b' '; REPORT_MAX + 1]), Err(ReportError::TooLong(_))));
        assert!(matches!(LoadReport::from_json(b"{\"flows\":-1}"), Err(ReportError::Malformed(_))));
    }
}
