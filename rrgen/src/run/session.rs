//! The steps of a run, in netperf's order.

use std::net::SocketAddr;
use std::thread;

use compat::text::banner::Endpoint;
use compat::text::failure::Failure;
use compat::text::interim::Interval;
use compat::wire::{self, OmniResponse, OmniResults, TestLength};
use rrserver::data::{self, Effective, SocketOptions};
use socket2::Socket;

use super::RunFailure;
use super::ends::{DataEnds, connect, keep_scope};
use super::flow::FlowOutcome;
use super::measure::measure;
use super::negotiate::{negotiate, results};
use crate::control::Control;
use crate::engine::End;
use crate::plan::Plan;

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
    let Agreed { mut control, socket, local, response, destination } = agree(plan, observer)?;
    thread::sleep(plan.test.wait_before);

    let flow = measure(socket, plan, destination, observer)?;
    let cut_short = matches!(flow.end, End::PeerClosed) && !counted_to_the_end(plan.test.length, flow.transactions);

    let results = results(&mut control)?;
    control.close();
    Ok(RunResult { flow, local, response, results, cut_short })
}

/// A test that the server waits for: all that is missing is the data connection.
#[derive(Debug)]
pub(crate) struct Agreed {
    control: Control,
    /// The client's end of the data connection, still to be connected.
    pub(crate) socket: Socket,
    local: Effective,
    response: OmniResponse,
    /// Where it goes.
    pub(crate) destination: SocketAddr,
}

impl Agreed {
    /// What the server counted, once the data connection is closed.
    ///
    /// # Errors
    /// The server is silent, gone, or reports that the test failed.
    pub(crate) fn results(mut self) -> Result<OmniResults, RunFailure> {
        let results = results(&mut self.control)?;
        self.control.close();
        Ok(results)
    }
}

/// Opens the control connection and asks the server for the test of `plan`.
///
/// # Errors
/// The server cannot be reached, or does not agree.
pub(crate) fn agree(plan: &Plan, observer: &mut impl Observer) -> Result<Agreed, RunFailure> {
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
    let destination = SocketAddr::new(ends.destination.address.ip(), response.data_port);
    let destination = keep_scope(ends.destination.address, destination);
    Ok(Agreed { control, socket, local, response, destination })
}

fn open_socket(source: &Endpoint, options: &SocketOptions) -> Result<(Socket, Effective), RunFailure> {
    data::open(source.address, options)
        .and_then(|socket| data::bind(&socket, source.address, options).map(|effective| (socket, effective)))
        .map_err(|e| RunFailure::Setup(e.to_string()))
}

fn counted_to_the_end(length: TestLength, transactions: u64) -> bool {
    matches!(length, TestLength::Transactions(count) if transactions >= u64::from(count))
}
