//! The document of a run. Names end in their unit.

use compat::confidence::CpuCost;
use compat::units::Unit;
use hooks::Ledger;
use serde::Serialize;

use super::end::End;
use super::load::{Load, OpenLoop};
use super::settings::Settings;
use super::{PROGRAM, VERSION};
use crate::latency::Summary;
use crate::plan::Plan;
use crate::results::Machine;
use crate::run::RunResult;
use rrserver::machine::this_machine;

const NS_PER_S: f64 = 1e9;

/// A run without results.
#[derive(Debug, Serialize)]
pub(super) struct Failed {
    pub(super) kind: &'static str,
    pub(super) version: u32,
    pub(super) program: &'static str,
    /// The exit status.
    pub(super) status: u8,
    pub(super) message: String,
}

/// A run that is over, and what was collected on the way.
#[derive(Debug, Clone, Copy)]
pub(super) struct Finished<'a> {
    pub(super) plan: &'a Plan,
    pub(super) result: &'a RunResult,
    pub(super) started_s: f64,
    pub(super) iterations: &'a [IterationShape],
    pub(super) interims: &'a [InterimShape],
    pub(super) complete: bool,
    pub(super) notes: &'a [String],
}

#[derive(Debug, Serialize)]
pub(super) struct RunReport<'a> {
    kind: &'static str,
    version: u32,
    program: &'static str,
    started_s: f64,
    settings: Settings,
    machine: Machine,
    /// It is the run that was asked for; otherwise the notes say what is missing.
    complete: bool,
    /// A signal ended it.
    interrupted: bool,
    #[serde(flatten)]
    all: IterationShape,
    round_trip: Option<Summary>,
    load: Load<'a>,
    open_loop: Option<OpenLoop>,
    client: End<'a>,
    server: End<'a>,
    hook: Option<&'a Ledger>,
    iterations: &'a [IterationShape],
    interims: &'a [InterimShape],
    notes: &'a [String],
}

impl<'a> RunReport<'a> {
    pub(super) fn of(finished: &Finished<'a>) -> Self {
        let &Finished { plan, result, started_s, iterations, interims, complete, notes } = finished;
        let cpu = result.iterations.mean().cpu;
        // In other units it is the cost of a KB.
        let cost = |cpu: CpuCost| {
            Some(cpu.service_demand).filter(|cost| plan.style.unit == Unit::Transactions && *cost >= 0.0)
        };
        Self {
            kind: "run-report",
            version: VERSION,
            program: PROGRAM,
            started_s,
            settings: Settings::of(plan),
            machine: this_machine(),
            complete,
            interrupted: result.last.interrupted,
            all: IterationShape::all(iterations),
            round_trip: Summary::of_some(&result.histogram),
            load: Load::of(plan, result),
            open_loop: OpenLoop::of(plan, result),
            client: End::client(result, cost(cpu.local)),
            server: End::server(plan, result, cost(cpu.remote)),
            hook: result.ledger.as_ref(),
            iterations,
            interims,
            notes,
        }
    }
}

/// How much happened in how long.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub(super) struct IterationShape {
    transactions: u64,
    /// Connecting and closing included.
    elapsed_ns: u64,
    transactions_per_s: f64,
}

impl IterationShape {
    pub(super) fn new(transactions: u64, elapsed_ns: u64) -> Self {
        let transactions_per_s = if elapsed_ns == 0 { 0.0 } else { transactions as f64 / elapsed_ns as f64 * NS_PER_S };
        Self { transactions, elapsed_ns, transactions_per_s }
    }

    /// Sums, and the mean of the rates, as netperf has it.
    fn all(iterations: &[Self]) -> Self {
        let sum = |pick: fn(&Self) -> u64| iterations.iter().map(pick).fold(0, u64::saturating_add);
        let rates: f64 = iterations.iter().map(|each| each.transactions_per_s).sum();
        Self {
            transactions: sum(|each| each.transactions),
            elapsed_ns: sum(|each| each.elapsed_ns),
            transactions_per_s: rates / iterations.len().max(1) as f64,
        }
    }
}

#[derive(Debug, Serialize)]
pub(super) struct InterimShape {
    /// When it ended, s since the Unix epoch.
    pub(super) ending_s: f64,
    #[serde(flatten)]
    pub(super) counted: IterationShape,
    pub(super) round_trip: Option<Summary>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_and_times_are_summed_and_rates_averaged() {
        let all =
            IterationShape::all(&[IterationShape::new(100, 1_000_000_000), IterationShape::new(600, 2_000_000_000)]);
        assert_eq!(all, IterationShape { transactions: 700, elapsed_ns: 3_000_000_000, transactions_per_s: 200.0 });
        assert_eq!(IterationShape::all(&[]), IterationShape::new(0, 0));
    }

    #[test]
    fn a_day_at_a_million_a_second_is_written_to_the_last_digit() {
        let day = IterationShape::new(86_400_000_000, 86_400_000_000_000);
        let json = serde_json::to_string(&IterationShape::all(&[day, day])).expect("JSON");
        let expected =
            "{\"transactions\":172800000000,\"elapsed_ns\":172800000000000,\"transactions_per_s\":1000000.0}";
        assert_eq!(json, expected);
    }
}
