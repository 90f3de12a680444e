//! A test that is agreed upon, connected and not begun: for whoever has a measuring loop of his own.

use std::io::{self, Write};
use std::sync::Arc;

use compat::wire::OmniResults;
use hooks::Ledger;
use hooks::host::{EndHook, HostError};
use rrserver::data::{EpollFlows, MessageStream, Messages, SocketStream, Wake};
use socket2::Socket;
use thiserror::Error;

use super::ends::{DataEnds, open_control};
use super::flows::{self, Pending};
use super::hook::RunHook;
use super::iteration::{Granted, message, request};
use super::negotiate::{Terms, results};
use super::watchdog::Patience;
use super::{RunFailure, load, single_port};
use crate::control::Control;
use crate::plan::{Plan, RrTest};

/// A test that the server serves, its hook in place: all that is missing are requests.
#[derive(Debug)]
pub(crate) struct Agreed {
    control: Control,
    /// Whether the server measures its CPU, and so sends results in the longer form.
    cpu_measured: bool,
    hook: RunHook,
    /// On our end of the connections, for whoever measures to call.
    our_end: Option<EndHook>,
    sockets: Arc<[Socket]>,
    /// Every request.
    outgoing: Vec<u8>,
    /// Many flows want one. Nobody rings it: who wants to end them shuts their sockets down, as with one flow.
    wake: Wake,
}

/// Why there is no such test.
#[derive(Debug, Error)]
pub(crate) enum AgreeError {
    /// The server or the hook's host cannot be reached, or does not agree; or a hook dropped the connections.
    #[error(transparent)]
    Run(#[from] RunFailure),
    /// The one data connection cannot be made.
    #[error("data connection: {0}")]
    Connect(#[from] io::Error),
    /// Our end of it cannot be hooked.
    #[error(transparent)]
    Hook(#[from] HostError),
}

impl Agreed {
    /// The client's ends of the data connections.
    pub(crate) fn sockets(&self) -> &Arc<[Socket]> {
        &self.sockets
    }

    /// How long to wait for the server: less if a hook may have dropped what is missing.
    pub(crate) fn patience(&self) -> Patience {
        Patience::with_hook(self.hook.is_there())
    }

    /// The one data connection in whole messages of `test`, and the hook to call for each that comes.
    pub(crate) fn messages(&mut self, test: &RrTest) -> (MessageStream<SocketStream<'_>>, Option<&mut EndHook>) {
        let stream = SocketStream::new(&self.sockets[0]);
        let messages = MessageStream::with_payload(stream, self.outgoing.clone(), test.response_size as usize);
        (messages, self.our_end.as_mut())
    }

    /// The same of all data connections at once.
    ///
    /// # Errors
    /// The kernel has no descriptor or no memory for it.
    pub(crate) fn exchange(&mut self, test: &RrTest) -> io::Result<(EpollFlows<'_, Socket>, Option<&mut EndHook>)> {
        let our_end = self.our_end.as_mut();
        let (recv_size, kept) = (test.response_size as usize, our_end.is_some());
        let messages = Messages { outgoing: &self.outgoing, recv_size, kept, asked: true };
        Ok((EpollFlows::new(&self.sockets, &self.wake, messages, test.load.local.wait)?, our_end))
    }

    /// What the server counted, once the data connections are closed, and what the hook did, which is detached.
    ///
    /// # Errors
    /// The server or the hook's host is silent, gone, or reports that it failed.
    pub(crate) fn results(self) -> Result<(OmniResults, Option<Ledger>), RunFailure> {
        let Self { mut control, cpu_measured, hook, our_end, .. } = self;
        let results = results(&mut control, cpu_measured)?;
        let of_our_end = our_end.map(EndHook::detach).transpose()?;
        let ledger = hook.finish(&mut control, of_our_end)?;
        control.close();
        Ok((results, ledger))
    }

    /// Why the test failed, if its hook stopped it by what it dropped.
    pub(crate) fn explain(self) -> Option<RunFailure> {
        let Self { mut control, hook, our_end, .. } = self;
        hook.explain(&mut control, our_end.and_then(|hook| hook.detach().ok()))
    }
}

/// Opens the control connection, has the hook of `plan` attached, asks the server for the test, and makes its data
/// connections.
///
/// # Errors
/// The server or the hook's host cannot be reached in time, or does not agree.
pub(crate) fn agree(plan: &Plan) -> Result<Agreed, AgreeError> {
    let test = &plan.test;
    let outgoing = message(test)?;
    let mut control = open_control(&plan.target, test.remote_cpu)?;
    let ends = DataEnds::new(&plan.target, test, control.remote())?;
    let preface = plan.target.single_port.then(|| single_port::ask(&mut control)).transpose()?;
    let mut hook = RunHook::prepare(plan.hook.as_ref(), &plan.target, &mut control)?;
    flows::prepare(test)?;
    load::agree(&mut control, test)?;
    let granted = request(Some(&mut control), test, &ends, &Terms::default())?;
    let for_our_end = hook.attach(test, granted.source(), granted.destination)?;
    let Granted { socket, response, destination, .. } = granted;
    let first = Pending { socket, destination };
    let sockets = if test.is_scheduled() {
        flows::gather(first, &mut control, plan, &ends).map(|(sockets, _)| sockets).map_err(AgreeError::Run)
    } else {
        let patience = Patience::with_hook(hook.is_there());
        connect(first, preface, patience).map(|socket| vec![socket]).map_err(AgreeError::Connect)
    };
    let sockets: Arc<[Socket]> = match sockets {
        Ok(sockets) => sockets.into(),
        Err(e) => return Err(hook.explain(&mut control, None).map_or(e, AgreeError::Run)),
    };
    let our_end = for_our_end.map(|hook| hook.on_end_of(&sockets[0])).transpose()?;
    let wake = Wake::new()?;
    Ok(Agreed { control, cpu_measured: response.cpu_measured, hook, our_end, sockets, outgoing, wake })
}

/// Makes the one data connection, which begins with `preface`.
fn connect(
    Pending { socket, destination }: Pending,
    preface: Option<Vec<u8>>,
    patience: Patience,
) -> io::Result<Socket> {
    socket.connect_timeout(&destination.into(), patience.connect)?;
    if let Some(preface) = preface {
        SocketStream::new(&socket).write_all(&preface)?;
    }
    Ok(socket)
}
