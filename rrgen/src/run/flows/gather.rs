//! All data connections of a test with many flows: of one test of the server's, or of a test for each.

use compat::wire::OmniResults;
use rrserver::LoadTerms;
use socket2::Socket;

use super::connect::{Pending, check_ports, connect, open_more};
use crate::control::Control;
use crate::plan::{Plan, RrTest};
use crate::run::RunFailure;
use crate::run::ends::{DataEnds, open_control};
use crate::run::iteration::request;
use crate::run::load::all_here;
use crate::run::negotiate::{Terms, results};

/// Whether there can be so many flows here.
///
/// # Errors
/// A limit of this host is in the way.
pub(in crate::run) fn prepare(test: &RrTest) -> Result<(), RunFailure> {
    let LoadTerms { flows, engine, .. } = test.load.local;
    engine.available().map_err(|e| RunFailure::Setup(format!("--engine: at the client {e}")))?;
    if test.load.is_agreed() { check_ports(flows) } else { Ok(()) }
}

/// Makes the connections of all flows; `first` is the one that the server was asked for with `control`. Returns them, and
/// the control connections that were made beside it.
///
/// # Errors
/// One of them cannot be made, or the server gives up.
pub(in crate::run) fn gather(
    first: Pending,
    control: &mut Control,
    plan: &Plan,
    ends: &DataEnds,
) -> Result<(Vec<Socket>, Vec<Control>), RunFailure> {
    let test = &plan.test;
    let others = test.load.local.flows as usize - 1;
    let mut pending = vec![first];
    if !test.load.control_per_flow {
        let destination = pending[0].destination;
        pending.extend(open_more(others, ends.source.address, destination, &test.local_socket)?);
        let sockets = connect(pending)?;
        if others > 0 {
            all_here(control)?;
        }
        return Ok((sockets, Vec::new()));
    }
    let mut controls = Vec::with_capacity(others);
    for _ in 0..others {
        let mut control = open_control(&plan.target, test.remote_cpu)?;
        let granted = request(Some(&mut control), test, ends, &Terms::default())?;
        pending.push(Pending { destination: granted.destination, socket: granted.socket });
        controls.push(control);
    }
    Ok((connect(pending)?, controls))
}

/// Adds to `first` what the servers of the other control connections counted, and closes those.
///
/// # Errors
/// One of them is silent, gone, or reports that its test failed.
pub(in crate::run) fn add_results(
    first: OmniResults,
    controls: Vec<Control>,
    cpu_measured: bool,
) -> Result<OmniResults, RunFailure> {
    controls.into_iter().try_fold(first, |sum, mut control| {
        let one = results(&mut control, cpu_measured)?;
        control.close();
        Ok(add(sum, &one))
    })
}

/// Counts add up; what the tests have in common is that of the first.
fn add(sum: OmniResults, one: &OmniResults) -> OmniResults {
    OmniResults {
        bytes_received: sum.bytes_received.saturating_add(one.bytes_received),
        recv_calls: sum.recv_calls.saturating_add(one.recv_calls),
        bytes_sent: sum.bytes_sent.saturating_add(one.bytes_sent),
        send_calls: sum.send_calls.saturating_add(one.send_calls),
        transactions: sum.transactions.saturating_add(one.transactions),
        retransmits: sum.retransmits.saturating_add(one.retransmits),
        elapsed: sum.elapsed.max(one.elapsed),
        ..sum
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_add_up_and_stay_within_their_words() {
        let one =
            OmniResults { transactions: 3, bytes_sent: 5, elapsed: 1.5, retransmits: 1, ..OmniResults::default() };
        let much = OmniResults { transactions: u32::MAX, elapsed: 1.0, send_buffer: 7, ..one.clone() };
        let sum = add(much, &one);
        assert_eq!((sum.transactions, sum.bytes_sent, sum.retransmits), (u32::MAX, 10, 2));
        assert_eq!((sum.elapsed, sum.send_buffer), (1.5, 7));
    }
}
