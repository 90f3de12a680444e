//! How long round trips took, variant by variant: by the nines of the percentile, because what hooks and queues do to
//! the slowest hundredth is as much part of their cost as what they do to the mean.

use super::chart::axis::{below, beside};
use super::chart::scale::{Scale, Spread};
use super::chart::{Chart, Plot, label, line, path, room, shortened};
use super::markup::{Element, element};
use crate::analysis::{Distribution, VariantFigures};
use crate::stats::scale::NS_PER_US;

/// Size of the chart and its parts, px.
const WIDTH: f64 = 960.0;
const HEIGHT: f64 = 460.0;
const LEFT: f64 = 88.0;
const TOP: f64 = 30.0;
const FOOT: f64 = 48.0;
const GAP: f64 = 28.0;

/// The longest name that has room, letters.
const NAME: usize = 26;

/// Distance of two names, px.
const LINE: f64 = 17.0;

/// Colours that can be told apart; after them they come again, dashed.
const COLOURS: usize = 8;

/// The chart of the variants whose round trips were recorded; `None` if there is none.
pub(super) fn distribution(id: String, variants: &[VariantFigures]) -> Option<Element> {
    let recorded: Vec<Curve> = variants.iter().enumerate().filter_map(|(place, of)| Curve::new(place, of)).collect();
    if recorded.is_empty() {
        return None;
    }
    let names = recorded.iter().map(|curve| curve.name.chars().count()).max().unwrap_or(0).min(NAME);
    let plot = Plot { left: LEFT, top: TOP, right: WIDTH - room(names) - GAP, bottom: HEIGHT - FOOT };
    let percentiles = recorded.iter().map(|curve| curve.last_but_one_percentile());
    let x = Scale::new(Spread::Nines, percentiles.chain([0.0]), (plot.left, plot.right));
    let times = recorded.iter().flat_map(|curve| curve.of.steps.iter().map(|step| us(step.ns)));
    let y = Scale::new(Spread::Logarithmic, times, (plot.bottom, plot.top)).with_room(0.03);
    let axes = [below(plot, &x, "percentile of round trips"), beside(plot, &y, "round trip, µs (logarithmic)")];
    let curves = recorded.iter().map(|curve| path(&format!("curve {}", curve.class()), curve.points(&x, &y)));
    let chart = Chart {
        id,
        title: "Round trips of every variant by percentile",
        description: recorded.iter().map(Curve::told).collect::<Vec<_>>().join(" "),
        width: WIDTH,
        height: HEIGHT,
    };
    Some(chart.of(axes.into_iter().chain(curves).chain([legend(&recorded, plot, &y)])))
}

struct Curve<'a> {
    place: usize,
    name: &'a str,
    of: &'a Distribution,
}

impl<'a> Curve<'a> {
    fn new(place: usize, figures: &'a VariantFigures) -> Option<Self> {
        let of = &figures.distribution;
        (!of.steps.is_empty()).then_some(Self { place, name: &figures.name, of })
    }

    fn class(&self) -> String {
        let dashed = if self.place < COLOURS { "" } else { " dashed" };
        format!("s{}{dashed}", self.place % COLOURS)
    }

    /// How far the curve can be followed: one round trip is the longest, and nothing is known beyond.
    fn last_but_one_percentile(&self) -> f64 {
        100.0 * (1.0 - 1.0 / self.of.round_trips as f64)
    }

    /// Places on the chart, none closer to the one before than can be seen.
    fn points(&self, x: &Scale, y: &Scale) -> Vec<(f64, f64)> {
        let mut points = vec![(x.place(0.0), y.place(us(self.of.steps[0].ns)))];
        let places = self.of.steps.iter().map(|step| (x.place(step.percentile), y.place(us(step.ns))));
        for (at, place) in places.enumerate() {
            let last = points[points.len() - 1];
            if (place.0 - last.0).abs() + (place.1 - last.1).abs() >= 1.0 || at + 1 == self.of.steps.len() {
                points.push(place);
            }
        }
        points
    }

    fn longest_us(&self) -> f64 {
        self.of.steps.last().map_or(0.0, |step| us(step.ns))
    }

    fn told(&self) -> String {
        let (fewest, most) = (us(self.of.steps[0].ns), self.longest_us());
        format!("{}: {} round trips from {fewest:.2} to {most:.2} µs.", self.name, self.of.round_trips)
    }
}

/// The names at the ends of their curves, moved apart where they would stand on each other.
fn legend(curves: &[Curve], plot: Plot, y: &Scale) -> Element {
    let ends: Vec<f64> = curves.iter().map(|curve| y.place(curve.longest_us())).collect();
    let lines = apart(&ends, plot);
    let named = curves.iter().zip(ends).zip(lines).flat_map(|((curve, end), at)| {
        let (class, right) = (curve.class(), plot.right);
        [
            line(&format!("whisker {class}"), (right, end), (right + GAP - 6.0, at)),
            label(&format!("verdict {class}"), "start", (right + GAP, at + 4.0), shortened(curve.name, NAME)),
        ]
    });
    element("g").holding(named)
}

/// Places for names that want to stand at `ends`: in the same order, at least a line apart, within the plot.
fn apart(ends: &[f64], plot: Plot) -> Vec<f64> {
    let mut order: Vec<usize> = (0..ends.len()).collect();
    order.sort_by(|&a, &b| ends[a].total_cmp(&ends[b]));
    let mut places = ends.to_vec();
    let mut lowest = plot.top;
    for &name in &order {
        places[name] = places[name].max(lowest);
        lowest = places[name] + LINE;
    }
    let mut highest = plot.bottom;
    for &name in order.iter().rev() {
        places[name] = places[name].min(highest);
        highest = places[name] - LINE;
    }
    places
}

fn us(ns: u64) -> f64 {
    ns as f64 / NS_PER_US
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::analysis::Share;

    fn figures(name: &str, steps: &[(u64, f64)]) -> VariantFigures {
        let steps = steps.iter().map(|&(ns, percentile)| Share { ns, percentile }).collect();
        let distribution = Distribution { round_trips: 1000, steps };
        VariantFigures { name: name.into(), ns_per_transaction: 1.0, percentiles: Vec::new(), distribution }
    }

    #[test]
    fn a_curve_and_a_name_for_every_variant_with_round_trips() {
        let some = [(12_000, 50.0), (20_000, 99.0), (3_000_000, 100.0)];
        let variants = [figures("a", &some), figures("none", &[]), figures("b", &some)];
        let svg = distribution("d".into(), &variants).unwrap().to_string();
        assert_eq!(svg.matches("class=\"curve ").count(), 2);
        assert!(svg.contains("class=\"curve s0\"") && svg.contains("class=\"curve s2\""), "{svg}");
        assert!(svg.contains(">a</text>") && !svg.contains("none"), "{svg}");
        assert!(svg.contains("a: 1000 round trips from 12.00 to 3000.00 µs."), "{svg}");
        assert!(distribution("d".into(), &variants[1..2]).is_none());
    }

    #[test]
    fn many_steps_are_no_more_than_can_be_seen() {
        let steps: Vec<(u64, f64)> = (1..=100_000).map(|i| (10_000 + i, i as f64 / 1000.0)).collect();
        let svg = distribution("d".into(), &[figures("a", &steps)]).unwrap().to_string();
        assert!(svg.len() < 20_000, "{}", svg.len());
    }

    proptest! {
        #[test]
        fn names_keep_their_distance_and_order(ends in prop::collection::vec(0.0..500.0_f64, 1..16)) {
            let plot = Plot { left: 0.0, top: 30.0, right: 100.0, bottom: 400.0 };
            let mut placed: Vec<(f64, f64)> = ends.iter().copied().zip(apart(&ends, plot)).collect();
            placed.sort_by(|a, b| a.1.total_cmp(&b.1));
            prop_assert!(placed.windows(2).all(|pair| pair[1].1 - pair[0].1 >= LINE - 1e-9), "{:?}", placed);
            prop_assert!(placed.windows(2).all(|pair| pair[0].0 <= pair[1].0), "{:?}", placed);
            prop_assert!(placed.iter().all(|(_, at)| (30.0..=400.0).contains(at)), "{:?}", placed);
        }
    }
}
