//! A test that is agreed upon and not begun: for whoever has a measuring loop of his own over several connections.

use std::io::{self, Write};

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
use super::watchdog::Patience;
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

impl OurEnd {
    /// Detaches what is attached; what it did.
    fn detach(self) -> Result<Option<Ledger>, HostError> {
        match self {
            Self::Hooked(hook) => hook.detach().map(Some),
            Self::Plain | Self::Waiting(_) => Ok(None),
        }
    }
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

    /// How long to wait for the server: less if a hook may have dropped what is missing.
    pub(crate) fn patience(&self) -> Patience {
        Patience::with_hook(self.hook.is_there())
    }

    /// Makes the data connection, and hooks our end of it if that is where the hook is.
    ///
    /// # Errors
    /// The server is not reached in time, or the hook cannot be attached.
    pub(crate) fn connect(&mut self) -> Result<(), DataError> {
        let patience = self.patience().connect;
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
        let ledger = hook.finish(&mut control, our_end.detach()?)?;
        control.close();
        Ok((results, ledger))
    }

    /// Why the test failed, if its hook stopped it by what it dropped.
    pub(crate) fn explain(self) -> Option<RunFailure> {
        let Self { mut control, hook, our_end, .. } = self;
        hook.explain(&mut control, our_end.detach().ok().flatten())
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
    let for_our_end = hook.attach(&plan.test, granted.source(), granted.destination)?;
    let our_end = for_our_end.map_or(OurEnd::Plain, OurEnd::Waiting);
    Ok(Agreed { control, granted, hook, preface, our_end })
}
