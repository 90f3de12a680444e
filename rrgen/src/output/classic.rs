//! The banner and the tables, filled in from a run.

use compat::args::Ends;
use compat::confidence::CpuCost;
use compat::text::banner::{Banner, ConfidenceGoal, Endpoint};
use compat::text::table::{Classic, CpuFigures, End};
use compat::units::Unit;
use compat::wire::RemoteCpu;

use crate::plan::Plan;
use crate::run::RunResult;

/// What netperf shows of the buffers of a server that it has not spoken to (`-N`).
const UNKNOWN: i32 = -1;

/// The first line.
pub(super) fn banner(plan: &Plan, source: &Endpoint, destination: &Endpoint) -> Banner {
    Banner {
        test: plan.test.kind,
        source: source.clone(),
        destination: destination.clone(),
        confidence: plan.confidence.map(|goal| ConfidenceGoal {
            level: goal.level.into(),
            width: goal.width,
            result_only: plan.result_only,
        }),
        nodelay: plan.test.local_socket.nodelay,
        copy_avoidance: plan.test.copy_avoidance,
        no_control: plan.target.no_control,
        first_burst: plan.test.burst as i32,
        cpu_bind: plan.style.cpu_bind,
    }
}

/// netperf's tables: means over the iterations, and settings of the last.
pub(super) fn classic(plan: &Plan, result: &RunResult) -> Classic {
    let last = &result.last;
    let mean = result.iterations.mean();
    let buffers = &plan.test.buffers;
    let remote_buffers = |value: u32| if plan.target.no_control { UNKNOWN } else { value as i32 };
    let Ends { local: local_cpu, remote: remote_cpu } = mean.cpu;
    Classic {
        test: plan.test.kind,
        verbosity: plan.style.verbosity,
        headings: plan.style.headings,
        brand: plan.style.brand.clone(),
        warning: result.iterations.warning(),
        local: End {
            send_buffer: last.local.send_buffer as i32,
            recv_buffer: last.local.recv_buffer as i32,
            alignment: buffers.alignment.local.send as i32,
            offset: buffers.offset.local.send as i32,
            cpu: cpu_figures(last.flow.cpu, local_cpu),
        },
        remote: End {
            send_buffer: last.response.send_buffer,
            recv_buffer: last.response.recv_buffer,
            alignment: remote_buffers(buffers.alignment.remote.recv),
            offset: remote_buffers(buffers.offset.remote.recv),
            cpu: cpu_figures(last.results.cpu, remote_cpu),
        },
        request_size: plan.test.request_size as i32,
        response_size: plan.test.response_size as i32,
        elapsed: mean.elapsed,
        unit: plan.style.unit,
        throughput: mean.throughput,
        transaction_rate: transaction_rate(result),
        // What it is for is the round trip that the rate stands for.
        first_burst: beyond_the_first(plan),
        open_loop_round_trip_us: result.open_loop_round_trip_us(),
    }
}

/// Requests in flight beyond the first, over all flows.
fn beyond_the_first(plan: &Plan) -> i32 {
    let in_flight = u64::from(plan.test.load.local.flows) * (u64::from(plan.test.burst) + 1);
    i32::try_from(in_flight - 1).unwrap_or(i32::MAX)
}

/// Of the last iteration, whatever the unit.
fn transaction_rate(result: &RunResult) -> f64 {
    let elapsed = compat::elapsed::seconds(0, result.last.flow.elapsed_ns);
    Unit::Transactions.rate(result.last.flow.transactions as f64, elapsed.into())
}

fn cpu_figures(measured: Option<RemoteCpu>, mean: CpuCost) -> Option<CpuFigures> {
    let CpuCost { busy, service_demand } = mean;
    measured.map(|cpu| CpuFigures { busy, service_demand, method: cpu.method })
}
