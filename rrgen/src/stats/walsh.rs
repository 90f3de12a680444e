//! Order statistics of the Walsh averages: the means of all n(n+1)/2 pairs of values, each also with itself.
//!
//! The Hodges–Lehmann centre is their median, and the ends of a signed-rank interval are two of them. A round has
//! hundreds or thousands of cycles, so the averages are never written down: in sorted values those at or under a
//! threshold are counted in one pass, and bisection over the floating-point numbers themselves finds the k-th
//! exactly, in at most 64 passes.

use super::signed_rank::SampleError;

/// A sample of at least one finite value, ready to be asked for its Walsh averages.
#[derive(Clone, Debug)]
pub(super) struct Walsh {
    sorted: Vec<f64>,
}

impl Walsh {
    /// Takes the values, in any order.
    pub(super) fn new(values: &[f64]) -> Result<Self, SampleError> {
        if values.is_empty() {
            return Err(SampleError::Empty);
        }
        if let Some(index) = values.iter().position(|value| !value.is_finite()) {
            return Err(SampleError::NotFinite { index });
        }
        let mut sorted = values.to_vec();
        sorted.sort_unstable_by(f64::total_cmp);
        Ok(Self { sorted })
    }

    /// How many values there are.
    pub(super) fn values(&self) -> usize {
        self.sorted.len()
    }

    /// How many averages there are.
    pub(super) fn averages(&self) -> usize {
        self.values() * (self.values() + 1) / 2
    }

    /// The median of the averages: the Hodges–Lehmann centre.
    pub(super) fn median(&self) -> f64 {
        let lower = self.kth_smallest(self.averages().div_ceil(2));
        let upper = self.kth_smallest(self.averages() / 2 + 1);
        f64::midpoint(lower, upper)
    }

    /// The `k`-th smallest average, from 1; a `k` past either end gives the outermost one.
    pub(super) fn kth_smallest(&self, k: usize) -> f64 {
        let [mut low, mut high] = [self.sorted[0], self.sorted[self.values() - 1]].map(ordinal);
        while low < high {
            let middle = u64::midpoint(low, high);
            if self.at_most(number(middle)) >= k {
                high = middle;
            } else {
                low = middle + 1;
            }
        }
        // The search may stop at -0.0, which compares equal to the zero that is meant.
        number(low) + 0.0
    }

    /// How many averages are at or under `threshold`.
    fn at_most(&self, threshold: f64) -> usize {
        // As the smaller value of a pair grows, fewer partners remain: `end` only ever falls.
        let mut end = self.values();
        let mut count = 0;
        for (start, &smaller) in self.sorted.iter().enumerate() {
            while end > start && f64::midpoint(smaller, self.sorted[end - 1]) > threshold {
                end -= 1;
            }
            count += end.saturating_sub(start);
        }
        count
    }
}

const SIGN: u64 = 1 << 63;

/// The place of `x` among all floating-point numbers in rising order.
fn ordinal(x: f64) -> u64 {
    let bits = x.to_bits();
    if bits & SIGN == 0 { bits | SIGN } else { !bits }
}

/// The floating-point number at a place: the inverse of [`ordinal`].
fn number(ordinal: u64) -> f64 {
    f64::from_bits(if ordinal & SIGN == 0 { !ordinal } else { ordinal ^ SIGN })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Every average written down, in rising order.
    fn by_hand(values: &[f64]) -> Vec<f64> {
        let pairs = (0..values.len()).flat_map(|i| (i..values.len()).map(move |j| (i, j)));
        let mut all: Vec<f64> = pairs.map(|(i, j)| f64::midpoint(values[i], values[j])).collect();
        all.sort_unstable_by(f64::total_cmp);
        all
    }

    fn finite() -> impl Strategy<Value = f64> {
        any::<f64>().prop_filter("finite", |x| x.is_finite())
    }

    #[test]
    fn zeros_of_both_signs_are_zero() {
        let walsh = Walsh::new(&[-0.0, 0.0, -0.0]).unwrap();
        assert!(walsh.median().is_sign_positive());
    }

    #[test]
    fn the_largest_numbers_do_not_overflow() {
        let walsh = Walsh::new(&[f64::MAX, f64::MAX, f64::MIN]).unwrap();
        assert_eq!(walsh.kth_smallest(walsh.averages()), f64::MAX);
        assert_eq!(walsh.kth_smallest(1), f64::MIN);
    }

    #[test]
    fn what_cannot_be_ordered_is_refused() {
        assert_eq!(Walsh::new(&[]).unwrap_err(), SampleError::Empty);
        let refused = Walsh::new(&[1.0, f64::NAN, f64::INFINITY]).unwrap_err();
        assert_eq!(refused, SampleError::NotFinite { index: 1 });
    }

    proptest! {
        #[test]
        fn every_average_is_found(values in prop::collection::vec(finite(), 1..20)) {
            let walsh = Walsh::new(&values).unwrap();
            let all = by_hand(&values);
            prop_assert_eq!(walsh.averages(), all.len());
            for (index, expected) in all.into_iter().enumerate() {
                prop_assert_eq!(walsh.kth_smallest(index + 1), expected);
            }
        }

        #[test]
        fn ties_are_counted_like_any_other(values in prop::collection::vec(-3i8..3, 1..20)) {
            let values: Vec<f64> = values.into_iter().map(f64::from).collect();
            let walsh = Walsh::new(&values).unwrap();
            for (index, expected) in by_hand(&values).into_iter().enumerate() {
                prop_assert_eq!(walsh.kth_smallest(index + 1), expected);
            }
        }
    }
}
