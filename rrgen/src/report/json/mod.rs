//! Reports for programs: one line of JSON each, described by `schema/rrgen.schema.json`.

mod comparison;
mod record;

use serde::Serialize;

pub(super) use comparison::of_comparison;
pub(super) use record::of_record;

use crate::stats::contrast::Effect;
use crate::stats::interval::Interval;

/// Version of the report formats; any change of meaning raises it.
const VERSION: u32 = 1;

/// An interval with its coverage as a probability.
#[derive(Debug, Serialize)]
struct IntervalShape {
    low: f64,
    high: f64,
    coverage: f64,
}

impl From<Interval> for IntervalShape {
    fn from(Interval { low, high, coverage }: Interval) -> Self {
        Self { low, high, coverage }
    }
}

/// An estimate with its intervals, where there are enough rounds for them.
#[derive(Debug, Serialize)]
struct EffectShape {
    estimate: f64,
    interval_95: Option<IntervalShape>,
    interval_99: Option<IntervalShape>,
}

impl From<Effect> for EffectShape {
    fn from(Effect { estimate, p95, p99 }: Effect) -> Self {
        Self { estimate, interval_95: p95.map(Into::into), interval_99: p99.map(Into::into) }
    }
}

/// The reasons against a verdict, in words.
fn told<V>(verdict: &Result<V, Vec<impl ToString>>) -> Vec<String> {
    verdict.as_ref().err().into_iter().flatten().map(ToString::to_string).collect()
}

fn line(report: &impl Serialize) -> String {
    let mut json = serde_json::to_string(report).expect("reports have string keys only");
    json.push('\n');
    json
}
