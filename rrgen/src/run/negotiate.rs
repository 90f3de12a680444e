//! The words exchanged on the control connection: request, response, results.

use std::net::SocketAddr;

use compat::args::Directions;
use compat::text::Test;
use compat::text::failure::Failure;
use compat::wire::{self, BufferShape, Buffers, Family, OmniRequest, OmniResponse, OmniResults, SocketType, flags};
use rrserver::extension::ERRNO_HOOK;
use socket2::Socket;

use super::RunFailure;
use super::ends::DataEnds;
use super::hook::attach_failure;
use super::stretch::told;
use super::watchdog::SILENCE_LIMIT;
use crate::control::{Control, ReceiveError};
use crate::plan::RrTest;

/// What the server granted for the iteration before, which the next one asks for; all zero before the first.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Terms {
    pub(super) data_port: u16,
    pub(super) cpu_rate: f32,
}

/// What may be behind a control connection that ends without an answer.
const CLOSED: &str = "the server closed the control connection: it ended, has no room for another client, \
     or wants another passphrase (-Z); its log says which";

/// Asks the server for the test; its settings, and where to connect to, come back.
pub(super) fn negotiate(
    control: &mut Control,
    test: &RrTest,
    ends: &DataEnds,
    socket: &Socket,
    terms: &Terms,
) -> Result<OmniResponse, RunFailure> {
    control.send(&request(test, ends, socket, terms).encode()).map_err(Failure::ControlRecv)?;
    let response = OmniResponse::decode(&receive(control)?).map_err(nonsense)?;
    if response.errno == ERRNO_HOOK {
        return Err(attach_failure(control));
    }
    remote_error(response.errno)?;
    Ok(response)
}

fn request(test: &RrTest, ends: &DataEnds, socket: &Socket, terms: &Terms) -> OmniRequest {
    let bound = |address: SocketAddr| (!address.ip().is_unspecified()).then(|| address.ip());
    let remote = &test.remote_socket;
    OmniRequest {
        remote_cpu: test.remote_cpu,
        send_buffer: remote.send_buffer,
        recv_buffer: remote.recv_buffer,
        request_size: test.request_size as i32,
        response_size: test.response_size as i32,
        nodelay: remote.nodelay,
        keepalive: remote.keepalive,
        length: told(test.length, test.ramp, test.warm_up),
        data_port: if terms.data_port != 0 { terms.data_port } else { test.remote_data_port },
        connection_test: test.kind == Test::TcpCrr,
        measure_cpu: test.cpu_rate.remote.is_some(),
        cpu_rate: if terms.cpu_rate > 0.0 { terms.cpu_rate } else { test.cpu_rate.remote.unwrap_or_default() },
        allow_routing: !remote.direct_route,
        other_flags: other_flags(test),
        socket_type: if test.kind == Test::UdpRr { SocketType::Datagram } else { SocketType::Stream },
        protocol: if test.kind == Test::UdpRr { libc::IPPROTO_UDP } else { libc::IPPROTO_TCP } as u32,
        interval_burst: test.remote_pace.0,
        interval_usecs: test.remote_pace.1,
        fill_file: test.fill.remote.clone().unwrap_or_default(),
        family: if ends.destination.address.is_ipv4() { Family::Inet } else { Family::Inet6 },
        client_port: socket.local_addr().ok().and_then(|own| own.as_socket()).map_or(0, |own| own.port()),
        client_address: bound(ends.source.address),
        server_address: bound(ends.destination.address).filter(|_| ends.explicit_destination),
        priority: remote.priority,
        tos: remote.tos,
        congestion_control: remote.congestion_control.clone(),
        buffers: buffer_shape(test),
        ..OmniRequest::default()
    }
}

/// What the server is asked for by bits that need nothing else.
fn other_flags(test: &RrTest) -> u32 {
    let remote = &test.remote_socket;
    [
        (remote.defer_accept, flags::DEFER_ACCEPT),
        (remote.fast_open.is_some(), flags::FAST_OPEN),
        (test.pktinfo, flags::PKTINFO),
    ]
    .into_iter()
    .fold(test.wanted_flags, |bits, (asked, bit)| if asked { bits | bit } else { bits })
}

/// netperf describes the server's buffers from the client's point of view.
fn buffer_shape(test: &RrTest) -> BufferShape {
    let placement = &test.buffers;
    let copy_avoidance = u32::from(test.copy_avoidance);
    let default = Buffers::default();
    let shape = |pick: fn(Directions<u32>) -> u32| Buffers {
        alignment: pick(placement.alignment.remote),
        offset: pick(placement.offset.remote),
        width: pick(placement.ring_width).max(default.width),
        copy_avoidance,
        ..default
    };
    BufferShape { send: shape(|of| of.send), recv: shape(|of| of.recv), ..BufferShape::default() }
}

/// Waits for the results of the test.
///
/// # Errors
/// The server is silent, gone, or reports that the test failed.
pub(super) fn results(control: &mut Control, cpu_measured: bool) -> Result<OmniResults, RunFailure> {
    let results = OmniResults::decode(&receive(control)?, cpu_measured).map_err(nonsense)?;
    remote_error(results.errno)?;
    Ok(results)
}

/// Waits for one message.
///
/// # Errors
/// The server is silent or gone.
pub(super) fn receive(control: &mut Control) -> Result<wire::Message, RunFailure> {
    control.receive(SILENCE_LIMIT).map_err(|e| match e {
        ReceiveError::TimedOut(_) => RunFailure::hinted(
            Failure::NoResponse,
            format!(
                "the server has not answered for {} s; is it stopped, or is a firewall in between?",
                SILENCE_LIMIT.as_secs()
            ),
        ),
        ReceiveError::Partial(bytes) => RunFailure::hinted(Failure::PartialResponse(bytes), CLOSED),
        ReceiveError::Io(e) => RunFailure::hinted(Failure::ControlRecv(e), CLOSED),
    })
}

fn nonsense(error: wire::DecodeError) -> RunFailure {
    RunFailure::Setup(format!("the server's answer makes no sense ({error}); is it a netserver?"))
}

fn remote_error(errno: i32) -> Result<(), RunFailure> {
    match errno {
        0 => Ok(()),
        wire::ERRNO_UNKNOWN_REQUEST => {
            Err(RunFailure::hinted(Failure::Remote(errno), "the server does not know this test; its log says more"))
        }
        _ => Err(RunFailure::hinted(Failure::Remote(errno), "the server refused the test; its log says why")),
    }
}
