//! What the test took at either end, for people: a line for the CPU, and one for the connection.

use hooks::ledger::printable;
use rrserver::{EndReport, TcpReport};

use crate::plan::Plan;
use crate::run::Iteration;

/// Both ends that are known, by name.
fn ends(iteration: &Iteration) -> impl Iterator<Item = (&'static str, &EndReport)> {
    let server = iteration.server.as_ref().map(|server| ("server", &server.end));
    [("client", &iteration.flow.report)].into_iter().chain(server)
}

/// The lines of both ends.
pub(super) fn lines(iteration: &Iteration) -> Vec<String> {
    let cpu = ends(iteration).filter_map(|(name, report)| cpu(name, report));
    let of = if iteration.flow.fairness.is_some() { "us, of the first flow" } else { "us" };
    let tcp = ends(iteration).filter_map(|(name, report)| Some(tcp(name, of, report.tcp.as_ref()?)));
    cpu.chain(tcp).collect()
}

/// Where an end did not wait as it was asked to.
pub(super) fn shortfalls(iteration: &Iteration) -> Vec<String> {
    let shortfall =
        |(name, report): (&str, &EndReport)| Some(format!("--wait: {name}: {}", printable(report.shortfall.as_ref()?)));
    ends(iteration).filter_map(shortfall).collect()
}

/// Where an end did not run as `-T` says. What a stock netserver did nobody knows.
pub(super) fn unbound(plan: &Plan, iteration: &Iteration) -> Vec<String> {
    let client = iteration.flow.unbound.as_ref().map(|error| format!("-T: {error}; a data thread ran unbound"));
    let threads = iteration.server.iter().flat_map(|server| &server.threads).enumerate();
    let cpus = &plan.test.load.remote.cpus;
    let server = threads.filter(|(_, thread)| thread.cpu.is_none()).find_map(|(number, _)| cpus.of_thread(number));
    let server = server.map(|cpu| format!("-T: the server cannot bind to CPU {cpu}; a data thread of its ran unbound"));
    client.into_iter().chain(server).collect()
}

/// `None` where the kernel does not say.
fn cpu(name: &str, report: &EndReport) -> Option<String> {
    let cpu = report.cpu?;
    let percent = |ns| cpu.percent(ns);
    let demand = cpu.service_demand_us(report.transactions).map_or_else(|| "-".into(), |us| format!("{us:.2}"));
    let threads = report.threads;
    let thread_percent = 100.0 * threads.cpu_ns as f64 / report.elapsed_ns.max(1) as f64;
    Some(format!(
        "{name} CPU: {:.1} % of {} busy (user {:.1} system {:.1} irq {:.1} softirq {:.1} steal {:.1}), {demand} us/trans; \
         data thread {thread_percent:.1} % of one, {} voluntary and {} involuntary switches",
        percent(cpu.busy_ns()),
        cpu.cpus,
        percent(cpu.user_ns),
        percent(cpu.system_ns),
        percent(cpu.irq_ns),
        percent(cpu.softirq_ns),
        percent(cpu.steal_ns),
        threads.voluntary_switches,
        threads.involuntary_switches,
    ))
}

/// `of` says in what unit the kernel's round-trip time is, and whose it is; retransmits are those of all flows.
fn tcp(name: &str, of: &str, tcp: &TcpReport) -> String {
    let us = |ns: u64| ns / NS_PER_US;
    let min = tcp.min_rtt_ns.map_or_else(|| "-".into(), |ns| us(ns).to_string());
    let segment = tcp.max_segment.map_or_else(|| "-".into(), |bytes| bytes.to_string());
    format!(
        "{name} TCP: {} MSS {segment}, kernel's rtt ({of}) {} var {} min {min}, {} retransmits",
        printable(&tcp.congestion_control),
        us(tcp.rtt_ns),
        us(tcp.rttvar_ns),
        tcp.retransmits,
    )
}

const NS_PER_US: u64 = 1000;
