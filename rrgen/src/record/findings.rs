//! What a record shows, and what it cannot show.
//!
//! The record of 2019 concludes from three means. Here the same means come with the reasons why more rounds, in
//! another order, would be needed before anything may be concluded.

use thiserror::Error;

use super::{Group, Record, Run, in_order};
use crate::stats::contrast::Contrast;
use crate::stats::interval::Level;
use crate::stats::round::{Cycle, Round};
use crate::stats::scale::{self, reciprocal};
use crate::stats::verdict::{Margin, Verdict, judge};
use crate::stats::withheld::{Conditions, Withheld};

/// The heading of the variant without a hook.
const BASELINE: &str = "baseline";

/// The heading of its second half, against which noise is measured.
const BASELINE_AGAIN: &str = "baseline'";

/// The fewest runs in which a trend is looked for: two runs always fall or rise.
const TREND_RUNS: usize = 3;

/// What a record shows.
#[derive(Debug, Clone, PartialEq)]
pub struct Findings {
    /// The variants, in the record's order.
    pub groups: Vec<Summary>,
    /// How their runs followed each other.
    pub order: Order,
    /// Every variant against the baseline, then the others against each other.
    pub comparisons: Vec<Comparison>,
}

/// The runs of one variant.
#[derive(Debug, Clone, PartialEq)]
pub struct Summary {
    /// Its heading.
    pub name: String,
    /// The rates of its runs in the order in which they ran, transactions per second.
    pub rates: Vec<f64>,
    /// Interim lines in all its runs.
    pub interim_lines: usize,
    /// Arithmetic mean of the rates.
    pub mean_rate: f64,
}

impl Summary {
    fn new(group: &Group) -> Self {
        let rates: Vec<f64> = in_order(group.runs.iter(), |run| run).into_iter().map(|run| run.rate).collect();
        let mean_rate = rates.iter().sum::<f64>() / rates.len() as f64;
        let interim_lines = group.runs.iter().map(|run| run.interim.len()).sum();
        Self { name: group.name.clone(), rates, interim_lines, mean_rate }
    }

    /// The change from the first run to the last, %, if every run was slower than the one before it or every run
    /// faster, and it all adds up to more than `margin`.
    fn drift_percent(&self, margin: Margin) -> Option<f64> {
        let all = |holds: fn(&[f64]) -> bool| self.rates.windows(2).all(holds);
        let one_way = all(|pair| pair[0] > pair[1]) || all(|pair| pair[0] < pair[1]);
        let (first, last) = (self.rates.first()?, self.rates.last()?);
        let percent = scale::rate_percent((last / first).ln());
        (self.rates.len() >= TREND_RUNS && one_way && percent.abs() > margin.percent()).then_some(percent)
    }
}

/// How the runs of different variants followed each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Order {
    /// Every variant once, then every variant again, and so on.
    Rounds,
    /// In any other way; mostly all runs of a variant in one block.
    Blocks,
}

/// One variant against another.
#[derive(Debug, Clone, PartialEq)]
pub struct Comparison {
    /// Place of the variant among the groups.
    pub variant: usize,
    /// Place of what it is compared with.
    pub reference: usize,
    /// Mean rate of the variant over mean rate of the reference.
    pub ratio: f64,
    /// Estimate and interval, if the runs came in rounds.
    pub contrast: Option<Contrast>,
    /// The verdict, or why there is none.
    pub verdict: Result<Verdict, Vec<Doubt>>,
}

impl Comparison {
    /// The effect on the rate by the means, %.
    #[must_use]
    pub fn percent(&self) -> f64 {
        scale::rate_percent(self.ratio.ln())
    }
}

/// Why a record gives no verdict.
#[derive(Debug, Clone, PartialEq, Error)]
pub enum Doubt {
    /// Drift between blocks cannot be told from an effect.
    #[error("{runs} runs of a variant in blocks give no 95 % interval: drift between blocks counts as effect")]
    Blocks {
        /// The most runs that a variant has.
        runs: usize,
    },
    /// The drift is visible.
    #[error("{name} drifts within its block: {percent:+.1} % from its first run to its last")]
    Drift {
        /// The variant.
        name: String,
        /// From the first run to the last, % of the rate.
        percent: f64,
    },
    /// Nothing says how much identical variants differ.
    #[error("the noise floor is not known: there is no second baseline")]
    NoNoiseFloor,
    /// What the statistics have against it.
    #[error("{reason}: {advice}", reason = .0, advice = .0.advice())]
    Statistics(#[from] Withheld),
}

/// What `record` shows, and a verdict where it allows one.
#[must_use]
pub fn findings(record: &Record, margin: Margin) -> Findings {
    let groups: Vec<Summary> = record.groups.iter().map(Summary::new).collect();
    let order = order(record);
    let judge = Judge { groups: &groups, order, margin };
    let baseline = position(&groups, BASELINE).unwrap_or(0);
    let others: Vec<usize> = (0..groups.len()).filter(|&group| group != baseline).collect();
    let against_baseline = others.iter().map(|&variant| (variant, baseline));
    let each_other = others
        .iter()
        .enumerate()
        .flat_map(|(place, &variant)| others[place + 1..].iter().map(move |&reference| (variant, reference)));
    let comparisons =
        against_baseline.chain(each_other).map(|(variant, reference)| judge.compare(variant, reference)).collect();
    Findings { groups, order, comparisons }
}

fn position(groups: &[Summary], name: &str) -> Option<usize> {
    groups.iter().position(|group| group.name.eq_ignore_ascii_case(name))
}

struct Judge<'a> {
    groups: &'a [Summary],
    order: Order,
    margin: Margin,
}

impl Judge<'_> {
    fn compare(&self, variant: usize, reference: usize) -> Comparison {
        let ratio = self.groups[variant].mean_rate / self.groups[reference].mean_rate;
        let contrast = self.contrast(variant, reference);
        let verdict = match &contrast {
            Some(contrast) => self.judge(contrast),
            None => Err(self.doubts_about_blocks(variant, reference)),
        };
        Comparison { variant, reference, ratio, contrast, verdict }
    }

    /// The contrast over rounds: the n-th runs of both variants are one round.
    fn contrast(&self, variant: usize, reference: usize) -> Option<Contrast> {
        if self.order != Order::Rounds {
            return None;
        }
        let pairs = self.groups[reference].rates.iter().zip(&self.groups[variant].rates);
        let cycle = |(reference, variant): (&f64, &f64)| Cycle {
            reference_ns: reciprocal(*reference),
            variant_ns: reciprocal(*variant),
        };
        let rounds: Result<Vec<Round>, _> = pairs.map(|pair| Round::from_cycles(&[cycle(pair)])).collect();
        Contrast::from_rounds(&rounds.ok()?).ok()
    }

    fn judge(&self, contrast: &Contrast) -> Result<Verdict, Vec<Doubt>> {
        let noise_floor = position(self.groups, BASELINE)
            .zip(position(self.groups, BASELINE_AGAIN))
            .and_then(|(baseline, again)| self.contrast(again, baseline));
        match noise_floor {
            Some(noise_floor) => judge(contrast, &noise_floor, &Conditions::default(), self.margin)
                .map_err(|reasons| reasons.into_iter().map(Doubt::from).collect()),
            None => {
                let too_few = Withheld::TooFewRounds { rounds: contrast.rounds, level: Level::P95 };
                let without_interval = contrast.log_rate.p95.is_none().then_some(too_few.into());
                Err(std::iter::once(Doubt::NoNoiseFloor).chain(without_interval).collect())
            }
        }
    }

    fn doubts_about_blocks(&self, variant: usize, reference: usize) -> Vec<Doubt> {
        let runs = self.groups.iter().map(|group| group.rates.len()).max().unwrap_or(0);
        let drift = |group: usize| {
            let Summary { name, .. } = &self.groups[group];
            let percent = self.groups[group].drift_percent(self.margin)?;
            Some(Doubt::Drift { name: name.clone(), percent })
        };
        [Some(Doubt::Blocks { runs }), drift(variant), drift(reference)].into_iter().flatten().collect()
    }
}

fn order(record: &Record) -> Order {
    let variants = record.groups.len();
    let is_round =
        |runs: &[(usize, &Run)]| (0..variants).all(|variant| runs.iter().any(|(group, _)| *group == variant));
    if record.runs_in_order().chunks(variants.max(1)).all(is_round) { Order::Rounds } else { Order::Blocks }
}
