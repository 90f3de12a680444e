//! Every contrast round by round: whether an effect was there all the time, or came with one bad round or a drift.

use super::chart::axis::{below, beside};
use super::chart::scale::{Scale, Spread};
use super::chart::{Chart, Plot, dot, line, path};
use super::markup::{Element, element};
use super::table::minus;
use super::tone::Tone;
use crate::report::words::signed;
use crate::stats::contrast::Effect;
use crate::stats::scale;
use crate::stats::verdict::Margin;

/// Size of the chart, px.
const WIDTH: f64 = 340.0;
const HEIGHT: f64 = 210.0;
const PLOT: Plot = Plot { left: 52.0, top: 26.0, right: WIDTH - 12.0, bottom: HEIGHT - 46.0 };

/// One contrast.
#[derive(Debug)]
pub(super) struct Series<'a> {
    /// Which against which.
    pub(super) name: &'a str,
    /// What each round says, % of the rate.
    pub(super) percents: Vec<f64>,
    /// What they say together, % of the rate.
    pub(super) effect: Effect,
    pub(super) tone: Tone,
    /// Rounds that were measured again, as people count.
    pub(super) repeated: &'a [u32],
}

/// The chart of one contrast.
pub(super) fn rounds(id: String, series: &Series, margin: Margin) -> Element {
    let Series { percents, effect, tone, .. } = series;
    let (x, y) = (x_scale(percents.len()), y_scale(series));
    let [low, high] = [-margin.percent(), margin.percent()].map(|percent| y.place(percent));
    let class = |kind: &str| format!("{kind} {}", tone.class());
    let span = effect.p95.map(|span| PLOT.row(&class("span"), y.place(span.low), y.place(span.high)));
    let zero = y.shows(0.0).then(|| line("zero", (PLOT.left, y.place(0.0)), (PLOT.right, y.place(0.0))));
    let at = |place: usize| (x.place((place + 1) as f64), y.place(percents[place]));
    let level = y.place(effect.estimate);
    let back = [PLOT.row("band", low, high), below(PLOT, &x, "round"), beside(PLOT, &y, "rate, %")];
    let lines = [
        line(&class("whisker dashed"), (PLOT.left, level), (PLOT.right, level)),
        path(&class("curve faint"), (0..percents.len()).map(at)),
    ];
    let dots = (0..percents.len()).map(|place| mark(series, place, at(place)));
    let chart = Chart { id, title: series.name, description: description(series), width: WIDTH, height: HEIGHT };
    chart.of(back.into_iter().chain(span).chain(zero).chain(lines).chain([element("g").holding(dots)]))
}

fn x_scale(rounds: usize) -> Scale {
    Scale::new(Spread::Counted, [1.0, rounds as f64], (PLOT.left, PLOT.right)).with_room(0.04)
}

/// From the lowest to the highest value, and 0 unless it lies so far off that nothing else could be seen.
fn y_scale(series: &Series) -> Scale {
    let ends = series.effect.p95.into_iter().flat_map(|span| [span.low, span.high]);
    let values: Vec<f64> = series.percents.iter().copied().chain(ends).filter(|value| value.is_finite()).collect();
    let lowest = values.iter().copied().fold(f64::INFINITY, f64::min);
    let highest = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let is_near = lowest.max(-highest) < 2.0 * (highest - lowest);
    let zero = is_near.then_some(0.0);
    Scale::new(Spread::Linear, values.into_iter().chain(zero), (PLOT.bottom, PLOT.top)).with_room(0.06)
}

fn mark(series: &Series, place: usize, at: (f64, f64)) -> Element {
    let round = place + 1;
    let again = series.repeated.iter().any(|&repeated| repeated as usize == round);
    let (class, note) = if again { (" again", ", measured again") } else { ("", "") };
    let told = format!("round {round}: {} %{note}", percent(series.percents[place]));
    dot(&format!("mark {}{class}", series.tone.class()), at, 3.0, told)
}

fn description(series: &Series) -> String {
    let Series { percents, effect, .. } = series;
    let values: Vec<String> = percents.iter().map(|&value| percent(value)).collect();
    format!("Estimate {} %. Round by round, %: {}.", percent(effect.estimate), values.join(", "))
}

fn percent(value: f64) -> String {
    minus(&signed(value, 2))
}

/// The changes of the rate, %, of log ratios of rates.
pub(super) fn percents(log_rates: impl Iterator<Item = f64>) -> Vec<f64> {
    log_rates.map(scale::rate_percent).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::interval::Interval;

    fn drawn(percents: Vec<f64>, repeated: &[u32]) -> String {
        let estimate = percents[0];
        let p95 = Some(Interval { low: estimate - 0.5, high: estimate + 0.5, coverage: 0.95 });
        let effect = Effect { estimate, p95, p99: None };
        let series = Series { name: "lua / baseline", percents, effect, tone: Tone::Slower, repeated };
        rounds("r".into(), &series, Margin::default()).to_string()
    }

    #[test]
    fn a_dot_for_every_round() {
        let svg = drawn(vec![-5.5, -4.5, -5.0], &[2]);
        assert_eq!(svg.matches("<circle ").count(), 3);
        assert!(svg.contains("<title>round 1: −5.50 %</title>"), "{svg}");
        assert!(svg.contains("<title>round 2: −4.50 %, measured again</title>"), "{svg}");
        assert_eq!(svg.matches("again\"").count(), 1);
        assert!(svg.contains("Round by round, %: −5.50, −4.50, −5.00."), "{svg}");
    }

    #[test]
    fn zero_is_drawn_only_where_it_is_near() {
        assert!(drawn(vec![-3.0, -6.0], &[]).contains("class=\"zero\""));
        assert!(!drawn(vec![-70.0, -71.0], &[]).contains("class=\"zero\""));
    }

    #[test]
    fn any_number_is_drawn() {
        for percents in [vec![f64::INFINITY, 1.0], vec![0.0], vec![1e21, -100.0]] {
            let svg = drawn(percents, &[]);
            assert!(!svg.contains("NaN") && !svg.contains("\"inf"), "{svg}");
        }
    }
}
