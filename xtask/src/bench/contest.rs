//! Contenders that take turns, in a random order in each round, so that all share the machine's mood.

use std::fmt;

use anyhow::Context;
use rrgen::stats::interval::{Interval, Level};
use rrgen::stats::signed_rank::SignedRank;

/// Somebody who measures a rate, transactions per second, in a fraction of a second.
pub(super) struct Contender<'a> {
    pub(super) name: &'a str,
    pub(super) run: Box<dyn Fn() -> anyhow::Result<f64> + 'a>,
}

impl<'a> Contender<'a> {
    pub(super) fn new(name: &'a str, run: impl Fn() -> anyhow::Result<f64> + 'a) -> Self {
        Self { name, run: Box::new(run) }
    }
}

/// The rate of every contender in every round.
pub(super) fn alternate(
    contenders: &[Contender<'_>],
    rounds: u16,
    order: &mut fastrand::Rng,
) -> anyhow::Result<Vec<Vec<f64>>> {
    let mut rates = vec![Vec::with_capacity(rounds.into()); contenders.len()];
    let mut turn: Vec<usize> = (0..contenders.len()).collect();
    for _ in 0..rounds {
        order.shuffle(&mut turn);
        for &index in &turn {
            let contender = &contenders[index];
            rates[index].push((contender.run)().context(contender.name.to_owned())?);
        }
    }
    Ok(rates)
}

/// How one contender's rates stand to another's of the same rounds.
pub(super) struct Ratio {
    centre: f64,
    interval: Option<Interval>,
    median_rate: f64,
}

impl Ratio {
    pub(super) fn of(own: &[f64], reference: &[f64]) -> anyhow::Result<Self> {
        let logs: Vec<f64> = own.iter().zip(reference).map(|(own, reference)| (own / reference).ln()).collect();
        let sample = SignedRank::new(&logs)?;
        Ok(Self { centre: sample.centre().exp(), interval: sample.interval(Level::P95), median_rate: median(own) })
    }
}

impl fmt::Display for Ratio {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:.4} ", self.centre)?;
        match &self.interval {
            Some(interval) => write!(f, "[{:.4}, {:.4}]", interval.low.exp(), interval.high.exp())?,
            None => f.write_str("(too few rounds for an interval)")?,
        }
        write!(f, "   median {:.0} trans/s", self.median_rate)
    }
}

fn median(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted[sorted.len() / 2]
}
