//! From options to a session that is ready to measure; everything that can be refused is refused here.

use std::io;
use std::time::{SystemTime, UNIX_EPOCH};

use hooks::capability::Host;
use hooks::{AttachPoint, HookSpec};
use rrserver::data::{AffinityError, DescriptorError, make_room};
use rrserver::machine::this_machine;
use thiserror::Error;

use super::args::{Design as AskedDesign, Options, Topology};
use super::cpus::Cpus;
use super::ground::{Ground, GroundError};
use super::hooks::{Chosen, HookError, NO_HOOK, Spot};
use super::limits;
use super::netperf::{self, Test, UNTIL_CLOSED, hook_options};
use super::peers::Peers;
use super::rehearsal::rehearse;
use super::session::Session;
use super::supervisor::Supervisor;
use crate::plan::{HookPlan, Plan};
use crate::report::{self, ReportError};
use crate::results::{
    Design, Header, Hooks, LONGEST_LOCKSTEP_NS, Machine, Place, Settings, Skipped, Store, StoreError, VERSION,
};
use crate::run::{self, RunFailure};
use crate::stats::order::square_rows;

/// Shortest block, ns: well under the tens of milliseconds in which the machine's speed wanders.
const BLOCK_NS: u64 = 2_000_000;

/// Fewest transactions of a block.
const BLOCK_TRANSACTIONS: u64 = 50;

/// The same for every flow, if that is more: beginning and ending a block, with only a part of the flows busy, weighs
/// little then. More would make blocks of many flows so long that the machine's speed wanders within them.
const TRANSACTIONS_PER_FLOW: u64 = 5;

/// Nanoseconds in a second.
const NS_PER_S: u64 = 1_000_000_000;

/// Why there is nothing to run.
#[derive(Debug, Error)]
pub(super) enum SetupError {
    #[error(transparent)]
    Ground(#[from] GroundError),
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Hook(#[from] HookError),
    #[error("-T: {0}")]
    Cpus(#[from] AffinityError),
    #[error("{0}")]
    Options(String),
    #[error("cannot try the hooks: {0}")]
    Rehearsal(#[source] io::Error),
    #[error(transparent)]
    Peer(#[from] RunFailure),
    #[error(
        "a slot is a netperf run: -l takes whole seconds with --design slots, also where a hook's interface is shared"
    )]
    WholeSeconds,
    #[error("-l: lock-step keeps every cycle, and so takes at most {} s a round; measure more rounds", LONGEST_LOCKSTEP_NS / NS_PER_S)]
    TooLong,
    #[error(
        "--flows: the target is a stock netserver, which serves one connection per test: run rrserver there, or leave out \
         --flows"
    )]
    StockFlows,
    #[error("--flows: so many for every variant that is open at once, and for every end in this process: {0}")]
    Descriptors(#[from] DescriptorError),
    #[error("the results were measured on another machine, or it has changed: then {then:?}, now {now:?}")]
    OtherMachine {
        /// What the results say.
        then: Box<Machine>,
        /// What is true now.
        now: Box<Machine>,
    },
    #[error("the results were measured against other servers, or they have changed: then {then:?}, now {now:?}")]
    OtherPeers {
        /// What the results say.
        then: Box<Peers>,
        /// What is true now.
        now: Box<Peers>,
    },
    #[error(transparent)]
    Format(#[from] ReportError),
    #[error("cannot catch signals: {0}")]
    Signals(#[source] io::Error),
}

/// The session that `options` ask for. Must come before the process has a second thread.
///
/// # Errors
/// What is wrong, and what to do about it.
pub(super) fn session(options: Options) -> Result<Session, SetupError> {
    // Before anything asks what this machine can do: without room for an answer it can do nothing.
    make_room(0).map_err(GroundError::from)?;
    let (store, ground) = match &options.resume {
        Some(directory) => resume(Store::resume(directory)?, &options)?,
        None => begin(options)?,
    };
    let supervisor = Supervisor::new().map_err(SetupError::Signals)?;
    Ok(Session { store, ground, supervisor })
}

/// The ground of results that are to be gone on with.
fn resume(store: Store, options: &Options) -> Result<(Store, Ground), SetupError> {
    let Header { settings, variants, machine, target, hook_host, .. } = &store.results().header;
    let Settings { place, hooks, options: common, .. } = settings;
    report::check_format(settings.design, options.format)?;
    let now = this_machine();
    if *machine != now {
        return Err(SetupError::OtherMachine { then: Box::new(machine.clone()), now: Box::new(now) });
    }
    let plan = netperf::common(place, settings.flows, common, &hook_options(hooks, None), options.passphrase.as_ref());
    let plan = plan.map_err(SetupError::Options)?;
    let then = Peers { target: target.clone(), hook_host: hook_host.clone() };
    Ground::claim(place)?;
    let now = Peers::ask(&plan, place)?;
    if then != now {
        return Err(SetupError::OtherPeers { then: Box::new(then), now: Box::new(now) });
    }
    let ground = Ground::new(place, &plan, hooks, variants.len())?;
    make_room_for_flows(settings, variants.len())?;
    Cpus { client: settings.client_cpu, server: settings.server_cpu }.check(is_here(place))?;
    rehearse(&ground, settings, variants)?;
    Ok((store, ground))
}

fn begin(options: Options) -> Result<(Store, Ground), SetupError> {
    let Prepared { place, ground, hooks, chosen, design, peers } = prepare(&options)?;
    let variants = chosen.variants();
    let settings = settings(&options, place, hooks, design, variants.len())?;
    make_room_for_flows(&settings, variants.len())?;
    let any = Test { path: &ground.paths[0], hook: NO_HOOK, settings: &settings };
    limits::check(&any.plan(UNTIL_CLOSED).map_err(SetupError::Options)?, design).map_err(SetupError::Options)?;
    report::check_format(settings.design, options.format)?;
    rehearse(&ground, &settings, &variants)?;
    let header = Header {
        version: VERSION,
        program: concat!("rrgen ", env!("CARGO_PKG_VERSION")).into(),
        started_s: since_1970().as_secs(),
        settings,
        contrasts: chosen.contrasts(),
        variants,
        machine: this_machine(),
        target: peers.target,
        hook_host: peers.hook_host,
        skipped: chosen.skipped,
    };
    Ok((Store::create(options.out, header)?, ground))
}

/// Where to measure, and what.
struct Prepared {
    place: Place,
    ground: Ground,
    hooks: Hooks,
    chosen: Chosen,
    design: AskedDesign,
    peers: Peers,
}

/// The ground that was asked for, or the best that this process may have, and the hooks to compare there.
fn prepare(options: &Options) -> Result<Prepared, SetupError> {
    let host = options.host.as_ref().map(|host| Place::Host { host: host.clone(), port: options.port });
    let topology = options.topology.map(|topology| match topology {
        Topology::Direct => Place::Direct,
        Topology::Router => Place::Router,
        Topology::Loopback => Place::Loopback,
    });
    let before = Host::probe();
    match host.or(topology) {
        Some(place) => prepare_at(place, options, &before),
        None => prepare_at(Place::Direct, options, &before).or_else(|error| match error {
            SetupError::Ground(why) => {
                let mut instead = prepare_at(Place::Loopback, options, &before)?;
                let skipped = Skipped { what: "test-bed of namespaces".into(), why: why.to_string() };
                instead.chosen.skipped.insert(0, skipped);
                Ok(instead)
            }
            error => Err(error),
        }),
    }
}

/// `before` is this host as it was when the process had the privileges it was started with: those of a user namespace
/// are good for a netfilter queue in a test-bed, and not for programs in the kernel.
fn prepare_at(place: Place, options: &Options, before: &Host) -> Result<Prepared, SetupError> {
    let plan =
        netperf::common(&place, options.flows, &options.common(), &options.about_hooks(), options.passphrase.as_ref());
    let plan = plan.map_err(SetupError::Options)?;
    let hooks = options.hooks_of(&plan);
    Ground::claim(&place)?;
    let peers = Peers::ask(&plan, &place)?;
    if options.flows > 1 && peers.has_stock_target() {
        return Err(SetupError::StockFlows);
    }
    // One data thread at each end: what one refuses the other would, too.
    let unfit = |hook: &HookSpec| plan.test.load.remote.unfit_for(hook.attach, hooks.whole_host);
    let missing = |hook: &HookSpec| match &place {
        _ if let Some(why) = unfit(hook) => why.into(),
        Place::Host { .. } => refusal(&plan, hook),
        Place::Direct | Place::Router if hook.attach == AttachPoint::Nfqueue => {
            Host::probe().missing(hook.engine, hook.attach).join("; ")
        }
        Place::Direct | Place::Router | Place::Loopback => before.missing(hook.engine, hook.attach).join("; "),
    };
    let spot = Spot { place: &place, site: &hooks.site, whole_host: hooks.whole_host };
    let mut chosen = Chosen::new(&options.hooks(), spot, missing)?;
    let design = chosen.design(options.design, spot)?;
    let ground = Ground::new(&place, &plan, &hooks, chosen.variants().len())?;
    Ok(Prepared { place, ground, hooks, chosen, design, peers })
}

/// Why the host that hooks are on would not run this one; empty if it would.
fn refusal(plan: &Plan, hook: &HookSpec) -> String {
    let hook = plan.hook.clone().map(|plan| HookPlan { spec: hook.clone(), ..plan });
    run::rehearse(&Plan { hook, ..plan.clone() }).err().map(|refusal| refusal.to_string()).unwrap_or_default()
}

fn settings(
    options: &Options,
    place: Place,
    hooks: Hooks,
    design: AskedDesign,
    variants: usize,
) -> Result<Settings, SetupError> {
    let here = is_here(&place);
    // What CPUs another host has is not known here.
    let first_two = || Cpus { server: Cpus::first_two().server.filter(|_| here), ..Cpus::first_two() };
    let cpus = options.cpus.unwrap_or_else(first_two);
    cpus.check(here)?;
    let (design, rounds) = turns(options, design, variants)?;
    Ok(Settings {
        design,
        place,
        seed: options.seed.unwrap_or_else(|| since_1970().as_millis() as u64),
        rounds,
        precision_percent: options.precision,
        margin_percent: options.margin.percent(),
        length_ns: options.length.as_nanos() as u64,
        flows: options.flows,
        hooks,
        options: options.common(),
        test_options: options.test_options(),
        client_cpu: cpus.client,
        server_cpu: cpus.server,
    })
}

/// How variants take turns, and in how many rounds: whole squares of slots.
fn turns(options: &Options, design: AskedDesign, variants: usize) -> Result<(Design, u32), SetupError> {
    let rounds = options.rounds();
    match design {
        AskedDesign::Lockstep if options.length.as_nanos() > LONGEST_LOCKSTEP_NS.into() => Err(SetupError::TooLong),
        AskedDesign::Lockstep => {
            let block_transactions = BLOCK_TRANSACTIONS.max(TRANSACTIONS_PER_FLOW * u64::from(options.flows));
            Ok((Design::Lockstep { block_ns: BLOCK_NS, block_transactions }, rounds))
        }
        AskedDesign::Slots if options.length.subsec_nanos() > 0 => Err(SetupError::WholeSeconds),
        AskedDesign::Slots => {
            let rounds = rounds.next_multiple_of(square_rows(variants) as u32);
            Ok((Design::Slots { interim_s: options.interim }, rounds))
        }
    }
}

/// Sees to it that all flows can be open at once.
///
/// # Errors
/// A limit of this host is in the way.
fn make_room_for_flows(settings: &Settings, variants: usize) -> Result<(), DescriptorError> {
    let ends = if is_here(&settings.place) { 2 } else { 1 };
    let at_once = match settings.design {
        Design::Lockstep { .. } => variants as u32,
        Design::Slots { .. } => 1,
    };
    if settings.flows > 1 { make_room(settings.flows * at_once * ends) } else { Ok(()) }
}

/// Whether the server runs on this machine.
fn is_here(place: &Place) -> bool {
    !matches!(place, Place::Host { .. })
}

fn since_1970() -> std::time::Duration {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default()
}
