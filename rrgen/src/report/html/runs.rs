//! The runs of a record in the order in which they ran, with their interim results: where a drift or a break shows.

use super::chart::axis::beside;
use super::chart::scale::{Scale, Spread};
use super::chart::{Chart, Plot, label, letters, line, path, shortened};
use super::markup::{Element, element};
use crate::record::{Record, Run};

/// Size of the chart, px.
const WIDTH: f64 = 960.0;
const HEIGHT: f64 = 300.0;
const PLOT: Plot = Plot { left: 64.0, top: 46.0, right: WIDTH - 12.0, bottom: HEIGHT - 24.0 };

/// The share of a run's column that stays empty on either side.
const ASIDE: f64 = 0.08;

/// Colours that can be told apart.
const COLOURS: usize = 8;

/// The chart of a record's runs.
pub(super) fn runs(id: String, record: &Record) -> Element {
    let runs = record.runs_in_order();
    let rates = runs.iter().flat_map(|(_, run)| run.interim.iter().map(|interim| interim.rate).chain([run.rate]));
    let y = Scale::new(Spread::Linear, rates, (PLOT.bottom, PLOT.top)).with_room(0.05);
    let width = (PLOT.right - PLOT.left) / runs.len() as f64;
    let column = |place: usize| {
        let left = PLOT.left + width * place as f64;
        Plot { left: left + width * ASIDE, right: left + width * (1.0 - ASIDE), ..PLOT }
    };
    let columns = runs.iter().enumerate().map(|(place, &(group, run))| {
        let name = &record.groups[group].name;
        let is_new = place == 0 || runs[place - 1].0 != group;
        let room = runs[place..].iter().take_while(|(other, _)| *other == group).count() as f64 * width;
        let heading = is_new.then(|| (name.as_str(), letters(room)));
        drawn(run, &format!("s{}", group % COLOURS), column(place), &y, heading)
    });
    let described = runs.iter().map(|(group, run)| format!("{}: {:.2}.", record.groups[*group].name, run.rate));
    let chart = Chart {
        id,
        title: "Transactions per second, run after run",
        description: described.collect::<Vec<_>>().join(" "),
        width: WIDTH,
        height: HEIGHT,
    };
    let foot = (f64::midpoint(PLOT.left, PLOT.right), PLOT.bottom + 18.0);
    let order =
        label("axis-name", "middle", foot, "runs in the order in which they ran; interim results from left to right");
    chart.of([beside(NAMED, &y, "transactions/s"), order].into_iter().chain(columns))
}

/// The plot with room for the names of variants between it and the name of its axis.
const NAMED: Plot = Plot { top: PLOT.top - 18.0, ..PLOT };

/// One run; under the name of its variant, cut to so many letters, if it is the first of several.
fn drawn(run: &Run, tone: &str, column: Plot, y: &Scale, heading: Option<(&str, usize)>) -> Element {
    let level = y.place(run.rate);
    let intervals = run.interim.len();
    let x = Scale::new(Spread::Linear, [0.0, intervals.saturating_sub(1) as f64], (column.left, column.right));
    let points = run.interim.iter().enumerate().map(|(place, interim)| (x.place(place as f64), y.place(interim.rate)));
    let mean = line(&format!("whisker {tone}"), (column.left, level), (column.right, level));
    let told = element("title").text(format!("{:.2} transactions/s", run.rate));
    let name = heading.map(|(name, most)| {
        label(&format!("verdict {tone}"), "start", (column.left, column.top - 6.0), shortened(name, most))
    });
    let interim = path(&format!("curve faint {tone}"), points);
    element("g").holding([interim, mean.holding([told])].into_iter().chain(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_run_has_its_interim_results_and_every_variant_its_name() {
        let text = include_bytes!("../../../tests/data/record-2019.txt");
        let svg = runs("r".into(), &crate::record::parse(text).unwrap()).to_string();
        assert_eq!((svg.matches("class=\"curve ").count(), svg.matches("class=\"whisker ").count()), (9, 9));
        assert_eq!(svg.matches("class=\"verdict ").count(), 3);
        assert!(svg.contains("<title>521.90 transactions/s</title>"), "{svg}");
    }

    #[test]
    fn a_run_without_interim_results_is_its_rate() {
        let svg = runs("r".into(), &crate::record::parse(b"A:\n100.00\n").unwrap()).to_string();
        assert!(svg.contains("d=\"\"") && svg.contains("<title>100.00 transactions/s</title>"), "{svg}");
    }
}
