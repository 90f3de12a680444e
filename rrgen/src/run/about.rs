//! Questions to servers before anything runs: what they are, and whether they would run a hook.

use std::net::SocketAddr;

use compat::text::failure::Failure;
use compat::wire::ERRNO_UNKNOWN_REQUEST;
use rrserver::about::{About, AboutMessage};

use super::RunFailure;
use super::ends::open_control;
use super::hook::RunHook;
use super::negotiate::receive;
use crate::plan::{Plan, Target};

/// A server that answered.
#[derive(Debug)]
pub(crate) struct Answered {
    /// Its control address.
    pub(crate) address: SocketAddr,
    /// What it says of itself; `None` for a stock netserver.
    pub(crate) about: Option<About>,
}

/// Asks a server what it is.
///
/// # Errors
/// It cannot be reached, does not answer, or not in a way that makes sense.
pub(crate) fn about(target: &Target) -> Result<Answered, RunFailure> {
    let mut control = open_control(target, None)?;
    let mut address = control.remote().address;
    address.set_port(target.port);
    control.send(&AboutMessage::Ask.encode()).map_err(Failure::ControlRecv)?;
    let answer = receive(&mut control)?;
    control.close();
    if answer.errno() == ERRNO_UNKNOWN_REQUEST {
        return Ok(Answered { address, about: None });
    }
    match AboutMessage::decode(&answer) {
        Ok(AboutMessage::Answer(about)) => Ok(Answered { address, about: Some(about) }),
        Ok(AboutMessage::Ask) => Err(RunFailure::Setup(format!("{address} answers with questions; is it a server?"))),
        Err(e) => Err(RunFailure::Setup(format!("{address}: {e}"))),
    }
}

/// Has the hook of `plan` loaded where it would run, and lets go of it again.
///
/// # Errors
/// Why it cannot be had.
pub(crate) fn rehearse(plan: &Plan) -> Result<(), RunFailure> {
    let mut control = open_control(&plan.target, None)?;
    RunHook::prepare(plan.hook.as_ref(), &plan.target, &mut control)?;
    control.close();
    Ok(())
}
