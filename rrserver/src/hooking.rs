//! A session's hook: asked for, allowed, attached, reported.
//!
//! One hook per control connection at a time. Whatever is attached is detached when the session ends, because it is
//! owned by it.

use std::net::{IpAddr, SocketAddr, UdpSocket};

use hooks::attach::nfqueue::Chain;
use hooks::host::{Clock, Direction, HostError, HostHook, Place, Policy, Prepared, Requester, Site};
use hooks::{HookSpec, Ledger};
use tokio::runtime::Handle;
use tokio::task::spawn_blocking;
use tracing::{info, warn};

use crate::LoadTerms;
use crate::data::while_pinned;
use crate::extension::{HookRequest, Reply};

const NO_HOOK: &str = "there is no hook: prepare one first";

/// The hook of one session.
#[derive(Debug)]
pub(crate) struct Hooking {
    policy: Policy,
    requester: Requester,
    /// Where the control connection comes from.
    client: IpAddr,
    /// The end of the control connection on this host: where a connection through it comes in.
    entrance: SocketAddr,
    state: State,
    /// What the last hook did, as JSON; or why it did not.
    report: Result<String, String>,
}

#[derive(Debug)]
enum State {
    Empty,
    Prepared {
        hook: Prepared,
        whole_host: bool,
    },
    Attached(HostHook),
    /// No hook, but the clock for those of other sessions, if this host has one.
    Timing {
        _clock: Option<Clock>,
    },
}

/// The part of a hook that belongs to one test.
#[derive(Debug)]
pub(crate) enum TestHook {
    /// No hook, or one that the control plane has attached to the host.
    Elsewhere,
    /// For the data thread to attach.
    DataThread(Prepared),
}

impl Hooking {
    pub(crate) fn new(policy: Policy, requester: Requester, client: IpAddr, entrance: SocketAddr) -> Self {
        Self { policy, requester, client, entrance, state: State::Empty, report: Err(NO_HOOK.into()) }
    }

    /// Carries out a client's request. Loading programs and making rules takes milliseconds, which other sessions
    /// do not wait for.
    pub(crate) async fn answer(&mut self, request: HookRequest) -> Reply {
        match request {
            HookRequest::Prepare { hook, whole_host, timed } => self.prepare(&hook, whole_host, timed).await,
            HookRequest::Time { hook } => self.time(&hook),
            HookRequest::Attach(direction) => {
                if let Err(refusal) = self.check_direction(direction) {
                    warn!("{refusal}");
                    return Reply::Refused(refusal);
                }
                // A connection that ends here is hooked where it comes in, one that passes where it passes.
                let chain = if is_ours(direction.destination.ip()) { Chain::Input } else { Chain::Forward };
                // Which CPU is best on a host between, the client does not know.
                self.attach(direction, chain, None).await
            }
            HookRequest::Detach => self.detach().await,
            HookRequest::Report { offset } => match &self.report {
                Ok(ledger) => Reply::part(ledger, offset),
                Err(reason) => Reply::Refused(reason.clone()),
            },
        }
    }

    /// A client may hook connections of its own; other people's are the operator's to allow.
    fn check_direction(&self, Direction { source, destination }: Direction) -> Result<(), String> {
        if source.port() == 0 || destination.port() == 0 || destination.ip().is_unspecified() {
            return Err(format!("{source} to {destination} is no connection"));
        }
        if source.ip().to_canonical() == self.client || self.policy.whole_host {
            return Ok(());
        }
        Err(format!(
            "the connection from {source} is not the client's own ({}); the hook host's operator can allow that, by \
             --hook-scope host",
            self.client
        ))
    }

    /// The hook that a client names, if it may run it here.
    fn allowed(&self, text: &str, whole_host: bool) -> Result<HookSpec, String> {
        let spec: HookSpec = text.parse().map_err(|e| format!("{text:?} is no hook: {e}"))?;
        self.policy.check(&spec, whole_host, self.requester).map_err(|refusal| {
            warn!("hook {spec} refused: {refusal}");
            refusal.to_string()
        })?;
        Ok(spec)
    }

    fn time(&mut self, text: &str) -> Reply {
        discard(std::mem::replace(&mut self.state, State::Empty));
        match self.allowed(text, false) {
            Ok(spec) => {
                self.state = State::Timing { _clock: Clock::start() };
                Reply::Done(spec.to_string())
            }
            Err(reason) => Reply::Refused(reason),
        }
    }

    async fn prepare(&mut self, text: &str, whole_host: bool, timed: bool) -> Reply {
        discard(std::mem::replace(&mut self.state, State::Empty));
        self.report = Err(NO_HOOK.into());
        let spec = match self.allowed(text, whole_host) {
            Ok(spec) => spec,
            Err(reason) => return Reply::Refused(reason),
        };
        let directory = self.policy.hook_dir.clone();
        match blocking(move || Prepared::load(spec, directory.as_deref())).await {
            Ok(hook) => {
                let hook = if timed { hook } else { hook.untimed() };
                let name = hook.spec().to_string();
                self.state = State::Prepared { hook, whole_host };
                Reply::Done(name)
            }
            Err(reason) => Reply::Refused(reason),
        }
    }

    /// On `cpu`, if it is named: a thread that the hook has of its own stays there.
    async fn attach(&mut self, direction: Direction, chain: Chain, cpu: Option<u32>) -> Reply {
        let State::Prepared { hook, whole_host } = std::mem::replace(&mut self.state, State::Empty) else {
            return Reply::Refused(NO_HOOK.into());
        };
        let site = Site { direction, entrance: self.entrance, chain, whole_host };
        match blocking(move || while_pinned(cpu, || hook.on_host(&site))).await {
            Ok(attached) => {
                info!("attached: {}", attached.place());
                let place = attached.place().to_owned();
                self.state = State::Attached(attached);
                Reply::Done(place)
            }
            Err(reason) => {
                self.report = Err(reason.clone());
                Reply::Refused(reason)
            }
        }
    }

    async fn detach(&mut self) -> Reply {
        match std::mem::replace(&mut self.state, State::Empty) {
            State::Attached(hook) => self.file(blocking(move || hook.detach()).await),
            // Never attached, or its test has ended and its report is here.
            State::Prepared { .. } | State::Timing { .. } | State::Empty => {}
        }
        Reply::Done(String::new())
    }

    /// Takes the hook to a test whose data comes from `source` to `destination`: attaches it to the host, on `cpu` if it
    /// is for this test alone, or hands it over for the data thread.
    ///
    /// # Errors
    /// It cannot be attached; the report says why.
    pub(crate) async fn begin_test(
        &mut self,
        direction: Direction,
        load: &LoadTerms,
        cpu: Option<u32>,
    ) -> Result<TestHook, String> {
        if let State::Prepared { hook, whole_host } = &self.state
            && let Some(reason) = load.unfit_for(hook.spec().attach, *whole_host)
        {
            self.report = Err(reason.into());
            return Err(reason.into());
        }
        match std::mem::replace(&mut self.state, State::Empty) {
            State::Prepared { hook, .. } if hook.place() != Place::Host => Ok(TestHook::DataThread(hook)),
            State::Prepared { hook, whole_host } => {
                self.state = State::Prepared { hook, whole_host };
                match self.attach(direction, Chain::Input, cpu.filter(|_| !whole_host)).await {
                    Reply::Refused(reason) => Err(reason),
                    Reply::Done(_) | Reply::Part { .. } => Ok(TestHook::Elsewhere),
                }
            }
            other => {
                self.state = other;
                Ok(TestHook::Elsewhere)
            }
        }
    }

    /// The test is over: detaches what the control plane attached for it, and keeps what the data thread reports.
    pub(crate) async fn end_test(&mut self, from_data_thread: Option<Result<Ledger, HostError>>) {
        match from_data_thread {
            Some(ledger) => self.file(ledger.map_err(|e| e.to_string())),
            None => drop(self.detach().await),
        }
    }

    fn file(&mut self, ledger: Result<Ledger, String>) {
        self.report = ledger.and_then(|ledger| ledger.to_json().map_err(|e| e.to_string()));
        if let Err(reason) = &self.report {
            warn!("hook: {reason}");
        }
    }
}

/// Whether the address is one of this host: only those can be bound to.
fn is_ours(address: IpAddr) -> bool {
    UdpSocket::bind((address, 0)).is_ok()
}

impl Drop for Hooking {
    fn drop(&mut self) {
        discard(std::mem::replace(&mut self.state, State::Empty));
    }
}

/// Detaches what is attached. That runs programs and waits for a thread with a script, so it is done elsewhere.
fn discard(state: State) {
    if let State::Empty = state {
        return;
    }
    match Handle::try_current() {
        Ok(runtime) => drop(runtime.spawn_blocking(move || drop(state))),
        Err(_) => drop(state),
    }
}

/// Runs `work` off the control plane's thread; its error as text.
async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, HostError> + Send + 'static,
) -> Result<T, String> {
    match spawn_blocking(work).await {
        Ok(result) => result.map_err(|e| e.to_string()),
        Err(_) => Err("the hook host failed; please report this as a bug".into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CLIENT: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(10, 0, 0, 2));

    async fn refusal(whole_host: bool, source: &str, destination: &str) -> String {
        let requester = Requester { is_local: true, is_trusted: true };
        let policy = Policy { whole_host, ..Policy::default() };
        let mut hooking = Hooking::new(policy, requester, CLIENT, ([10, 0, 0, 1], 12865).into());
        let direction =
            Direction { source: source.parse().expect("address"), destination: destination.parse().expect("address") };
        match hooking.answer(HookRequest::Attach(direction)).await {
            Reply::Refused(reason) => reason,
            other => panic!("{other:?}"),
        }
    }

    #[tokio::test]
    async fn only_the_clients_own_connections_are_hooked_unless_the_operator_allows_others() {
        let foreign = ("10.0.0.9:5000", "10.0.0.1:22");
        assert!(refusal(false, foreign.0, foreign.1).await.ends_with("--hook-scope host"));
        // Past this check there is no hook to attach.
        assert_eq!(refusal(true, foreign.0, foreign.1).await, NO_HOOK);
        assert_eq!(refusal(false, "10.0.0.2:5000", "10.0.0.1:22").await, NO_HOOK);
    }

    #[tokio::test]
    async fn what_is_no_connection_is_refused_whoever_asks() {
        for (source, destination) in
            [("10.0.0.2:0", "10.0.0.1:22"), ("10.0.0.2:5", "10.0.0.1:0"), ("10.0.0.2:5", "0.0.0.0:22")]
        {
            assert!(refusal(true, source, destination).await.ends_with("is no connection"));
        }
    }

    #[test]
    fn an_address_is_ours_if_it_can_be_bound_to() {
        assert!(is_ours(IpAddr::from([127, 0, 0, 1])));
        assert!(!is_ours(IpAddr::from([192, 0, 2, 1])));
    }
}
