//! What became of the load that an open loop offered: a rate that was not reached must not look like one that was.

use std::fmt;

use hdrhistogram::Histogram;

use crate::engine::OpenCounts;

const NS_PER_S: f64 = 1e9;
const NS_PER_MS: f64 = 1e6;

/// Of one iteration, or of several.
#[derive(Debug, Clone, PartialEq)]
pub struct OpenResult {
    /// Of all arrivals.
    pub counts: OpenCounts,
    /// How long they were offered, ns.
    pub elapsed_ns: u64,
    /// Round trips from when requests really went out, ns.
    pub service: Histogram<u64>,
}

impl OpenResult {
    /// Both together.
    #[must_use]
    pub(in crate::run) fn and(mut self, other: &Self) -> Self {
        self.counts += other.counts;
        self.elapsed_ns = self.elapsed_ns.saturating_add(other.elapsed_ns);
        // Histograms of the same bounds always add up.
        let _ = self.service.add(&other.service);
        self
    }

    /// Answers per second.
    #[must_use]
    pub fn achieved(&self) -> f64 {
        let answered = self.service.len() as f64;
        if self.elapsed_ns == 0 { 0.0 } else { answered / self.elapsed_ns as f64 * NS_PER_S }
    }
}

/// One line.
impl fmt::Display for OpenResult {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let OpenCounts { arrivals, late, longest_backlog, longest_delay_ns, unanswered, oldest_ns, .. } = self.counts;
        let ms = |ns: u64| ns as f64 / NS_PER_MS;
        write!(f, "achieved {:.2} trans/s; of {arrivals} arrivals {late} found every flow busy ", self.achieved())?;
        write!(f, "(at most {longest_backlog} waited, a request up to {:.3} ms); at the end ", ms(longest_delay_ns))?;
        write!(f, "{} never sent, {unanswered} not answered", self.counts.unsent())?;
        if oldest_ns > 0 { write!(f, ", the oldest for {:.3} ms", ms(oldest_ns)) } else { Ok(()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::LatencyHistogram;

    #[test]
    fn iterations_add_up_and_nothing_is_left_unsaid() {
        let mut service = LatencyHistogram::new().into_inner();
        service.record_n(1000, 50).expect("in range");
        let counts = OpenCounts {
            arrivals: 60,
            sent: 52,
            late: 30,
            longest_backlog: 8,
            longest_delay_ns: 1_500_000,
            unanswered: 2,
            oldest_ns: 2_000_000,
        };
        let one = OpenResult { counts, elapsed_ns: 1_000_000_000, service };
        let both = one.clone().and(&one);
        assert_eq!(
            both.to_string(),
            "achieved 50.00 trans/s; of 120 arrivals 60 found every flow busy (at most 8 waited, a request up to 1.500 ms); \
             at the end 16 never sent, 4 not answered, the oldest for 2.000 ms"
        );
    }
}
