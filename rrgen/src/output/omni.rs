//! Everything the omni selectors can show, filled in from a run.

use compat::args::Directions;
use compat::elapsed;
use compat::omni::{Confidence, Cpu, DataAddress, End, Group, Latency, Protocol, Side, Values};
use compat::text::Test;
use compat::text::banner::Endpoint;
use compat::wire::{Family, SocketType};
use rrserver::data::{SocketOptions, Traffic};

use super::uuid;
use crate::plan::{Chosen, Plan};
use crate::run::RunResult;

/// What netperf shows for a count that the protocol does not have.
const NONE: i32 = -1;

/// The values of a run, for the selectors that were `chosen`.
pub(super) fn values(plan: &Plan, chosen: &Chosen, result: &RunResult) -> Values {
    let test = &plan.test;
    let last = &result.last;
    let datagrams = test.kind == Test::UdpRr;
    Values {
        socket_type: if datagrams { SocketType::Datagram } else { SocketType::Stream },
        protocol: if datagrams { Protocol::Udp } else { Protocol::Tcp },
        connection_test: test.kind == Test::TcpCrr,
        request_size: test.request_size,
        response_size: test.response_size,
        first_burst: test.burst as i32,
        flows: test.load.local.flows,
        open_loop_round_trip_us: result.open_loop_round_trip_us(),
        unit: plan.style.unit,
        mean: result.iterations.mean(),
        iterations: result.iterations.count(),
        confidence: plan.confidence.zip(result.iterations.reached()).map(|(goal, reached)| Confidence {
            level: goal.level,
            width: goal.width,
            reached,
        }),
        transactions: last.flow.transactions,
        elapsed: elapsed::seconds(0, last.flow.elapsed_ns),
        latency: (plan.style.statistics || chosen.selection.wants(Group::Statistics)).then(|| latency(result)),
        max_segment: result.max_segment.map_or(NONE, |bytes| bytes as i32),
        local: local(plan, chosen, result),
        remote: remote(plan, result),
        source: address(&result.source, test.data_local.as_ref().map_or(Family::Unspecified, |host| host.family)),
        destination: address(&result.destination, family_of(&result.destination)),
        brand: plan.style.brand.clone(),
        uuid: plan.style.uuid.clone().unwrap_or_else(uuid::random),
        command_line: plan.style.command_line.clone(),
    }
}

fn latency(result: &RunResult) -> Latency {
    let recorded = result.histogram.iter_recorded();
    Latency::new(recorded.map(|step| (step.value_iterated_to(), step.count_at_value())))
}

fn local(plan: &Plan, chosen: &Chosen, result: &RunResult) -> End {
    let test = &plan.test;
    let last = &result.last;
    let at_end = &last.flow.at_end;
    let Traffic { send_calls, recv_calls, bytes_sent, bytes_received } = last.flow.traffic;
    let sizes = Directions { send: at_end.send_buffer as i32, recv: at_end.recv_buffer as i32 };
    let initial = Directions { send: last.local.send_buffer as i32, recv: last.local.recv_buffer as i32 };
    let sides = Sides { options: &test.local_socket, initial, last: sizes };
    let placement = |pick: fn(Directions<u32>) -> u32| Side {
        alignment: pick(test.buffers.alignment.local),
        offset: pick(test.buffers.offset.local),
        width: pick(test.buffers.ring_width).max(1),
        ..Side::default()
    };
    End {
        send: Side { calls: send_calls, bytes: bytes_sent, ..sides.send(placement(|of| of.send)) },
        recv: Side { calls: recv_calls, bytes: bytes_received, ..sides.recv(placement(|of| of.recv)) },
        cpu: last.flow.cpu.map(Cpu::from),
        cpu_bind: plan.style.cpus.local,
        retransmits: last
            .flow
            .report
            .tcp
            .as_ref()
            .map_or(NONE, |tcp| i32::try_from(tcp.retransmits).unwrap_or(i32::MAX)),
        nodelay: last.local.nodelay,
        cork: test.local_socket.cork,
        interval_burst: test.pace.map_or(0, |pace| pace.transactions),
        interval_usecs: test.pace.map_or(0, |pace| u32::try_from(pace.interval_ns / NS_PER_US).unwrap_or(u32::MAX)),
        priority: last.local.priority,
        tos: last.local.tos,
        congestion: looked_up(chosen, Group::LocalCongestion, &at_end.congestion_control),
        fill_file: test.fill.local.clone().unwrap_or_default(),
    }
}

const NS_PER_US: u64 = 1_000;

fn remote(plan: &Plan, result: &RunResult) -> End {
    let test = &plan.test;
    let (response, results) = (&result.last.response, &result.last.results);
    let sides = Sides {
        options: &test.remote_socket,
        initial: Directions { send: response.send_buffer, recv: response.recv_buffer },
        last: Directions { send: results.send_buffer, recv: results.recv_buffer },
    };
    let placement = |pick: fn(Directions<u32>) -> u32, width| Side {
        alignment: pick(test.buffers.alignment.remote),
        offset: pick(test.buffers.offset.remote),
        width,
        ..Side::default()
    };
    let send = Side {
        call_size: response.send_size,
        calls: results.send_calls.into(),
        bytes: results.bytes_sent,
        ..placement(|of| of.send, response.send_width)
    };
    let recv = Side {
        call_size: response.recv_size,
        calls: results.recv_calls.into(),
        bytes: results.bytes_received,
        ..placement(|of| of.recv, response.recv_width)
    };
    End {
        send: sides.send(send),
        recv: sides.recv(recv),
        cpu: results.cpu.map(Cpu::from),
        cpu_bind: plan.style.cpus.remote,
        retransmits: results.retransmits,
        nodelay: response.nodelay,
        cork: false,
        interval_burst: test.remote_pace.0,
        interval_usecs: test.remote_pace.1,
        priority: response.priority,
        tos: response.tos,
        congestion: results.congestion_control.clone(),
        fill_file: test.fill.remote.clone().unwrap_or_default(),
    }
}

/// Sizes of one end's socket buffers. A size that was asked for is fixed, and netperf shows it as it was at first.
struct Sides<'a> {
    options: &'a SocketOptions,
    initial: Directions<i32>,
    last: Directions<i32>,
}

impl Sides<'_> {
    fn send(&self, side: Side) -> Side {
        sized(side, self.options.send_buffer, self.initial.send, self.last.send)
    }

    fn recv(&self, side: Side) -> Side {
        sized(side, self.options.recv_buffer, self.initial.recv, self.last.recv)
    }
}

fn sized(side: Side, asked: Option<u32>, initial: i32, last: i32) -> Side {
    let buffer_final = if asked.is_some() { initial } else { last };
    Side { buffer_asked: asked, buffer_initial: initial, buffer_final, ..side }
}

/// netperf looks up only what is shown.
fn looked_up(chosen: &Chosen, group: Group, name: &str) -> String {
    if chosen.selection.wants(group) { name.to_owned() } else { String::new() }
}

fn address(endpoint: &Endpoint, family: Family) -> DataAddress {
    DataAddress { host: endpoint.name.clone(), port: endpoint.address.port(), family }
}

fn family_of(endpoint: &Endpoint) -> Family {
    if endpoint.address.is_ipv4() { Family::Inet } else { Family::Inet6 }
}
