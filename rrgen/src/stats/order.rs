//! What runs when: orders drawn by lot, so that no variant keeps a place that the machine favours.
//!
//! Every function is given the recorded seed and the round, and nothing else: a resumed comparison gets the orders it
//! would have had.

use rand::rngs::ChaCha8Rng;
use rand::seq::SliceRandom;

use super::seeded::Purpose;

/// Which path carries which variant in a round: the path of variant 0, of variant 1, and so on.
#[must_use]
pub fn paths(seed: u64, round: u32, variants: usize) -> Vec<usize> {
    let mut paths: Vec<usize> = (0..variants).collect();
    paths.shuffle(&mut Purpose::Paths { round }.rng(seed));
    paths
}

/// The orders in which the cycles of one round visit the variants, each cycle shuffled anew.
#[derive(Debug)]
pub struct CycleOrders {
    rng: ChaCha8Rng,
    order: Vec<usize>,
}

impl CycleOrders {
    /// The orders of a round.
    #[must_use]
    pub fn new(seed: u64, round: u32, variants: usize) -> Self {
        Self { rng: Purpose::Cycles { round }.rng(seed), order: (0..variants).collect() }
    }

    /// The order of the next cycle; allocates nothing.
    pub fn next_order(&mut self) -> &[usize] {
        self.order.shuffle(&mut self.rng);
        &self.order
    }
}

/// The rows of a Williams square: rounds of the slot design come in multiples of these.
#[must_use]
pub fn square_rows(variants: usize) -> usize {
    if variants.is_multiple_of(2) { variants } else { 2 * variants }
}

/// The order of the slots of a round: a row of a Williams square, whose rows are shuffled anew for every square.
///
/// Over each square every variant has every place equally often, and follows every other variant equally often: what
/// a slot leaves behind for the next one is shared out evenly.
#[must_use]
pub fn slot_order(seed: u64, round: u32, variants: usize) -> Vec<usize> {
    let mut rows: Vec<usize> = (0..square_rows(variants)).collect();
    let Some(index) = (round as usize).checked_div(rows.len()) else { return rows };
    let row = round as usize % rows.len();
    rows.shuffle(&mut Purpose::Square { index: index as u32 }.rng(seed));
    williams_row(rows[row], variants)
}

/// A row of the Williams square in standard order: from 0, zigzag to the far ends (0, 1, K−1, 2, K−2, …), one
/// further in each row. An odd number of variants needs every row backwards too.
fn williams_row(row: usize, variants: usize) -> Vec<usize> {
    let zigzag = |place: usize| if place.is_multiple_of(2) { variants - place / 2 } else { place.div_ceil(2) };
    let mut order: Vec<usize> = (0..variants).map(|place| (zigzag(place) + row) % variants).collect();
    if row >= variants {
        order.reverse();
    }
    order
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use super::*;

    const SEED: u64 = 2019;

    /// How often each pair of things was seen.
    fn tally(pairs: impl Iterator<Item = (usize, usize)>) -> HashMap<(usize, usize), usize> {
        let mut seen = HashMap::new();
        pairs.for_each(|pair| *seen.entry(pair).or_default() += 1);
        seen
    }

    #[test]
    fn squares_are_balanced_in_place_and_in_succession() {
        for variants in 1..9 {
            let rows = square_rows(variants);
            let squares = 2;
            let orders: Vec<_> = (0..squares * rows).map(|round| slot_order(SEED, round as u32, variants)).collect();

            let places = tally(orders.iter().flat_map(|order| order.iter().copied().enumerate()));
            assert_eq!(places.len(), variants * variants);
            assert!(places.values().all(|&times| times == squares * rows / variants), "{variants}: {places:?}");

            let pairs = tally(orders.iter().flat_map(|order| order.windows(2).map(|pair| (pair[0], pair[1]))));
            assert_eq!(pairs.len(), variants * (variants - 1));
            assert!(pairs.values().all(|&times| times == squares * rows / variants), "{variants}: {pairs:?}");
        }
    }

    #[test]
    fn squares_are_shuffled() {
        let square = |index: u32| (0..8).map(|row| slot_order(SEED, index * 8 + row, 8)).collect::<Vec<_>>();
        assert_ne!(square(0), square(1));
    }

    /// Every variant has every place in about as many cycles: within five standard deviations of the expected count.
    #[test]
    fn cycles_are_balanced() {
        let (variants, cycles) = (5_usize, 5_000_usize);
        let mut orders = CycleOrders::new(SEED, 0, variants);
        let orders: Vec<Vec<usize>> = (0..cycles).map(|_| orders.next_order().to_vec()).collect();
        let places = tally(orders.iter().flat_map(|order| order.iter().copied().enumerate()));
        let share = 1.0 / variants as f64;
        let deviation = (cycles as f64 * share * (1.0 - share)).sqrt();
        assert_eq!(places.len(), variants * variants);
        for (place, times) in places {
            assert!((times as f64 - cycles as f64 * share).abs() < 5.0 * deviation, "{place:?}: {times}");
        }
    }

    #[test]
    fn paths_change_hands_between_rounds() {
        let variants = 4;
        let carried = tally((0..100).flat_map(|round| paths(SEED, round, variants).into_iter().enumerate()));
        assert_eq!(carried.len(), variants * variants);
    }

    #[test]
    fn a_seed_gives_the_same_orders_again() {
        assert_eq!(paths(SEED, 3, 6), paths(SEED, 3, 6));
        assert_eq!(slot_order(SEED, 3, 6), slot_order(SEED, 3, 6));
        assert_eq!(CycleOrders::new(SEED, 3, 6).next_order(), CycleOrders::new(SEED, 3, 6).next_order());
        assert_ne!(CycleOrders::new(SEED, 3, 60).next_order(), CycleOrders::new(SEED, 4, 60).next_order());
    }

    #[test]
    fn nothing_to_order() {
        assert!(paths(SEED, 0, 0).is_empty());
        assert!(slot_order(SEED, 0, 0).is_empty());
        assert!(CycleOrders::new(SEED, 0, 0).next_order().is_empty());
    }
}
