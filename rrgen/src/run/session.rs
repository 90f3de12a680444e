//! The steps of a run, in netperf's order.

use std::net::SocketAddr;
use std::ops::ControlFlow;
use std::thread;

use compat::text::banner::Endpoint;
use compat::text::interim::Interval;
use compat::wire::{OmniResponse, OmniResults, TestLength};
use hooks::Ledger;
use rrserver::data::{self, Effective, SocketOptions};
use socket2::Socket;

use super::RunFailure;
use super::ends::{DataEnds, keep_scope, open_control};
use super::flow::FlowOutcome;
use super::hook::RunHook;
use super::measure::{Setup, measure};
use super::negotiate::{negotiate, results};
use crate::engine::End;
use crate::plan::Plan;

/// Hears of a run while it goes on.
pub trait Observer {
    /// The control connection is up; the data connection will go from `source` to `destination`.
    fn connected(&mut self, source: &Endpoint, destination: &Endpoint);

    /// An interval is full. To break ends the run: nobody listens any more.
    fn interim(&mut self, interval: Interval) -> ControlFlow<()>;

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
    /// What the hook did, if there was one.
    pub ledger: Option<Ledger>,
    /// The connection ended before the run was over.
    pub cut_short: bool,
}

/// Runs `plan`.
///
/// # Errors
/// What kept the run from having results.
pub fn run(plan: &Plan, observer: &mut impl Observer) -> Result<RunResult, RunFailure> {
    let mut control = open_control(&plan.target, plan.test.remote_cpu)?;
    let ends = DataEnds::new(&plan.target, &plan.test, control.remote())?;
    let mut hook = RunHook::prepare(plan.hook.as_ref(), &plan.target, &mut control)?;
    observer.connected(&ends.source, &ends.destination);
    let (socket, local) = open_socket(&ends.source, &plan.test.local_socket)?;
    let response = negotiate(&mut control, &plan.test, &ends, &socket)?;
    let data_port = SocketAddr::new(ends.destination.address.ip(), response.data_port);
    let destination = keep_scope(ends.destination.address, data_port);
    let at_our_end = hook.attach(port_of(&socket), destination)?;
    thread::sleep(plan.test.wait_before);

    let setup = Setup { socket, destination, hook: at_our_end, hooked: hook.is_there() };
    let (mut flow, _signals) = match measure(setup, plan, observer) {
        Ok(measured) => measured,
        Err(failure) => return Err(hook.explain(&mut control, failure)),
    };
    let ended_early = matches!(flow.end, End::PeerClosed | End::Dropped);
    let cut_short = ended_early && !counted_to_the_end(plan.test.length, flow.transactions);

    let results = results(&mut control)?;
    let ledger = hook.finish(&mut control, flow.ledger.take().transpose()?)?;
    control.close();
    Ok(RunResult { flow, local, response, results, ledger, cut_short })
}

fn open_socket(source: &Endpoint, options: &SocketOptions) -> Result<(Socket, Effective), RunFailure> {
    data::open(source.address, options)
        .and_then(|socket| data::bind(&socket, source.address, options).map(|effective| (socket, effective)))
        .map_err(|e| RunFailure::Setup(e.to_string()))
}

fn port_of(socket: &Socket) -> u16 {
    socket.local_addr().ok().and_then(|own| own.as_socket()).map_or(0, |own| own.port())
}

fn counted_to_the_end(length: TestLength, transactions: u64) -> bool {
    matches!(length, TestLength::Transactions(count) if transactions >= u64::from(count))
}
