//! What a client is told when its test is over: netperf's results, and the report that it may ask for.

use std::time::Duration;

use compat::wire::{OmniRequest, OmniResults, saturated};

use super::plan::{Kind, Plan};
use super::watching::Watched;
use crate::EndReport;
use crate::data::AtEnd;
use crate::load::{LoadReport, ThreadReport};

/// What netperf reports as the retransmits of a test without one connection to count them on.
const NO_RETRANSMITS: i32 = -1;

/// The results message. What a timed test took beyond its time was only the backstop's grace; the CPU of a warm-up that
/// the client told of is not in it.
pub(super) fn results(watched: &Watched, plan: &Plan, request: &OmniRequest) -> OmniResults {
    let outcome = &watched.outcome;
    let elapsed = Duration::from_nanos(outcome.elapsed_ns);
    let elapsed = plan.seconds.filter(|_| watched.backstopped).map_or(elapsed, |seconds| elapsed.min(seconds));
    let AtEnd { send_buffer, recv_buffer, tcp_info, congestion_control, .. } = outcome.at_end.clone();
    let one_connection = plan.kind == Kind::Stream;
    let usage = || {
        let (before, after) = outcome.readings.as_ref()?;
        after.usage_since(watched.warmed_up.as_ref().unwrap_or(before))
    };
    OmniResults {
        errno: 0,
        bytes_received: outcome.traffic.bytes_received,
        recv_calls: saturated(outcome.traffic.recv_calls),
        recv_buffer: recv_buffer as i32,
        bytes_sent: outcome.traffic.bytes_sent,
        send_calls: saturated(outcome.traffic.send_calls),
        send_buffer: send_buffer as i32,
        transactions: saturated(outcome.transactions),
        elapsed: elapsed.as_secs_f32(),
        cpu: plan.measure_cpu.then(usage).flatten(),
        retransmits: tcp_info.filter(|_| one_connection).map_or(NO_RETRANSMITS, |info| info.total_retransmits as i32),
        congestion_control: if request.allow_routing && one_connection { congestion_control } else { String::new() },
    }
}

/// What the client may ask for beyond the results.
pub(super) fn report(watched: &Watched, plan: &Plan) -> LoadReport {
    let outcome = &watched.outcome;
    let cpu = plan.cpu_of(0).filter(|_| outcome.unbound.is_none());
    let only = ThreadReport { cpu, flows: plan.load.flows, transactions: outcome.transactions };
    let end = end_report(watched);
    LoadReport {
        flows: plan.load.flows,
        retransmits: end.tcp.as_ref().map_or(0, |tcp| tcp.retransmits),
        threads: if outcome.threads.is_empty() { vec![only] } else { outcome.threads.clone() },
        end,
    }
}

/// What was counted covers the whole test, what was spent begins where the client's warm-up was over.
fn end_report(watched: &Watched) -> EndReport {
    let outcome = &watched.outcome;
    let before = watched.warmed_up.as_ref().map_or(0, |reading| reading.retransmits);
    let counted = EndReport::of_connection(outcome.transactions, &outcome.traffic, &outcome.at_end, before);
    let Some((start, end)) = &outcome.readings else { return counted };
    let spent = end.since(watched.warmed_up.as_ref().unwrap_or(start));
    EndReport {
        elapsed_ns: spent.elapsed_ns,
        cpu: spent.cpu,
        threads: spent.threads,
        shortfall: outcome.shortfall.clone(),
        ..counted
    }
}
