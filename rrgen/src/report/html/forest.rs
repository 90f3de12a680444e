//! The contrasts in one look: an estimate with its interval per row, over the band of changes that do not matter.

use super::chart::axis::below;
use super::chart::scale::{Scale, Spread};
use super::chart::{Chart, Plot, dot, label, line, room, shortened};
use super::markup::{Element, element};
use super::table::minus;
use super::tone::Tone;
use crate::report::words::signed;
use crate::stats::interval::Interval;
use crate::stats::verdict::Margin;

/// Size of the chart and its parts, px.
const WIDTH: f64 = 960.0;
const ROW: f64 = 44.0;
const TOP: f64 = 26.0;
const FOOT: f64 = 66.0;
const TOLD: f64 = 330.0;
const GAP: f64 = 16.0;
const SIDES: f64 = 56.0;

/// The longest names and verdicts that have room, letters.
const NAME: usize = 28;
const VERDICT: usize = 38;

/// What "against" takes beside a name, letters: it is smaller and lighter than a variant's name.
const AGAINST: usize = 6;

/// Effects of more than so many margins do not let the margin be seen on an axis that is spread evenly.
const MARGINS_IN_SIGHT: f64 = 12.0;

/// What a row shows.
#[derive(Debug, Clone)]
pub(super) struct Row {
    /// The variant, and what it is compared with.
    pub(super) variant: String,
    pub(super) reference: String,
    /// The change of the rate, %.
    pub(super) estimate: f64,
    /// Its 95 % interval, %; `None` if there is none.
    pub(super) interval: Option<Interval>,
    pub(super) verdict: String,
    pub(super) tone: Tone,
}

impl Row {
    fn values(&self) -> impl Iterator<Item = f64> {
        let ends = self.interval.into_iter().flat_map(|interval| [interval.low, interval.high]);
        ends.chain([self.estimate])
    }

    fn told(&self) -> String {
        let estimate = minus(&signed(self.estimate, 2));
        let interval = self.interval.map_or("no 95 % interval".into(), |Interval { low, high, .. }| {
            minus(&format!("[{}, {}] %", signed(low, 2), signed(high, 2)))
        });
        format!("{estimate} % {interval}")
    }
}

/// The chart of `rows`.
pub(super) fn forest(id: String, rows: &[Row], margin: Margin) -> Element {
    let names = rows.iter().flat_map(|row| [&row.variant, &row.reference]).map(|name| name.chars().count());
    let left = room(names.max().unwrap_or(0).min(NAME) + AGAINST) + GAP;
    let bottom = TOP + ROW * rows.len() as f64;
    let plot = Plot { left, top: TOP, right: WIDTH - TOLD, bottom };
    let scale = scale(rows, margin, plot);
    let [low, high, zero] = [-margin.percent(), margin.percent(), 0.0].map(|percent| scale.place(percent));
    let marks = [
        plot.column("band", low, high),
        label("minor", "middle", (zero, TOP - GAP / 2.0), format!("margin ± {} %", margin.percent())),
        below(plot, &scale, axis_name(&scale)),
        label("axis-name", "start", (plot.left, bottom + SIDES), "← slower"),
        label("axis-name", "end", (plot.right, bottom + SIDES), "faster →"),
        line("zero", (zero, plot.top), (zero, plot.bottom)),
    ];
    let middle = |place: usize| plot.top + ROW * (place as f64 + 0.5);
    let rows_drawn = rows.iter().enumerate().map(|(place, row)| drawn(row, plot, &scale, middle(place)));
    let chart = Chart {
        id,
        title: "Change of the transaction rate with 95 % intervals",
        description: description(rows),
        width: WIDTH,
        height: bottom + FOOT,
    };
    chart.of(marks.into_iter().chain(rows_drawn))
}

fn scale(rows: &[Row], margin: Margin, plot: Plot) -> Scale {
    let margin = margin.percent();
    let values = || rows.iter().flat_map(Row::values).filter(|value| value.is_finite());
    let largest = values().fold(0.0, |most: f64, value| most.max(value.abs()));
    let spread = if largest > margin * MARGINS_IN_SIGHT { Spread::Symmetric(margin) } else { Spread::Linear };
    Scale::new(spread, values().chain([-margin, margin]), (plot.left, plot.right)).with_room(0.06)
}

fn axis_name(scale: &Scale) -> &'static str {
    if scale.is_bent() { "change of the rate, %; logarithmic beyond the margin" } else { "change of the rate, %" }
}

fn drawn(row: &Row, plot: Plot, scale: &Scale, y: f64) -> Element {
    let tone = row.tone.class();
    let (above, beneath) = (y - 3.0, y + 14.0);
    let told = plot.right + GAP;
    let estimate = scale.place(row.estimate);
    let names = [
        label("strong", "end", (plot.left - GAP, above), shortened(&row.variant, NAME)),
        label("minor", "end", (plot.left - GAP, beneath), format!("against {}", shortened(&row.reference, NAME))),
    ];
    let whiskers = row.interval.into_iter().flat_map(|interval| {
        let [low, high] = [interval.low, interval.high].map(|end| scale.place(end));
        let end = |x: f64| line(&format!("whisker {tone}"), (x, y - 6.0), (x, y + 6.0));
        [line(&format!("whisker {tone}"), (low, y), (high, y)), end(low), end(high)]
    });
    let values = [
        dot(&format!("mark {tone}"), (estimate, y), 5.0, row.told()),
        label("strong", "start", (told, above), row.told()),
        label(&format!("verdict {tone}"), "start", (told, beneath), shortened(&row.verdict, VERDICT)),
    ];
    element("g").holding(names.into_iter().chain(whiskers).chain(values))
}

/// The rows in words.
fn description(rows: &[Row]) -> String {
    let row = |row: &Row| format!("{} against {}: {}, {}.", row.variant, row.reference, row.told(), row.verdict);
    rows.iter().map(row).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(estimate: f64, reach: f64) -> Row {
        let interval = Some(Interval { low: estimate - reach, high: estimate + reach, coverage: 0.95 });
        let [variant, reference, verdict] = ["lua", "baseline", "slower"].map(str::to_owned);
        Row { variant, reference, estimate, interval, verdict, tone: Tone::Slower }
    }

    fn centres(svg: &str) -> Vec<f64> {
        svg.split("cx=\"").skip(1).map(|rest| rest.split('"').next().unwrap().parse().unwrap()).collect()
    }

    #[test]
    fn slower_is_left_of_faster_and_equal_rows_stand_below_each_other() {
        let drawn = forest("f".into(), &[row(-5.0, 1.0), row(5.0, 1.0), row(-5.0, 1.0)], Margin::default());
        let at = centres(&drawn.to_string());
        assert!(at[0] < at[1] && at[0] == at[2], "{at:?}");
    }

    #[test]
    fn a_small_effect_is_seen_next_to_a_large_one() {
        let drawn =
            forest("f".into(), &[row(-70.0, 5.0), row(-1.0, 0.5), row(0.0, 0.5)], Margin::default()).to_string();
        let at = centres(&drawn);
        assert!(at[2] - at[1] > 20.0, "{at:?}");
        assert!(drawn.contains("logarithmic beyond the margin"), "{drawn}");
        assert!(!forest("f".into(), &[row(-7.0, 1.0)], Margin::default()).to_string().contains("logarithmic"));
    }

    #[test]
    fn what_is_drawn_is_told_in_words() {
        let none = Row { interval: None, ..row(-5.0, 1.0) };
        let drawn = forest("f".into(), &[row(-5.0, 1.0), none], Margin::default()).to_string();
        assert!(drawn.contains("lua against baseline: −5.00 % [−6.00, −4.00] %, slower."), "{drawn}");
        assert!(drawn.contains("lua against baseline: −5.00 % no 95 % interval, slower."), "{drawn}");
    }

    #[test]
    fn effects_beyond_all_bounds_are_drawn_at_the_edge() {
        let drawn = forest("f".into(), &[row(f64::INFINITY, 1.0), row(1e21, 1e20)], Margin::default()).to_string();
        assert!(centres(&drawn).iter().all(|x| (0.0..=WIDTH).contains(x)), "{drawn}");
    }
}
