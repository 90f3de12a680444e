//! Chance that can be replayed: one recorded seed, one independent stream per purpose.
//!
//! A resumed comparison must go on with the orders it would have had, so what a round draws may not depend on what
//! was drawn before it. ChaCha has numbered streams for exactly this, and the same output on every machine and in
//! every version, which the generators meant for general use do not promise.

use rand::SeedableRng;
use rand::rngs::ChaCha8Rng;

/// What the random numbers are for.
#[derive(Clone, Copy, Debug)]
pub(super) enum Purpose {
    /// Which path carries which variant in a round.
    Paths { round: u32 },
    /// The orders of the cycles of a round.
    Cycles { round: u32 },
    /// The order of the rows of the n-th Williams square.
    Square { index: u32 },
    /// The resampling of rounds.
    Bootstrap,
}

impl Purpose {
    /// The generator for this purpose in the comparison that `seed` was recorded for.
    pub(super) fn rng(self, seed: u64) -> ChaCha8Rng {
        let (kind, index) = match self {
            Self::Paths { round } => (0, round),
            Self::Cycles { round } => (1, round),
            Self::Square { index } => (2, index),
            Self::Bootstrap => (3, 0),
        };
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        rng.set_stream(kind << u32::BITS | u64::from(index));
        rng
    }
}

#[cfg(test)]
mod tests {
    use rand::Rng;

    use super::*;

    #[test]
    fn purposes_rounds_and_seeds_do_not_share_numbers() {
        let mut first: Vec<u64> = [
            Purpose::Paths { round: 0 }.rng(1),
            Purpose::Paths { round: 1 }.rng(1),
            Purpose::Paths { round: 0 }.rng(2),
            Purpose::Cycles { round: 0 }.rng(1),
            Purpose::Square { index: 0 }.rng(1),
            Purpose::Bootstrap.rng(1),
        ]
        .map(|mut rng| rng.next_u64())
        .to_vec();
        let drawn = first.len();
        first.sort_unstable();
        first.dedup();
        assert_eq!(first.len(), drawn);
    }
}
