//! What an iteration comes to, in netperf's arithmetic: the figures whose means are printed.

use compat::args::Ends;
use compat::confidence::{CpuCost, Outcome};
use compat::elapsed::{self, CpuLoad};
use compat::units::Unit;

use super::Iteration;

/// The figures of `iteration`; bytes are the server's, as in netperf.
pub(super) fn figures(unit: Unit, iteration: &Iteration) -> Outcome {
    let elapsed = elapsed::seconds(0, iteration.flow.elapsed_ns);
    let transactions = iteration.flow.transactions;
    let bytes = iteration.results.bytes_received + iteration.results.bytes_sent;
    let load = |cpu: Option<compat::wire::RemoteCpu>| cpu.map(|cpu| CpuLoad { busy: cpu.busy, cpus: cpu.cpus });
    let (local, remote) = (load(iteration.flow.cpu), load(iteration.results.cpu));
    let cost = |load: Option<CpuLoad>, reckoned: Option<CpuLoad>| {
        load.zip(reckoned).map_or(CpuCost::UNMEASURED, |(load, reckoned)| CpuCost {
            busy: load.busy,
            service_demand: elapsed::service_demand(unit, transactions, bytes, elapsed, reckoned),
        })
    };
    let as_local = |remote: CpuLoad| local.map_or(remote, |local| remote.or_local(local));
    Outcome {
        elapsed,
        throughput: unit.rate(unit.count(transactions, bytes), elapsed.into()),
        cpu: Ends { local: cost(local, local), remote: cost(remote, remote.map(as_local)) },
    }
}
