//! A test that is agreed upon and not begun: for whoever has a measuring loop of his own over several connections.

use std::io::{self, Write};
use std::time::Duration;

use compat::wire::OmniResults;
use hooks::Ledger;
use hooks::host::{EndHook, HostError, Prepared};
use rrserver::data::{MessageStream, SocketStream};
use socket2::Socket;
use thiserror::Error;

use super::ends::{DataEnds, open_control};
use super::hook::RunHook;
use super::iteration::{Granted, message, request};
use super::negotiate::{Terms, results};
use super::{RunFailure, single_port};
use crate::control::Control;
use crate::plan::{Plan, RrTest};

/// A test that the server waits for, its hook in place: all that is missing is the data connection.
#[derive(Debug)]
pub(crate) struct Agreed {
    control: Control,
    granted: Granted,
    hook: RunHook,
    /// What the data connection begins with.
    preface: Option<Vec<u8>>,
    our_end: OurEnd,
}

/// A hook that is for this end of the data connection.
#[derive(Debug)]
enum OurEnd {
    /// There is none.
    Plain,
    /// The connection is not there yet.
    Waiting(Prepared),
    /// For whoever measures to call.
    Hooked(EndHook),
}

/// Why there is no data connection.
#[derive(Debug, Error)]
pub(crate) enum DataError {
    /// It cannot be made.
    #[error("data connection: {0}")]
    Connect(#[from] io::Error),
    /// It cannot be hooked.
    #[error(transparent)]
    Hook(#[from] HostError),
}

impl Agreed {
    /// The client's end of the data connection.
    pub(crate) fn socket(&self) -> &Socket {
        &self.granted.socket
    }

    /// Makes the data connection, and hooks our end of it if that is where the hook is.
    ///
    /// # Errors
    /// The server is not reached within `patience`, or the hook cannot be attached.
    pub(crate) fn connect(&mut self, patience: Duration) -> Result<(), DataError> {
        let socket = &self.granted.socket;
        socket.connect_timeout(&self.granted.destination.into(), patience)?;
        if let Some(preface) = self.preface.take() {
            SocketStream::new(socket).write_all(&preface)?;
        }
        if let OurEnd::Waiting(hook) = std::mem::replace(&mut self.our_end, OurEnd::Plain) {
            self.our_end = OurEnd::Hooked(hook.on_end_of(socket)?);
        }
        Ok(())
    }

    /// The data connection in whole messages of `test`, and the hook to call for each that comes.
    ///
    /// # Errors
    /// The messages cannot be filled as `test` wants it.
    pub(crate) fn messages(
        &mut self,
        test: &RrTest,
    ) -> Result<(MessageStream<SocketStream<'_>>, Option<&mut EndHook>), RunFailure> {
        let stream = SocketStream::new(&self.granted.socket);
        let messages = MessageStream::with_payload(stream, message(test)?, test.response_size as usize);
        let hook = match &mut self.our_end {
            OurEnd::Hooked(hook) => Some(hook),
            OurEnd::Plain | OurEnd::Waiting(_) => None,
        };
        Ok((messages, hook))
    }

    /// What the server counted, once the data connection is closed, and what the hook did, which is detached.
    ///
    /// # Errors
    /// The server or the hook's host is silent, gone, or reports that it failed.
    pub(crate) fn results(self) -> Result<(OmniResults, Option<Ledger>), RunFailure> {
        let Self { mut control, granted, hook, our_end, .. } = self;
        let results = results(&mut control, granted.response.cpu_measured)?;
        let of_our_end = match our_end {
            OurEnd::Hooked(hook) => Some(hook.detach()?),
            OurEnd::Plain | OurEnd::Waiting(_) => None,
        };
        let ledger = hook.finish(&mut control, of_our_end)?;
        control.close();
        Ok((results, ledger))
    }
}

/// Opens the control connection, has the hook of `plan` attached, and asks the server for the test.
///
/// # Errors
/// The server or the hook's host cannot be reached, or does not agree.
pub(crate) fn agree(plan: &Plan) -> Result<Agreed, RunFailure> {
    let mut control = open_control(&plan.target, plan.test.remote_cpu)?;
    let ends = DataEnds::new(&plan.target, &plan.test, control.remote())?;
    let preface = plan.target.single_port.then(|| single_port::ask(&mut control)).transpose()?;
    let mut hook = RunHook::prepare(plan.hook.as_ref(), &plan.target, &mut control)?;
    let granted = request(Some(&mut control), &plan.test, &ends, &Terms::default())?;
    let for_our_end = hook.attach(granted.source_port(), granted.destination)?;
    let our_end = for_our_end.map_or(OurEnd::Plain, OurEnd::Waiting);
    Ok(Agreed { control, granted, hook, preface, our_end })
}
