//! From values to places: which way a chart bends its axis so that what matters can be seen.

/// How values are spread over an axis.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(in crate::report::html) enum Spread {
    /// Evenly.
    Linear,
    /// Evenly, and only whole numbers mean anything.
    Counted,
    /// By their ratios; for positive values.
    Logarithmic,
    /// Evenly around 0 up to about this value, by their ratios beyond: effects of a tenth of a percent and of a factor
    /// of ten in one chart.
    Symmetric(f64),
    /// By the nines of a percentile: 90, 99, 99.9 at equal distances.
    Nines,
}

impl Spread {
    /// The value where all are spread evenly.
    fn flatten(self, value: f64) -> f64 {
        match self {
            Self::Linear | Self::Counted => value,
            Self::Logarithmic => value.max(f64::MIN_POSITIVE).ln(),
            Self::Symmetric(linear) => (value / linear).asinh(),
            Self::Nines => -(1.0 - value.clamp(0.0, MOST_PERCENT) / 100.0).log10(),
        }
    }
}

/// The last percentile that has a place among nines, %: 100 would lie infinitely far off.
const MOST_PERCENT: f64 = 99.999_999_99;

/// An axis: what values it has, and where they are, px.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(in crate::report::html) struct Scale {
    pub(super) spread: Spread,
    /// Lowest and highest value; finite, and apart.
    pub(super) values: (f64, f64),
    places: (f64, f64),
}

impl Scale {
    /// The axis for `values`, of which those that are not finite do not count, from the place of the lowest to the
    /// place of the highest.
    pub(in crate::report::html) fn new(
        spread: Spread,
        values: impl IntoIterator<Item = f64>,
        places: (f64, f64),
    ) -> Self {
        let finite = values.into_iter().filter(|value| value.is_finite());
        let span = finite.fold(None, |span: Option<(f64, f64)>, value| {
            Some(span.map_or((value, value), |(low, high)| (low.min(value), high.max(value))))
        });
        let (low, high) = span.unwrap_or((0.0, 1.0));
        // What is all the same is shown in the middle.
        let apart =
            if low < high { (low, high) } else { (low - low.abs().max(1.0) / 2.0, low + low.abs().max(1.0) / 2.0) };
        Self { spread, values: apart, places }
    }

    /// The same with some room beyond both ends, as a share of the whole.
    pub(in crate::report::html) fn with_room(mut self, share: f64) -> Self {
        let (low, high) = self.places;
        let room = (high - low) * share / (1.0 + 2.0 * share);
        self.places = (low + room, high - room);
        self
    }

    /// Where a value is; what lies beyond an end is at the end.
    pub(in crate::report::html) fn place(&self, value: f64) -> f64 {
        let [low, high, here] = [self.values.0, self.values.1, value].map(|value| self.spread.flatten(value));
        let share = ((here - low) / (high - low)).clamp(0.0, 1.0);
        let share = if share.is_nan() { 0.0 } else { share };
        self.places.0 + (self.places.1 - self.places.0) * share
    }

    /// Whether distances on the axis mean different things in different places, which readers must be told.
    pub(in crate::report::html) fn is_bent(&self) -> bool {
        !matches!(self.spread, Spread::Linear | Spread::Counted)
    }

    /// Whether a value has a place of its own.
    pub(in crate::report::html) fn shows(&self, value: f64) -> bool {
        (self.values.0..=self.values.1).contains(&value)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn places(spread: Spread, values: [f64; 2], at: &[f64]) -> Vec<f64> {
        let scale = Scale::new(spread, values, (0.0, 100.0));
        at.iter().map(|&value| scale.place(value).round()).collect()
    }

    #[test]
    fn every_spread_puts_values_where_they_belong() {
        assert_eq!(places(Spread::Linear, [-1.0, 3.0], &[-1.0, 0.0, 3.0, 9.0]), [0.0, 25.0, 100.0, 100.0]);
        assert_eq!(places(Spread::Logarithmic, [1.0, 1e4], &[1.0, 10.0, 100.0, 0.0]), [0.0, 25.0, 50.0, 0.0]);
        assert_eq!(places(Spread::Nines, [0.0, 99.99], &[0.0, 90.0, 99.0, 99.99]), [0.0, 25.0, 50.0, 100.0]);
        let symmetric = places(Spread::Symmetric(1.0), [-100.0, 100.0], &[-100.0, -1.0, 0.0, 1.0, 100.0]);
        assert_eq!(symmetric, [0.0, 42.0, 50.0, 58.0, 100.0]);
    }

    #[test]
    fn room_lies_beyond_both_ends() {
        let scale = Scale::new(Spread::Linear, [0.0, 1.0], (0.0, 120.0)).with_room(0.1);
        assert_eq!([0.0, 1.0].map(|value| scale.place(value).round()), [10.0, 110.0]);
    }

    #[test]
    fn what_is_all_the_same_or_nothing_is_in_the_middle() {
        assert_eq!(places(Spread::Linear, [7.0, 7.0], &[7.0]), [50.0]);
        let nothing = Scale::new(Spread::Linear, [f64::NAN, f64::INFINITY], (0.0, 100.0));
        assert_eq!(nothing.place(0.5), 50.0);
    }

    proptest! {
        #[test]
        fn every_value_has_a_place(values in prop::collection::vec(any::<f64>(), 0..5), at in any::<f64>(), kind in 0..4_usize) {
            let spread = [Spread::Linear, Spread::Logarithmic, Spread::Symmetric(1.0), Spread::Nines][kind];
            let place = Scale::new(spread, values, (100.0, 20.0)).place(at);
            prop_assert!((20.0..=100.0).contains(&place), "{}", place);
        }
    }
}
