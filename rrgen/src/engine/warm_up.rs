//! Transactions that nobody measures: they open congestion windows, fill caches and wake CPUs up.
//!
//! A warm-up is a run of its own, and it ends with nothing in flight. So the measured run starts as it would without one,
//! through the same loop, and whoever has something to do between the two (reading counters, telling the server) keeps
//! no response waiting.

use hooks::Verdict;
use rrserver::data::Transport;

use super::{Clock, Count, Flow, Pacer, Recorder, Stop, run_flow};

/// Runs transactions until `stop`, and receives what is still in flight then; ends early as [`run_flow`] does.
pub fn warm_up(
    transport: &mut impl Transport,
    clock: &impl Clock,
    start_ns: u64,
    pacer: &mut impl Pacer,
    stop: &impl Stop,
    recorder: &mut impl Recorder,
    mut hook: impl FnMut(&[u8]) -> Verdict,
) -> Flow {
    let flow = run_flow(transport, clock, start_ns, pacer, stop, recorder, &mut hook);
    let in_flight = Count { transactions: pacer.drain() };
    if in_flight.transactions == 0 || !flow.has_stopped() {
        return flow;
    }
    let rest = run_flow(transport, clock, flow.last_ns, pacer, &in_flight, recorder, hook);
    flow.then(rest)
}
