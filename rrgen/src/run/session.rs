//! The steps of a run, in netperf's order.

use std::io;
use std::net::SocketAddr;
use std::sync::mpsc::{Receiver, RecvTimeoutError, sync_channel};
use std::thread;
use std::time::{Duration, Instant};

use compat::text::banner::Endpoint;
use compat::text::failure::{ControlEnd, Failure, ResolverError};
use compat::text::interim::Interval;
use compat::units::Unit;
use compat::wire::{self, Family, OmniRequest, OmniResponse, OmniResults, TestLength};
use rrserver::data::{self, Effective, SocketOptions};
use socket2::Socket;

use super::flow::{FlowHandle, FlowOutcome, FlowPlan};
use super::signals::SignalWatch;
use super::watchdog::{Action, SILENCE_LIMIT, Watchdog};
use super::{Event, RunFailure};
use crate::control::{Control, ReceiveError, unspecified_like};
use crate::engine::End;
use crate::plan::{Host, Plan, RrTest, Target};
use crate::resolve::{Resolved, resolve};

/// Interim results that may wait to be printed before the data thread waits too: nothing is ever lost.
const EVENT_QUEUE: usize = 1024;

/// Hears of a run while it goes on.
pub trait Observer {
    /// The control connection is up; the data connection will go from `source` to `destination`.
    fn connected(&mut self, source: &Endpoint, destination: &Endpoint);

    /// An interval is full.
    fn interim(&mut self, interval: Interval);

    /// Something the user should know, that is no failure.
    fn remark(&mut self, text: &str);
}

/// Everything measured in one run.
#[derive(Debug)]
pub struct RunResult {
    /// What the client's data thread did.
    pub flow: FlowOutcome,
    /// The client's socket, as the kernel made it.
    pub local: Effective,
    /// The server's settings.
    pub response: OmniResponse,
    /// The server's counts.
    pub results: OmniResults,
    /// The server closed the connection before the run was over.
    pub cut_short: bool,
}

/// Runs `plan`.
///
/// # Errors
/// What kept the run from having results.
pub fn run(plan: &Plan, observer: &mut impl Observer) -> Result<RunResult, RunFailure> {
    let mut control = connect(&plan.target)?;
    let ends = DataEnds::new(&plan.target, &plan.test, control.remote())?;
    observer.connected(&ends.source, &ends.destination);
    if let Some(passphrase) = &plan.target.passphrase {
        let message = wire::passphrase_message(passphrase, plan.test.remote_cpu)
            .map_err(|e| RunFailure::Setup(format!("-Z: {e}")))?;
        control.send(&message).map_err(Failure::ControlRecv)?;
    }
    let (socket, local) = open_socket(&ends.source, &plan.test.local_socket)?;
    let response = negotiate(&mut control, &plan.test, &ends, &socket)?;
    thread::sleep(plan.test.wait_before);

    let destination = SocketAddr::new(ends.destination.address.ip(), response.data_port);
    let flow = measure(socket, plan, keep_scope(ends.destination.address, destination), observer)?;
    let cut_short = matches!(flow.end, End::PeerClosed) && !counted_to_the_end(plan.test.length, flow.transactions);
    let flow = check(flow, destination)?;

    let results = OmniResults::decode(&receive(&mut control)?, false).map_err(nonsense)?;
    remote_error(results.errno)?;
    control.close();
    Ok(RunResult { flow, local, response, results, cut_short })
}

fn connect(target: &Target) -> Result<Control, RunFailure> {
    let remotes = look_up(&target.host)?;
    let locals = target.local.as_ref().map_or_else(|| Ok(Vec::new()), look_up)?;
    Control::connect(&remotes, target.port, &locals, target.local_port).map_err(|e| {
        let local = target.local.as_ref();
        let failure = Failure::NothingListening {
            local: ControlEnd {
                host: local.map_or_else(|| "0.0.0.0".into(), |local| local.name.clone()),
                port: target.local_port,
                family: local.map_or(Family::Unspecified, |local| local.family),
            },
            remote: ControlEnd {
                host: target.host.name.clone(),
                port: target.port,
                family: if e.tried.is_ipv4() { Family::Inet } else { Family::Inet6 },
            },
        };
        RunFailure::hinted(
            failure,
            format!("{e}\nrrgen: start `rrserver` there, or name its port with -p; `rrgen --local` needs no server"),
        )
    })
}

fn look_up(host: &Host) -> Result<Vec<Resolved>, RunFailure> {
    resolve(&host.name, host.family).map_err(|e| {
        Failure::UnknownHost { host: host.name.clone(), family: host.family, cause: resolver_error(e) }.into()
    })
}

fn resolver_error(error: dns_lookup::LookupError) -> ResolverError {
    let code = error.error_num();
    let text = io::Error::from(error).to_string();
    ResolverError { code, text }
}

/// The two ends of the data connection, before it is made.
#[derive(Debug)]
struct DataEnds {
    source: Endpoint,
    destination: Endpoint,
    /// The server was told on which of its addresses to listen.
    explicit_destination: bool,
}

impl DataEnds {
    fn new(target: &Target, test: &RrTest, control_remote: &Resolved) -> Result<Self, RunFailure> {
        let remote = match &test.data_host {
            None => control_remote.clone(),
            Some(host) => look_up_data(host, test.remote_data_port)?,
        };
        let own = test.data_local.as_ref().or(target.local.as_ref().filter(|_| test.data_host.is_none()));
        let local = match own {
            Some(host) => look_up_data(host, test.local_data_port)?,
            None => any_address(remote.address),
        };
        Ok(Self {
            source: endpoint(local, test.local_data_port),
            destination: endpoint(remote, test.remote_data_port),
            explicit_destination: test.data_host.is_some(),
        })
    }
}

/// The wildcard address as netperf spells it.
fn any_address(like: SocketAddr) -> Resolved {
    let name = if like.is_ipv4() { "0.0.0.0" } else { "::0" };
    Resolved { name: name.into(), address: unspecified_like(like) }
}

fn look_up_data(host: &Host, port: u16) -> Result<Resolved, RunFailure> {
    let unknown = |cause| Failure::UnknownDataHost { host: host.name.clone(), port, family: host.family, cause };
    let mut found = resolve(&host.name, host.family).map_err(|e| unknown(resolver_error(e)))?;
    if found.is_empty() {
        return Err(unknown(ResolverError { code: libc::EAI_NONAME, text: "no address".into() }).into());
    }
    Ok(found.swap_remove(0))
}

fn endpoint(resolved: Resolved, port: u16) -> Endpoint {
    let mut address = resolved.address;
    address.set_port(port);
    Endpoint { name: resolved.name, address }
}

/// `to` with the IPv6 scope of `from`: a link-local address is nothing without it.
fn keep_scope(from: SocketAddr, mut to: SocketAddr) -> SocketAddr {
    if let (SocketAddr::V6(from), SocketAddr::V6(to)) = (from, &mut to) {
        to.set_scope_id(from.scope_id());
    }
    to
}

fn open_socket(source: &Endpoint, options: &SocketOptions) -> Result<(Socket, Effective), RunFailure> {
    data::open(source.address, options)
        .and_then(|socket| data::bind(&socket, source.address, options).map(|effective| (socket, effective)))
        .map_err(|e| RunFailure::Setup(e.to_string()))
}

/// Asks the server for the test; its settings, and where to connect to, come back.
fn negotiate(
    control: &mut Control,
    test: &RrTest,
    ends: &DataEnds,
    socket: &Socket,
) -> Result<OmniResponse, RunFailure> {
    control.send(&request(test, ends, socket).encode()).map_err(Failure::ControlRecv)?;
    let response = OmniResponse::decode(&receive(control)?).map_err(nonsense)?;
    remote_error(response.errno)?;
    Ok(response)
}

fn request(test: &RrTest, ends: &DataEnds, socket: &Socket) -> OmniRequest {
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
        length: test.length,
        data_port: test.remote_data_port,
        family: if ends.destination.address.is_ipv4() { Family::Inet } else { Family::Inet6 },
        client_port: socket.local_addr().ok().and_then(|own| own.as_socket()).map_or(0, |own| own.port()),
        client_address: bound(ends.source.address),
        server_address: bound(ends.destination.address).filter(|_| ends.explicit_destination),
        priority: remote.priority,
        tos: remote.tos,
        congestion_control: remote.congestion_control.clone(),
        ..OmniRequest::default()
    }
}

fn receive(control: &mut Control) -> Result<wire::Message, RunFailure> {
    control.receive(SILENCE_LIMIT).map_err(|e| match e {
        ReceiveError::TimedOut(_) => RunFailure::hinted(
            Failure::NoResponse,
            format!("the server has not answered for {} s; is it stopped, or is a firewall in between?", SILENCE_LIMIT.as_secs()),
        ),
        ReceiveError::Partial(bytes) => RunFailure::hinted(
            Failure::PartialResponse(bytes),
            "the server closed the control connection: it ended, or it wants another passphrase (-Z); its log says which",
        ),
        ReceiveError::Io(e) => RunFailure::hinted(Failure::ControlRecv(e), "the control connection broke; its log may say why"),
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

/// Starts the data thread and attends to events until it is done.
fn measure(
    socket: Socket,
    plan: &Plan,
    destination: SocketAddr,
    observer: &mut impl Observer,
) -> Result<FlowOutcome, RunFailure> {
    let (sender, events) = sync_channel(EVENT_QUEUE);
    let _signals =
        SignalWatch::start(sender.clone()).map_err(|e| RunFailure::no_resource("catch SIGINT and SIGALRM", &e))?;
    let length = match plan.test.length {
        TestLength::Seconds(seconds) => Some(Duration::from_secs(seconds.into())),
        _ => None,
    };
    let mut watchdog = Watchdog::new(Instant::now(), length);
    let flow = FlowHandle::spawn(socket, flow_plan(plan, destination), sender)
        .map_err(|e| RunFailure::no_resource("start the data thread", &e))?;
    attend(&flow, &events, &mut watchdog, observer)
}

fn flow_plan(plan: &Plan, destination: SocketAddr) -> FlowPlan {
    let test = &plan.test;
    let units = match plan.style.unit {
        Unit::Transactions => 1,
        _ => u64::from(test.request_size) + u64::from(test.response_size),
    };
    FlowPlan {
        destination,
        request_size: test.request_size as usize,
        response_size: test.response_size as usize,
        length: test.length,
        burst: test.burst,
        cpu: test.local_cpu,
        interim: test.interim.clone().map(|meter| (meter, units)),
    }
}

fn attend(
    flow: &FlowHandle,
    events: &Receiver<Event>,
    watchdog: &mut Watchdog,
    observer: &mut impl Observer,
) -> Result<FlowOutcome, RunFailure> {
    loop {
        match events.recv_timeout(watchdog.sleep(Instant::now())) {
            Ok(Event::Interim(interval)) => observer.interim(interval),
            Ok(Event::Ended(outcome)) => return Ok(*outcome),
            Ok(Event::Signal) => {
                flow.stop();
                watchdog.stop_requested(Instant::now());
            }
            Err(RecvTimeoutError::Timeout) => step_in(flow, watchdog)?,
            Err(RecvTimeoutError::Disconnected) => {
                return Err(RunFailure::Setup("the data thread failed; please report this as a bug".into()));
            }
        }
    }
}

/// An alarm went off: ends a run that is over, or one that nothing comes of.
fn step_in(flow: &FlowHandle, watchdog: &mut Watchdog) -> Result<(), RunFailure> {
    let now = Instant::now();
    match watchdog.due(now) {
        None => {}
        Some(Action::ForceStop) => flow.force_stop(),
        Some(Action::Check) if !flow.is_connected() => {
            if watchdog.connect_overdue(now) {
                flow.abort();
            }
        }
        Some(Action::Check) => {
            if flow.silence() >= SILENCE_LIMIT {
                flow.abort();
                return Err(RunFailure::hinted(
                    Failure::NoResponse,
                    format!(
                        "no byte on the data connection for {} s: the server hangs, or the path is cut",
                        SILENCE_LIMIT.as_secs()
                    ),
                ));
            }
        }
    }
    Ok(())
}

fn counted_to_the_end(length: TestLength, transactions: u64) -> bool {
    matches!(length, TestLength::Transactions(count) if transactions >= u64::from(count))
}

/// A flow that broke is a failed run, whatever it measured until then.
fn check(mut flow: FlowOutcome, destination: SocketAddr) -> Result<FlowOutcome, RunFailure> {
    if let Some(e) = flow.connect_error.take() {
        let hint = format!(
            "the control connection works, but data port {destination} does not; if a firewall is in between, choose an open port with `-- -P ,PORT`"
        );
        return Err(RunFailure::hinted(Failure::DataConnect(e), hint));
    }
    let broken = "the connection broke during the test; the server's log may say why";
    match std::mem::replace(&mut flow.end, End::Stopped) {
        End::SendFailed(e) => Err(RunFailure::hinted(Failure::DataSend(e), broken)),
        End::RecvFailed(e) => Err(RunFailure::hinted(Failure::DataRecv(e), broken)),
        end => {
            flow.end = end;
            Ok(flow)
        }
    }
}
