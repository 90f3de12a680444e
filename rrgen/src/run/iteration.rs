//! One iteration of the test: request, response, data thread, results.

use std::net::SocketAddr;
use std::thread;

use compat::text::Test;
use compat::text::interim::IntervalMeter;
use compat::wire::{OmniResponse, OmniResults, TestLength};
use rrserver::LoadReport;
use rrserver::data::{self, Effective, SocketOptions, payload};
use socket2::Socket;

use super::ends::{DataEnds, keep_scope};
use super::flow::{FlowOutcome, FlowPlan, Sockets};
use super::flows::{self, Pending};
use super::hook::RunHook;
use super::link::{LinkKind, LinkPlan, Reconnecting};
use super::measure::{Measured, Setup, measure};
use super::negotiate::{Terms, negotiate, results};
use super::own_host::apart_from;
use super::watchdog::{CONNECT_PATIENCE, SILENCE_LIMIT};
use super::{Observer, RunFailure, load};
use crate::control::{Control, unspecified_like};
use crate::engine::End;
use crate::plan::{Plan, RrTest};

/// Everything measured in one iteration.
#[derive(Debug)]
pub struct Iteration {
    /// What the client's data thread did.
    pub flow: FlowOutcome,
    /// The client's socket, as the kernel made it.
    pub local: Effective,
    /// The server's settings.
    pub response: OmniResponse,
    /// The server's counts, without the warm-up.
    pub results: OmniResults,
    /// The server's own report, if it is one of ours and was asked for more than netperf's test.
    pub server: Option<LoadReport>,
    /// The server closed the connection before the iteration was over.
    pub cut_short: bool,
    /// A signal ended it.
    pub interrupted: bool,
}

/// What one iteration learns for the next.
#[derive(Debug, Clone, Default)]
pub(super) struct Carried {
    pub(super) terms: Terms,
    pub(super) interim: Option<IntervalMeter>,
    /// What every data connection begins with.
    pub(super) preface: Option<Vec<u8>>,
}

/// Runs one iteration of `plan` between `ends`.
pub(super) fn iterate(
    control: &mut Option<Control>,
    plan: &Plan,
    ends: &DataEnds,
    carried: &mut Carried,
    hook: &mut RunHook,
    observer: &mut impl Observer,
) -> Result<Iteration, RunFailure> {
    let test = &plan.test;
    let message = message(test)?;
    let on_terms = match control {
        Some(control) => {
            flows::prepare(test)?;
            load::agree(control, test)?
        }
        None => false,
    };
    let granted = request(control.as_mut(), test, ends, &carried.terms)?;
    let at_our_end = hook.attach(test, granted.source(), granted.destination)?;
    let Granted { socket, local, response, destination } = granted;
    carried.terms = Terms { data_port: response.data_port, cpu_rate: response.cpu_rate };
    thread::sleep(test.wait_before);

    let link = LinkPlan {
        destination,
        request: message,
        response_size: test.response_size as usize,
        wait: test.load.local.wait,
        kind: link_kind(test, ends, carried.preface.clone()),
    };
    let flow_plan = flow_plan(plan, link, carried.interim.take());
    let (sockets, other_controls) = match control {
        Some(control) if test.is_scheduled() => {
            let (sockets, others) = flows::gather(Pending { socket, destination }, control, plan, ends)?;
            (Sockets::Many(sockets), others)
        }
        _ => (Sockets::One(socket), Vec::new()),
    };
    let server = control.as_mut().filter(|_| on_terms);
    let setup = Setup { sockets, server, hook: at_our_end, hooked: hook.is_there() };
    let Measured { flow, interrupted, signals: _signals } = measure(setup, flow_plan, observer)?;
    carried.interim.clone_from(&flow.interim);
    let ended_early = matches!(flow.end, End::PeerClosed | End::Dropped);
    let cut_short = ended_early && !counted_to_the_end(test.length, flow.transactions);
    let mut results = match control {
        Some(control) => {
            let first = results(control, response.cpu_measured)?;
            flows::add_results(first, other_controls, response.cpu_measured)?
        }
        None => untold(),
    };
    let mut server = match control.as_mut().filter(|_| on_terms).map(load::fetch) {
        // A server that ends, and its test with it, takes no further question.
        Some(Err(_)) if cut_short => None,
        report => report.transpose()?,
    };
    if let Some(warmed_up) = &flow.warmed_up {
        results = warmed_up.taken_off(results);
        server = server.map(|report| warmed_up.taken_off_report(report));
    }
    Ok(Iteration { server, flow, local, response, results, cut_short, interrupted })
}

/// What a server granted, and the socket that it expects to be connected.
#[derive(Debug)]
pub(super) struct Granted {
    pub(super) socket: Socket,
    local: Effective,
    pub(super) response: OmniResponse,
    /// Where the data connection goes.
    pub(super) destination: SocketAddr,
}

impl Granted {
    /// Where the data connection comes from; the address may be open.
    pub(super) fn source(&self) -> SocketAddr {
        bound_to(&self.socket).unwrap_or_else(|| unspecified_like(self.destination))
    }
}

fn bound_to(socket: &Socket) -> Option<SocketAddr> {
    socket.local_addr().ok()?.as_socket()
}

/// Asks the server for `test`, over a socket that is bound and not yet connected.
///
/// # Errors
/// There is no such socket, or the server does not agree.
pub(super) fn request(
    control: Option<&mut Control>,
    test: &RrTest,
    ends: &DataEnds,
    terms: &Terms,
) -> Result<Granted, RunFailure> {
    let source = apart_from(ends.source.address, ends.destination.address)?.unwrap_or(ends.source.address);
    let (mut socket, local) = open_socket(source, &test.local_socket)?;
    let response = match control {
        Some(control) => negotiate(control, test, ends, &socket, terms)?,
        None => uncontrolled(ends),
    };
    let data_port = SocketAddr::new(ends.destination.address.ip(), response.data_port);
    let destination = keep_scope(ends.destination.address, data_port);
    if source.port() == 0 && bound_to(&socket).map(|own| own.port()) == Some(response.data_port) {
        // The kernel gave us the port that the server has just had and takes again: on one host we would connect to
        // ourselves. The old socket keeps the port from us until the new one has another.
        socket = open_socket(source, &test.local_socket)?.0;
    }
    Ok(Granted { socket, local, response, destination })
}

/// Where the data connection goes that nobody named a port for: the echo service, as with netperf.
const ECHO_PORT: u16 = 7;

/// What netperf assumes of a server that it has not spoken to.
fn uncontrolled(ends: &DataEnds) -> OmniResponse {
    let data_port = match ends.destination.address.port() {
        0 => ECHO_PORT,
        port => port,
    };
    OmniResponse { data_port, recv_size: -1, send_size: -1, recv_width: 0, send_width: 0, ..OmniResponse::default() }
}

/// What netperf shows for retransmissions that it has not even looked for.
const NEVER_ASKED: i32 = -2;

/// What netperf shows of a server that has told it nothing.
fn untold() -> OmniResults {
    OmniResults { recv_buffer: -1, send_buffer: -1, retransmits: NEVER_ASKED, ..OmniResults::default() }
}

/// The request, filled as `test` wants it.
pub(super) fn message(test: &RrTest) -> Result<Vec<u8>, RunFailure> {
    let size = test.request_size as usize;
    match &test.fill.local {
        None => Ok(payload::pattern(size)),
        Some(path) => payload::from_file(path, size)
            .map_err(|e| RunFailure::Setup(format!("-F: cannot fill messages from '{path}': {e}"))),
    }
}

fn open_socket(source: SocketAddr, options: &SocketOptions) -> Result<(Socket, Effective), RunFailure> {
    data::open(source, options)
        .and_then(|socket| data::bind(&socket, source, options).map(|effective| (socket, effective)))
        .map_err(|e| RunFailure::Setup(e.to_string()))
}

fn link_kind(test: &RrTest, ends: &DataEnds, preface: Option<Vec<u8>>) -> LinkKind {
    match test.kind {
        Test::TcpRr => LinkKind::Stream { preface },
        Test::TcpCrr => LinkKind::Reconnecting(Reconnecting {
            source: ends.source.address,
            options: test.local_socket.clone(),
            ports: test.client_ports,
            retry_for: test.retry_connect.then_some(CONNECT_PATIENCE),
        }),
        Test::UdpRr => {
            LinkKind::Datagrams { connected: test.connected, timeout: test.recv_timeout, silence: SILENCE_LIMIT }
        }
    }
}

fn flow_plan(plan: &Plan, link: LinkPlan, meter: Option<IntervalMeter>) -> FlowPlan {
    let test = &plan.test;
    FlowPlan {
        link,
        warm_up: test.warm_up,
        ramp: test.ramp,
        open: test.open,
        length: test.length,
        burst: test.burst,
        pace: test.pace,
        load: test.load.local.clone(),
        cpu: test.local_cpu,
        measure_cpu: test.cpu_rate.local.is_some(),
        interim: meter.or_else(|| test.interim.clone()).map(|meter| (meter, plan.units_per_transaction())),
        keep_intervals: plan.keeps_intervals(),
    }
}

fn counted_to_the_end(length: TestLength, transactions: u64) -> bool {
    matches!(length, TestLength::Transactions(count) if transactions >= u64::from(count))
}
