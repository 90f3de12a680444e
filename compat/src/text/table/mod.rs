//! The classic result: what netperf prints after the test.
//!
//! Three layouts, by verbosity: one number (`-v 0`), a table under headings, and with `-v 2` a second table. The
//! tests differ in details nobody would choose: `-v 3` drops the first table, TCP_CRR has no brand, UDP_RR has no
//! second table.

mod details;
mod headings;
mod rows;
#[cfg(test)]
mod tests;

use std::fmt;

use super::{Test, cpu_method, warning::ConfidenceWarning};
use crate::units::Unit;

/// Everything the classic result shows.
#[derive(Debug, Clone, PartialEq)]
pub struct Classic {
    /// Which test.
    pub test: Test,
    /// `-v`.
    pub verbosity: i32,
    /// `-P`: whether to print headings.
    pub headings: bool,
    /// `-B`: a mark for brief output. It is shown only without headings, and never by TCP_CRR.
    pub brand: Option<String>,
    /// Set if a confidence was asked for and not reached.
    pub warning: Option<ConfidenceWarning>,
    /// The client's end.
    pub local: End,
    /// The server's end.
    pub remote: End,
    /// Bytes per request.
    pub request_size: i32,
    /// Bytes per response.
    pub response_size: i32,
    /// Seconds, averaged over the iterations.
    pub elapsed: f32,
    /// What `throughput` is given in.
    pub unit: Unit,
    /// Per second, averaged over the iterations.
    pub throughput: f64,
    /// Transactions per second of the last iteration, whatever the unit.
    pub transaction_rate: f64,
    /// Test `-b`: requests beyond the first, as given.
    pub first_burst: i32,
    /// Mean microseconds of a transaction, where the rate does not tell: netperf's loop is a closed one.
    pub open_loop_round_trip_us: Option<f64>,
}

/// One end of the test.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct End {
    /// SO_SNDBUF in bytes.
    pub send_buffer: i32,
    /// SO_RCVBUF in bytes.
    pub recv_buffer: i32,
    /// Buffer alignment in bytes: of sends at the local end, of receives at the remote end.
    pub alignment: i32,
    /// Buffer offset in bytes: of sends at the local end, of receives at the remote end.
    pub offset: i32,
    /// CPU figures, if they were asked for and measured.
    pub cpu: Option<CpuFigures>,
}

/// What a test cost one end in CPU time.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct CpuFigures {
    /// Percent, averaged over the end's CPUs.
    pub busy: f32,
    /// Microseconds per transaction or KB.
    pub service_demand: f32,
    /// How it was measured, as netperf's number (see [`cpu_method::letter`]).
    pub method: u32,
}

impl fmt::Display for Classic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(warning) = self.warning {
            write!(f, "{warning}")?;
        }
        match self.verbosity {
            0 => rows::brief(self, f),
            1 => self.table(f),
            2 => self.table(f).and_then(|()| details::write(self, f)),
            3.. => details::write(self, f),
            _ => Ok(()),
        }
    }
}

impl Classic {
    fn table(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.headings {
            headings::write(self, f)?;
        }
        rows::write(self, f)
    }

    /// The brand as far as it may be shown.
    fn shown_brand(&self) -> &str {
        match &self.brand {
            Some(brand) if !self.headings && self.test != Test::TcpCrr => brand,
            _ => "",
        }
    }

    /// Whether any end was measured, which changes the table.
    fn has_cpu(&self) -> bool {
        self.local.cpu.is_some() || self.remote.cpu.is_some()
    }

    /// Whether the headings speak of transactions. Those of TCP_CRR do whatever the unit.
    fn headed_by_transactions(&self) -> bool {
        self.unit == Unit::Transactions || self.test == Test::TcpCrr
    }
}

impl End {
    fn method_letter(&self) -> char {
        self.cpu.map_or(cpu_method::UNMEASURED, |cpu| cpu_method::letter(cpu.method))
    }
}
