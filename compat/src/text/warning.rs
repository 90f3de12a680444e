//! The block that says the confidence asked for was not reached.
//!
//! netperf prints it before the headings, and also when headings are off (`26-i3`, `a6-i-cC`).

use std::fmt;

use super::printf::Float;

/// The widths of the confidence intervals reached, in percent of the mean.
///
/// A CPU that was not measured has width 0.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ConfidenceWarning {
    /// Of the throughput.
    pub throughput: f64,
    /// Of the local CPU utilization.
    pub local_cpu: f64,
    /// Of the remote CPU utilization.
    pub remote_cpu: f64,
}

impl fmt::Display for ConfidenceWarning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "!!! WARNING\n\
             !!! Desired confidence was not achieved within the specified iterations.\n\
             !!! This implies that there was variability in the test environment that\n\
             !!! must be investigated before going further.\n\
             !!! Confidence intervals: Throughput      : {:4.3}%\n\
             !!!                       Local CPU util  : {:4.3}%\n\
             !!!                       Remote CPU util : {:4.3}%\n\
             \n",
            Float(self.throughput),
            Float(self.local_cpu),
            Float(self.remote_cpu),
        )
    }
}
