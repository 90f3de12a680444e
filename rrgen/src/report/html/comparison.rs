//! The report on a comparison: first what it says, then how it came about, at last under which conditions.

use std::path::Path;

use super::article::{Article, figure};
use super::conditions::conditions;
use super::contrasts::{contrasts, names, rows};
use super::date::utc;
use super::distribution::distribution;
use super::forest::forest;
use super::ledger::ledger;
use super::markup::{Element, element};
use super::rounds::{Series, percents, rounds};
use super::tone::Tone;
use super::variants::variants;
use crate::analysis::{Analysis, ContrastFigures};
use crate::report::facts::{self, is_unfinished, repeats};
use crate::report::words::each_once;
use crate::results::Results;

const HOW_TO_READ: &str = "A point is the estimate, a line its 95 % interval, the shaded band the margin: changes that \
    are too small to matter. The first row is the baseline against itself: the noise floor.";

const ROUND_BY_ROUND: &str = "Every point is one round over fresh connections: the change of the rate. The dashed line is \
    the estimate over all rounds with its 95 % interval around it, the blue band the margin.";

const DISTRIBUTION: &str = "All round trips of all rounds. Equal distances are equal factors, upwards in time and to the \
    right in the share of slower round trips. They are those of a closed loop: the next request waits for the last response.";

/// The `number`-th report of a page, on results that were saved in `file` or have just been measured.
pub(super) fn comparison(number: usize, file: Option<&Path>, results: &Results, analysis: &Analysis) -> Element {
    let mut article = Article::new(number, &heading(analysis), &about(file, results));
    if is_unfinished(results, analysis) {
        let rounds = format!("{} rounds were measured, and this report is about those.", facts::rounds(results));
        article.notice("The comparison was not finished", &[rounds]);
    }
    article.notice("Why there is no verdict", &withheld(analysis));
    let chart = forest(article.id("forest"), &rows(analysis), analysis.margin);
    article.section("effects", "Effects", vec![figure(chart, HOW_TO_READ), contrasts(analysis)]);
    let panels = panels(&article, results, analysis);
    article.section("rounds", "Round by round", vec![element("p").text(ROUND_BY_ROUND), panels]);
    let curves = distribution(article.id("distribution"), &analysis.variants);
    let curves = curves.map(|chart| figure(chart, DISTRIBUTION));
    article.section("variants", "Variants", curves.into_iter().chain([variants(analysis)]).collect());
    article.section("ledger", "Ledger", ledger(results));
    article.section("conditions", "Conditions", conditions(results, analysis.margin));
    article.finish()
}

/// The variants that are not the baseline; all of them if there is no other.
fn heading(analysis: &Analysis) -> String {
    let names: Vec<&str> = analysis.variants.iter().map(|variant| variant.name.as_str()).collect();
    match &names[..] {
        [baseline, _, others @ ..] if !others.is_empty() => format!("{} against {baseline}", others.join(", ")),
        all => all.join(" against "),
    }
}

fn about(file: Option<&Path>, results: &Results) -> String {
    let header = &results.header;
    let saved = file.map_or_else(String::new, |file| format!("; saved in {}", file.display()));
    format!("Begun {} with {}{saved}", utc(header.started_s), header.program)
}

/// Every reason against a verdict, with what to do about it.
fn withheld(analysis: &Analysis) -> Vec<String> {
    let reasons = analysis.contrasts.iter().filter_map(|figures| figures.verdict.as_ref().err()).flatten();
    each_once(reasons.map(|reason| format!("{reason}: {}", reason.advice())))
}

fn panels(article: &Article, results: &Results, analysis: &Analysis) -> Element {
    let repeated: Vec<u32> = repeats(results).map(|(round, _)| round).collect();
    let panel = |(place, figures): (usize, &ContrastFigures)| {
        let [variant, reference] = names(figures, analysis);
        let name = format!("{variant} / {reference}");
        let series = Series {
            name: &name,
            percents: percents(figures.rounds.iter().map(|round| round.log_rate)),
            effect: figures.contrast.rate_percent(),
            tone: Tone::of(&figures.verdict),
            repeated: &repeated,
        };
        let chart = rounds(article.id(&format!("rounds-{place}")), &series, analysis.margin);
        element("figure").holding([element("h3").text(&name), chart])
    };
    element("div").class("panels").holding(analysis.contrasts.iter().enumerate().map(panel))
}
