//! How many flows there were, how they were served and brought up, and what became of an offered load.

use rrserver::LoadTerms;
use rrserver::load::ThreadReport;
use serde::Serialize;

use crate::latency::Summary;
use crate::plan::{ArrivalKind, Plan, WarmUp};
use crate::run::{Fairness, RunResult, WarmedUp};

#[derive(Debug, Serialize)]
pub(super) struct Load<'a> {
    flows: u32,
    client_threads: u32,
    server_threads: u32,
    /// As `-T` lists them.
    client_cpus: Option<String>,
    server_cpus: Option<String>,
    client_wait: String,
    server_wait: String,
    client_engine: String,
    server_engine: String,
    ramp_ns: Option<u64>,
    warm_up_ns: Option<u64>,
    warm_up_transactions: Option<u32>,
    /// What ramp and warm-up really did, which is in no result.
    warmed_up: Option<WarmedUp>,
    /// How evenly many flows got on, in transactions per second and flow.
    fairness: Option<Evenness>,
    /// What every data thread of a server of ours did, in the order of their flows.
    server_thread_reports: Option<&'a [ThreadReport]>,
}

#[derive(Debug, Serialize)]
struct Evenness {
    slowest_per_s: f64,
    median_per_s: f64,
    fastest_per_s: f64,
}

impl<'a> Load<'a> {
    pub(super) fn of(plan: &Plan, result: &'a RunResult) -> Self {
        let test = &plan.test;
        let (warm_up_ns, warm_up_transactions) = match test.warm_up {
            None => (None, None),
            Some(WarmUp::Time(time)) => (Some(time.as_nanos() as u64), None),
            Some(WarmUp::Transactions(count)) => (None, Some(count)),
        };
        let evenness =
            |of: Fairness| Evenness { slowest_per_s: of.slowest, median_per_s: of.median, fastest_per_s: of.fastest };
        let cpus = |terms: &LoadTerms| (!terms.cpus.is_empty()).then(|| terms.cpus.to_string());
        Self {
            flows: test.load.local.flows,
            client_threads: test.load.local.threads,
            // Every control connection has its own.
            server_threads: if test.load.control_per_flow { test.load.local.flows } else { test.load.remote.threads },
            client_cpus: cpus(&test.load.local),
            server_cpus: cpus(&test.load.remote),
            client_wait: test.load.local.wait.to_string(),
            server_wait: test.load.remote.wait.to_string(),
            client_engine: test.load.local.engine.to_string(),
            server_engine: test.load.remote.engine.to_string(),
            ramp_ns: test.ramp.map(|ramp| ramp.as_nanos() as u64),
            warm_up_ns,
            warm_up_transactions,
            warmed_up: result.last.flow.warmed_up,
            fairness: result.last.flow.fairness.map(evenness),
            server_thread_reports: result.last.server.as_ref().map(|server| &server.threads[..]),
        }
    }
}

/// All iterations together; the round trips beside it count from the intended start.
#[derive(Debug, Serialize)]
pub(super) struct OpenLoop {
    rate_per_s: f64,
    process: &'static str,
    seed: Option<u32>,
    arrivals: u64,
    achieved_per_s: f64,
    /// Arrivals that found every flow busy.
    late: u64,
    longest_backlog: u64,
    longest_delay_ns: u64,
    /// Arrivals that had not been sent when the run ended.
    unsent: u64,
    /// Requests that had not been answered.
    unanswered: u64,
    /// How long the oldest of either had waited.
    oldest_ns: u64,
    /// Round trips from when requests really went out.
    service_time: Option<Summary>,
}

impl OpenLoop {
    pub(super) fn of(plan: &Plan, result: &RunResult) -> Option<Self> {
        let (asked, open) = plan.test.open.zip(result.open.as_ref())?;
        let (process, seed) = match asked.arrivals {
            ArrivalKind::Uniform => ("uniform", None),
            ArrivalKind::Poisson { seed } => ("poisson", Some(seed)),
        };
        let counts = open.counts;
        Some(Self {
            rate_per_s: asked.rate,
            process,
            seed,
            arrivals: counts.arrivals,
            achieved_per_s: open.achieved(),
            late: counts.late,
            longest_backlog: counts.longest_backlog,
            longest_delay_ns: counts.longest_delay_ns,
            unsent: counts.unsent(),
            unanswered: counts.unanswered,
            oldest_ns: counts.oldest_ns,
            service_time: Summary::of_some(&open.service),
        })
    }
}
