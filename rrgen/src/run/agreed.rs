//! A test that is agreed upon and not begun: for whoever has a measuring loop of his own over several connections.

use std::io;
use std::time::Duration;

use compat::wire::OmniResults;
use hooks::Ledger;
use socket2::Socket;

use super::RunFailure;
use super::ends::{DataEnds, open_control};
use super::hook::RunHook;
use super::iteration::{Granted, request};
use super::negotiate::{Terms, results};
use crate::control::Control;
use crate::plan::Plan;

/// A test that the server waits for, its hook in place: all that is missing is the data connection.
#[derive(Debug)]
pub(crate) struct Agreed {
    control: Control,
    granted: Granted,
    hook: RunHook,
}

impl Agreed {
    /// The client's end of the data connection.
    pub(crate) fn socket(&self) -> &Socket {
        &self.granted.socket
    }

    /// Makes the data connection.
    ///
    /// # Errors
    /// The server is not reached within `patience`.
    pub(crate) fn connect(&self, patience: Duration) -> io::Result<()> {
        self.granted.socket.connect_timeout(&self.granted.destination.into(), patience)
    }

    /// What the server counted, once the data connection is closed, and what the hook did, which is detached.
    ///
    /// # Errors
    /// The server or the hook's host is silent, gone, or reports that it failed.
    pub(crate) fn results(self) -> Result<(OmniResults, Option<Ledger>), RunFailure> {
        let Self { mut control, granted, hook } = self;
        let results = results(&mut control, granted.response.cpu_measured)?;
        let ledger = hook.finish(&mut control, None)?;
        control.close();
        Ok((results, ledger))
    }
}

/// Opens the control connection, has the hook of `plan` attached, and asks the server for the test. A hook of our own
/// end is not for this: there is no data thread to attach it.
///
/// # Errors
/// The server or the hook's host cannot be reached, or does not agree.
pub(crate) fn agree(plan: &Plan) -> Result<Agreed, RunFailure> {
    let mut control = open_control(&plan.target, plan.test.remote_cpu)?;
    let ends = DataEnds::new(&plan.target, &plan.test, control.remote())?;
    let mut hook = RunHook::prepare(plan.hook.as_ref(), &plan.target, &mut control)?;
    let granted = request(Some(&mut control), &plan.test, &ends, &Terms::default())?;
    hook.attach(granted.source_port(), granted.destination)?;
    Ok(Agreed { control, granted, hook })
}
