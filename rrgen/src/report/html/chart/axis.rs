//! Axes with their grid: thin enough to stay behind what is measured.

use super::scale::Scale;
use super::{Plot, label, line};
use crate::report::html::markup::{Element, element};

/// Between the plot and its labels, px.
const GAP: f64 = 8.0;

/// Half the height of a label's digits, px.
const HALF_LETTER: f64 = 4.0;

/// How far below the plot the labels and the name of its axis stand, px.
const BELOW: (f64, f64) = (18.0, 38.0);

/// The axis below a plot.
pub(in crate::report::html) fn below(plot: Plot, scale: &Scale, name: &str) -> Element {
    let tick = |(at, text): (f64, String)| {
        let x = scale.place(at);
        [line("grid", (x, plot.top), (x, plot.bottom)), label("tick", "middle", (x, plot.bottom + BELOW.0), text)]
    };
    let middle = (f64::midpoint(plot.left, plot.right), plot.bottom + BELOW.1);
    axis(scale, tick).holding([label("axis-name", "middle", middle, name)])
}

/// The axis to the left of a plot, with its name above.
pub(in crate::report::html) fn beside(plot: Plot, scale: &Scale, name: &str) -> Element {
    let tick = |(at, text): (f64, String)| {
        let y = scale.place(at);
        let at = (plot.left - GAP, y + HALF_LETTER);
        [line("grid", (plot.left, y), (plot.right, y)), label("tick", "end", at, text)]
    };
    axis(scale, tick).holding([label("axis-name", "start", (0.0, plot.top - 1.5 * GAP), name)])
}

fn axis(scale: &Scale, tick: impl Fn((f64, String)) -> [Element; 2]) -> Element {
    element("g").holding(scale.ticks().into_iter().flat_map(|found| tick((found.at, found.label))))
}
