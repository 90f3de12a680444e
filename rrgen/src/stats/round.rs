//! One round, one value: the cycles of a round share connections, threads and memory, so they are not independent
//! and may only be averaged, never counted as the sample.
//!
//! The average is the Hodges–Lehmann centre, as it is over rounds, rather than a trimmed mean: it stands nearly as
//! many outliers (29 % of the cycles), needs no share to trim to be chosen, flips its sign exactly when the variants
//! are swapped, and costs well under a millisecond for the 500 cycles of a round because the Walsh averages are
//! never written down.

use super::signed_rank::SampleError;
use super::walsh::Walsh;

/// One cycle of one contrast: a block of the reference and a block of the variant, milliseconds apart.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Cycle {
    /// Time per transaction of the reference, ns.
    pub reference_ns: f64,
    /// Time per transaction of the variant, ns.
    pub variant_ns: f64,
}

impl Cycle {
    /// ln(time of the reference) − ln(time of the variant): the log ratio of the variant's rate to the
    /// reference's, negative when the variant is slower.
    #[must_use]
    pub fn log_rate(&self) -> f64 {
        self.reference_ns.ln() - self.variant_ns.ln()
    }
}

/// What a round says about one contrast.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Round {
    /// Log ratio of the variant's rate to the reference's.
    pub log_rate: f64,
    /// Time per transaction of the reference, ns.
    pub reference_ns: f64,
}

impl Round {
    /// The centre of a round's cycles. In the slot design a round is a single cycle of two whole runs.
    ///
    /// # Errors
    /// When there is no cycle, or a time is not positive and finite.
    pub fn from_cycles(cycles: &[Cycle]) -> Result<Self, SampleError> {
        let log_rates: Vec<f64> = cycles.iter().map(Cycle::log_rate).collect();
        let reference_ns: Vec<f64> = cycles.iter().map(|cycle| cycle.reference_ns).collect();
        Ok(Self { log_rate: Walsh::new(&log_rates)?.median(), reference_ns: Walsh::new(&reference_ns)?.median() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cycle(reference_ns: f64, variant_ns: f64) -> Cycle {
        Cycle { reference_ns, variant_ns }
    }

    #[test]
    fn a_slower_variant_is_negative() {
        let round = Round::from_cycles(&[cycle(10_000.0, 11_000.0)]).unwrap();
        assert_eq!(round, Round { log_rate: 10_000_f64.ln() - 11_000_f64.ln(), reference_ns: 10_000.0 });
        assert!(round.log_rate < 0.0);
    }

    #[test]
    fn spoilt_cycles_do_not_move_the_centre_far() {
        let mut cycles = vec![cycle(10_000.0, 10_100.0); 80];
        cycles.resize(100, cycle(10_000.0, 90_000.0));
        let round = Round::from_cycles(&cycles).unwrap();
        assert_eq!(round.log_rate, cycle(10_000.0, 10_100.0).log_rate());
    }

    #[test]
    fn impossible_times_are_refused() {
        for (reference_ns, variant_ns) in [(0.0, 1.0), (1.0, 0.0), (0.0, 0.0), (-1.0, 1.0), (1.0, f64::INFINITY)] {
            let cycles = [cycle(1.0, 1.0), cycle(reference_ns, variant_ns)];
            assert_eq!(Round::from_cycles(&cycles), Err(SampleError::NotFinite { index: 1 }));
        }
        assert_eq!(Round::from_cycles(&[]), Err(SampleError::Empty));
    }
}
