//! The hook of a run, on whichever host it is: prepared before the banner, attached before the connection, and
//! asked for its ledger at the end.

use std::net::{SocketAddr, UdpSocket};

use compat::text::failure::Failure;
use hooks::Ledger;
use hooks::attach::nfqueue::Chain;
use hooks::host::{Direction, HostError, HostHook, Place, Policy, Prepared, Requester, Site};
use hooks::ledger::LEDGER_MAX;
use rrserver::data::{Wait, while_pinned};
use rrserver::extension::{HookRequest, Reply};

use super::RunFailure;
use super::ends::open_control;
use super::extension;
use super::negotiate::receive;
use crate::control::{Control, unspecified_like};
use crate::plan::{HookPlace, HookPlan, RrTest, Target};

/// Messages that a server may send before it answers that it has detached: the results of the test it ended.
const MESSAGES_BEFORE_DETACHED: usize = 2;

/// Where the hook of a run is, and how far it has come.
#[derive(Debug)]
pub(super) enum RunHook {
    /// There is none.
    None,
    /// On the target, which attaches it with the test.
    Target,
    /// On a host of its own, by this control connection.
    Elsewhere(Box<Control>),
    /// In this process, not attached.
    Here { hook: Prepared, whole_host: bool },
    /// In this process, in the hands of the data thread.
    DataThread,
    /// On this host.
    Attached(HostHook),
}

impl RunHook {
    /// Has the hook loaded where it will run.
    ///
    /// # Errors
    /// Its host refuses it, knows no hooks, or cannot be reached.
    pub(super) fn prepare(plan: Option<&HookPlan>, target: &Target, control: &mut Control) -> Result<Self, RunFailure> {
        let Some(HookPlan { spec, whole_host, place, timed, .. }) = plan else { return Ok(Self::None) };
        let (whole_host, timed) = (*whole_host, *timed);
        let request = HookRequest::Prepare { hook: spec.to_string(), whole_host, timed };
        match place {
            HookPlace::Target => {
                ask(control, &request)?;
                Ok(Self::Target)
            }
            HookPlace::HookHost { host, port } => {
                let mut control = open_control(&target.hook_host(host, *port), None)?;
                ask(&mut control, &request)?;
                Ok(Self::Elsewhere(Box::new(control)))
            }
            HookPlace::Client { hook_dir } => {
                let myself = Requester { is_local: true, is_trusted: true };
                Policy::everything(hook_dir.clone()).check(spec, whole_host, myself).map_err(setup)?;
                let hook = Prepared::load(spec.clone(), hook_dir.as_deref()).map_err(setup)?;
                let hook = if timed { hook } else { hook.untimed() };
                Ok(Self::Here { hook, whole_host })
            }
        }
    }

    /// Has the hook attached for a connection of `test` from `source`, which may leave our address open, to `destination`;
    /// what the data thread has to attach itself comes back.
    ///
    /// # Errors
    /// Its host cannot attach it.
    pub(super) fn attach(
        &mut self,
        test: &RrTest,
        source: SocketAddr,
        destination: SocketAddr,
    ) -> Result<Option<Prepared>, RunFailure> {
        match std::mem::replace(self, Self::DataThread) {
            Self::Elsewhere(mut control) => {
                let source = own_address(source, destination)?;
                ask(&mut control, &HookRequest::Attach(Direction { source, destination }))?;
                *self = Self::Elsewhere(control);
            }
            Self::Here { hook, .. } if hook.place() != Place::Host => return Ok(Some(hook)),
            Self::Here { hook, whole_host } => {
                // On this side the responses are hooked: what the server sends to us.
                let own = own_address(source, destination)?;
                let direction = Direction { source: destination, destination: own };
                let site = Site { direction, entrance: own, chain: Chain::Input, whole_host };
                // As at the server: beside the data thread, unless that never sleeps.
                let cpu = test.local_cpu.filter(|_| !whole_host && test.load.local.wait != Wait::Spin);
                *self = Self::Attached(while_pinned(cpu, || hook.on_host(&site)).map_err(setup)?);
            }
            other => *self = other,
        }
        Ok(None)
    }

    /// Whether packets may be missing because of the hook.
    pub(super) fn is_there(&self) -> bool {
        !matches!(self, Self::None)
    }

    /// The ledger of a run that went through; the hook is detached.
    ///
    /// # Errors
    /// The hook failed, or its host does not answer.
    pub(super) fn finish(
        self,
        control: &mut Control,
        from_data_thread: Option<Ledger>,
    ) -> Result<Option<Ledger>, RunFailure> {
        match self {
            Self::None => Ok(None),
            Self::Target => fetch(control).map(Some),
            Self::Elsewhere(mut hook_host) => {
                ask(&mut hook_host, &HookRequest::Detach)?;
                let ledger = fetch(&mut hook_host)?;
                hook_host.close();
                Ok(Some(ledger))
            }
            Self::Here { .. } | Self::DataThread => Ok(from_data_thread),
            Self::Attached(hook) => hook.detach().map(Some).map_err(setup),
        }
    }

    /// Why a test failed, if its hook stopped it by what it dropped; `of_our_end` is what a hook on that did.
    pub(super) fn explain(self, control: &mut Control, of_our_end: Option<Ledger>) -> Option<RunFailure> {
        let ledger = match self {
            Self::Target => detach_running(control).ok().and_then(|()| fetch(control).ok()),
            other => other.finish(control, of_our_end).ok().flatten(),
        };
        let ledger = ledger.filter(|ledger| ledger.drops > Some(0))?;
        Some(RunFailure::Setup(format!("{}\nrrgen: {ledger}", dropped(&ledger))))
    }
}

/// What to say of a hook that dropped the packets of the test it should measure.
#[must_use]
pub fn dropped(ledger: &Ledger) -> String {
    format!(
        "the hook dropped {} of the {} frames it saw, and with them the test: its filter matches the test's own traffic; \
         choose another port=, or ports of the test by `-- -P LOCAL,REMOTE`",
        ledger.drops.unwrap_or_default(),
        ledger.calls
    )
}

/// Why the target could not attach the hook with the test.
pub(super) fn attach_failure(control: &mut Control) -> RunFailure {
    match ask(control, &HookRequest::Report { offset: 0 }) {
        Ok(_) => RunFailure::Setup("the target could not attach the hook; its log says why".into()),
        Err(refused) => refused,
    }
}

fn setup(error: impl std::fmt::Display) -> RunFailure {
    RunFailure::Setup(error.to_string())
}

const STOCK: &str = "which has no hooks: run rrserver there, or hook this side with `--hook-side client`, or a host \
                     between with `--hook-host HOST`";

/// Asks a hook host for something that it may refuse.
pub(super) fn ask(control: &mut Control, request: &HookRequest) -> Result<Reply, RunFailure> {
    extension::ask(control, &request.encode(), STOCK)
}

/// Ends the test that the target is still running, with its hook.
fn detach_running(control: &mut Control) -> Result<(), RunFailure> {
    control.send(&HookRequest::Detach.encode()).map_err(Failure::ControlRecv)?;
    for _ in 0..MESSAGES_BEFORE_DETACHED {
        if Reply::decode(&receive(control)?).is_ok() {
            return Ok(());
        }
    }
    Err(setup("the target did not detach the hook"))
}

/// The ledger.
fn fetch(control: &mut Control) -> Result<Ledger, RunFailure> {
    let from = |offset| HookRequest::Report { offset }.encode();
    let json = extension::report(control, from, LEDGER_MAX, STOCK)?;
    Ledger::from_json(json.as_bytes()).map_err(setup)
}

/// `source` with the address that the kernel sends from towards `destination`, if it is open; no packet is sent to find
/// out.
fn own_address(source: SocketAddr, destination: SocketAddr) -> Result<SocketAddr, RunFailure> {
    if !source.ip().is_unspecified() {
        return Ok(source);
    }
    let find = || {
        let probe = UdpSocket::bind(unspecified_like(destination))?;
        probe.connect(destination)?;
        Ok(SocketAddr::new(probe.local_addr()?.ip(), source.port()))
    };
    find().map_err(|e: std::io::Error| RunFailure::no_resource("find our own address", &e))
}

impl From<HostError> for RunFailure {
    fn from(error: HostError) -> Self {
        setup(error)
    }
}
