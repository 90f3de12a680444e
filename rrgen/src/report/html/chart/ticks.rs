//! Where an axis is labelled: at round numbers, as many as can be read.

use super::scale::{Scale, Spread};

/// The most ticks of an axis that is spread evenly.
const MOST: f64 = 7.0;

/// The least distance of two ticks, px.
const APART: f64 = 26.0;

/// The round numbers of a decade.
const ROUND: [f64; 3] = [1.0, 2.0, 5.0];

/// Percentiles that are labelled.
const NINES: [f64; 10] = [0.0, 50.0, 90.0, 99.0, 99.9, 99.99, 99.999, 99.9999, 99.99999, 99.999999];

/// A label of an axis.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Tick {
    /// Its value.
    pub(super) at: f64,
    /// What stands there.
    pub(super) label: String,
}

impl Scale {
    /// The ticks of this axis, in rising order.
    pub(super) fn ticks(&self) -> Vec<Tick> {
        let values = match self.spread {
            Spread::Linear => evenly(self.values, 0.0),
            Spread::Counted => evenly(self.values, 1.0),
            Spread::Logarithmic => self.spaced([&[1.0][..], &ROUND].map(|of_decade| decades(of_decade).collect())),
            Spread::Symmetric(linear) => {
                self.spaced([&[1.0][..], &ROUND].map(|of_decade| symmetric(of_decade, linear)))
            }
            Spread::Nines => NINES.to_vec(),
        };
        let shown = values.into_iter().filter(|&value| self.shows(value));
        shown.map(|at| Tick { at, label: rounded(at) }).collect()
    }

    /// The finest of `choices`, coarsest first, whose ticks that are shown do not crowd.
    fn spaced<const N: usize>(&self, choices: [Vec<f64>; N]) -> Vec<f64> {
        let crowds = |values: &Vec<f64>| {
            let shown: Vec<f64> = values.iter().copied().filter(|&value| self.shows(value)).collect();
            shown.windows(2).any(|pair| (self.place(pair[1]) - self.place(pair[0])).abs() < APART)
        };
        let finest = choices.iter().rev().find(|values| !crowds(values)).cloned();
        finest.unwrap_or_else(|| self.thinned(&choices[0]))
    }

    /// Those of `values` that keep their distance from the one before.
    fn thinned(&self, values: &[f64]) -> Vec<f64> {
        let mut kept: Vec<f64> = Vec::new();
        for &value in values.iter().filter(|&&value| self.shows(value)) {
            if kept.last().is_none_or(|&last| (self.place(value) - self.place(last)).abs() >= APART) {
                kept.push(value);
            }
        }
        kept
    }
}

/// Multiples of the smallest round step, of at least `least`, that gives few enough.
fn evenly((low, high): (f64, f64), least: f64) -> Vec<f64> {
    let decade = 10_f64.powf(((high - low) / MOST).log10().floor()).max(least);
    let steps = ROUND.iter().chain(&[10.0]).map(|round| round * decade);
    let Some(step) = steps.into_iter().find(|step| (high - low) / step <= MOST) else { return Vec::new() };
    // Counted, not added up, so that neither rounding nor a step too small to be noticed goes on for ever.
    (0..=MOST as u32 + 1).map(|count| ((low / step).ceil() + f64::from(count)) * step).collect()
}

/// Some values of every decade that a chart may show.
fn decades(of_decade: &[f64]) -> impl Iterator<Item = f64> {
    (-9..=15).flat_map(move |power| of_decade.iter().map(move |round| round * 10_f64.powi(power)))
}

/// 0, and decades in both directions from where they begin to be spread by their ratios.
fn symmetric(of_decade: &[f64], linear: f64) -> Vec<f64> {
    let up: Vec<f64> = decades(of_decade).filter(|&value| value >= linear).collect();
    up.iter().rev().map(|value| -value).chain([0.0]).chain(up.iter().copied()).collect()
}

/// A round number without the dust of its computation.
fn rounded(value: f64) -> String {
    let text = format!("{value:.9}");
    let text = text.trim_end_matches('0').trim_end_matches('.');
    let text = if text == "-0" { "0" } else { text };
    text.replace('-', "−")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn labels(spread: Spread, values: [f64; 2]) -> Vec<String> {
        Scale::new(spread, values, (0.0, 500.0)).ticks().into_iter().map(|tick| tick.label).collect()
    }

    #[test]
    fn ticks_are_round_numbers() {
        assert_eq!(labels(Spread::Linear, [-0.31, 0.29]), ["−0.3", "−0.2", "−0.1", "0", "0.1", "0.2"]);
        assert_eq!(labels(Spread::Linear, [0.0, 7.0]), ["0", "1", "2", "3", "4", "5", "6", "7"]);
        assert_eq!(labels(Spread::Linear, [1.0, 4.0])[..3], ["1", "1.5", "2"]);
        assert_eq!(labels(Spread::Counted, [1.0, 4.0]), ["1", "2", "3", "4"]);
        assert_eq!(labels(Spread::Logarithmic, [9.0, 300.0]), ["10", "20", "50", "100", "200"]);
        assert_eq!(labels(Spread::Logarithmic, [1.0, 1e12]).len(), 13);
        assert_eq!(labels(Spread::Nines, [0.0, 99.95]), ["0", "50", "90", "99", "99.9"]);
    }

    #[test]
    fn effects_of_any_size_have_ticks_on_both_sides() {
        let all = labels(Spread::Symmetric(1.0), [-70.0, 70.0]);
        assert_eq!(all, ["−50", "−20", "−10", "−5", "−2", "−1", "0", "1", "2", "5", "10", "20", "50"]);
    }

    proptest! {
        #[test]
        fn ticks_are_few_rising_and_shown(low in any::<f64>(), high in any::<f64>(), kind in 0..5_usize) {
            let spread = [Spread::Linear, Spread::Counted, Spread::Logarithmic, Spread::Symmetric(1.0), Spread::Nines][kind];
            let scale = Scale::new(spread, [low, high], (0.0, 500.0));
            let ticks = scale.ticks();
            prop_assert!(ticks.len() <= 16, "{:?}", ticks);
            prop_assert!(ticks.windows(2).all(|pair| pair[0].at < pair[1].at), "{:?}", ticks);
            prop_assert!(ticks.iter().all(|tick| scale.shows(tick.at)));
        }
    }
}
