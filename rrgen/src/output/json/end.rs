//! What either end tells of its socket, its CPUs and its connection, at the end of the last iteration.

use compat::wire::RemoteCpu;
use rrserver::EndReport;
use rrserver::data::TcpInfo;
use serde::Serialize;

use crate::plan::Plan;
use crate::run::RunResult;

#[derive(Debug, Serialize)]
pub(super) struct End<'a> {
    /// Address and port that were asked for; port 0 is any.
    address: String,
    send_buffer_bytes: Option<u32>,
    receive_buffer_bytes: Option<u32>,
    send_calls: u64,
    receive_calls: u64,
    sent_bytes: u64,
    received_bytes: u64,
    cpu: Option<Cpu>,
    tcp: Option<Tcp>,
    /// Counts and costs of the test without its warm-up, as rrgen and rrserver know them.
    report: Option<&'a EndReport>,
}

/// Percent of the time, averaged over all CPUs of the host.
#[derive(Debug, Serialize)]
struct Cpu {
    cpus: u32,
    busy_percent: f32,
    user_percent: f32,
    system_percent: f32,
    iowait_percent: f32,
    irq_percent: f32,
    softirq_percent: f32,
    /// Mean over the iterations.
    service_demand_us_per_transaction: Option<f32>,
}

/// The kernel's view; what an end does not tell is null.
#[derive(Debug, Serialize)]
struct Tcp {
    retransmits: u32,
    rtt_us: Option<u32>,
    rtt_variance_us: Option<u32>,
    congestion_window_segments: Option<u32>,
    congestion_control: Option<String>,
    max_segment_bytes: Option<u32>,
}

impl<'a> End<'a> {
    pub(super) fn client(result: &'a RunResult, cost: Option<f32>) -> Self {
        let (flow, source) = (&result.last.flow, &result.source);
        let told = |info: TcpInfo| Tcp {
            retransmits: info.total_retransmits,
            rtt_us: Some(info.dump.rtt),
            rtt_variance_us: Some(info.dump.rttvar),
            congestion_window_segments: Some(info.dump.snd_cwnd),
            congestion_control: some(&flow.at_end.congestion_control),
            max_segment_bytes: result.max_segment,
        };
        Self {
            address: source.address.to_string(),
            send_buffer_bytes: Some(flow.at_end.send_buffer),
            receive_buffer_bytes: Some(flow.at_end.recv_buffer),
            send_calls: flow.traffic.send_calls,
            receive_calls: flow.traffic.recv_calls,
            sent_bytes: flow.traffic.bytes_sent,
            received_bytes: flow.traffic.bytes_received,
            cpu: flow.cpu.map(|cpu| Cpu::new(cpu, cost)),
            tcp: flow.at_end.tcp_info.map(told),
            report: Some(&flow.report),
        }
    }

    /// As the server told it; without a control connection (`-N`) it told nothing.
    pub(super) fn server(plan: &Plan, result: &'a RunResult, cost: Option<f32>) -> Self {
        let results = &result.last.results;
        let size = |bytes: i32| u32::try_from(bytes).ok().filter(|_| !plan.target.no_control);
        let retransmits = u32::try_from(results.retransmits).ok().filter(|_| !plan.target.no_control);
        Self {
            address: result.destination.address.to_string(),
            send_buffer_bytes: size(results.send_buffer),
            receive_buffer_bytes: size(results.recv_buffer),
            send_calls: results.send_calls.into(),
            receive_calls: results.recv_calls.into(),
            sent_bytes: results.bytes_sent,
            received_bytes: results.bytes_received,
            cpu: results.cpu.map(|cpu| Cpu::new(cpu, cost)),
            tcp: retransmits.map(|retransmits| Tcp {
                retransmits,
                rtt_us: None,
                rtt_variance_us: None,
                congestion_window_segments: None,
                congestion_control: some(&results.congestion_control),
                max_segment_bytes: None,
            }),
            report: result.last.server.as_ref().map(|server| &server.end),
        }
    }
}

impl Cpu {
    fn new(cpu: RemoteCpu, cost: Option<f32>) -> Self {
        Self {
            cpus: cpu.cpus,
            busy_percent: cpu.busy,
            user_percent: cpu.user,
            system_percent: cpu.system,
            iowait_percent: cpu.iowait,
            irq_percent: cpu.irq,
            softirq_percent: cpu.softirq,
            service_demand_us_per_transaction: cost,
        }
    }
}

fn some(text: &str) -> Option<String> {
    (!text.is_empty()).then(|| text.to_owned())
}
