//! From options to a session that is ready to measure; everything that can be refused is refused here.

use std::io;
use std::time::{SystemTime, UNIX_EPOCH};

use hooks::capability::Host;
use rrserver::data::AffinityError;
use thiserror::Error;

use super::args::{Design as AskedDesign, Options, Topology};
use super::cpus::Cpus;
use super::ground::{Ground, GroundError};
use super::hooks::{Chosen, HookError, NO_HOOK};
use super::machine::this_machine;
use super::netperf::{Test, UNTIL_CLOSED};
use super::session::Session;
use super::supervisor::Supervisor;
use crate::report::{self, Format, ReportError};
use crate::results::{
    Design, Header, LONGEST_LOCKSTEP_NS, Machine, Place, Settings, Skipped, Store, StoreError, VERSION,
};
use crate::stats::order::square_rows;

/// Shortest block, ns: well under the tens of milliseconds in which the machine's speed wanders.
const BLOCK_NS: u64 = 2_000_000;

/// Fewest transactions of a block.
const BLOCK_TRANSACTIONS: u64 = 50;

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
    TestOptions(String),
    #[error("a slot is a netperf run: -l takes whole seconds with --design slots")]
    WholeSeconds,
    #[error("-l: lock-step keeps every cycle, and so takes at most {} s a round; measure more rounds", LONGEST_LOCKSTEP_NS / NS_PER_S)]
    TooLong,
    #[error("-b: lock-step has one request in flight; leave it out, or use --design slots")]
    Burst,
    #[error("--flows: a comparison is of one connection per variant, visited in turn; leave it out, and measure many flows by \
             `rrgen --flows N` with and without --hook")]
    Flows,
    #[error("the results were measured on another machine, or it has changed: then {then:?}, now {now:?}")]
    OtherMachine {
        /// What the results say.
        then: Box<Machine>,
        /// What is true now.
        now: Box<Machine>,
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
    if options.flows.is_some() {
        return Err(SetupError::Flows);
    }
    let (store, ground) = match &options.resume {
        Some(directory) => resume(Store::resume(directory)?, options.format)?,
        None => begin(options)?,
    };
    let supervisor = Supervisor::new().map_err(SetupError::Signals)?;
    Ok(Session { store, ground, supervisor })
}

/// The ground of results that are to be gone on with.
fn resume(store: Store, format: Format) -> Result<(Store, Ground), SetupError> {
    let Header { settings, variants, machine, .. } = &store.results().header;
    report::check_format(settings.design, format)?;
    let now = this_machine();
    if *machine != now {
        return Err(SetupError::OtherMachine { then: Box::new(machine.clone()), now: Box::new(now) });
    }
    Ground::claim(&settings.place)?;
    let ground = Ground::new(&settings.place, variants.len())?;
    Cpus { client: settings.client_cpu, server: settings.server_cpu }.check(is_here(&settings.place))?;
    Ok((store, ground))
}

fn begin(options: Options) -> Result<(Store, Ground), SetupError> {
    let Prepared { place, ground, chosen } = prepare(&options)?;
    let variants = chosen.variants();
    let settings = settings(&options, place, &ground, variants.len())?;
    report::check_format(settings.design, options.format)?;
    let header = Header {
        version: VERSION,
        program: concat!("rrgen ", env!("CARGO_PKG_VERSION")).into(),
        started_s: since_1970().as_secs(),
        settings,
        contrasts: chosen.contrasts(),
        variants,
        machine: this_machine(),
        skipped: chosen.skipped,
    };
    Ok((Store::create(options.out, header)?, ground))
}

/// Where to measure, and what.
struct Prepared {
    place: Place,
    ground: Ground,
    chosen: Chosen,
}

/// The ground that was asked for, or the best that this process may have, and the hooks to compare there.
fn prepare(options: &Options) -> Result<Prepared, SetupError> {
    let host = options.host.as_ref().map(|host| Place::Host { host: host.clone(), port: options.port });
    let topology = options.topology.map(|topology| match topology {
        Topology::Direct => Place::Direct,
        Topology::Router => Place::Router,
        Topology::Loopback => Place::Loopback,
    });
    let (named, before) = (options.hooks(), Host::probe());
    let at = |place: Place| {
        Ground::claim(&place)?;
        let chosen = Chosen::new(&named, &place, &before)?;
        Ok(Prepared { ground: Ground::new(&place, chosen.variants().len())?, place, chosen })
    };
    match host.or(topology) {
        Some(place) => at(place),
        None => at(Place::Direct).or_else(|error| match error {
            SetupError::Ground(why) => {
                let mut instead = at(Place::Loopback)?;
                let skipped = Skipped { what: "test-bed of namespaces".into(), why: why.to_string() };
                instead.chosen.skipped.insert(0, skipped);
                Ok(instead)
            }
            error => Err(error),
        }),
    }
}

fn settings(options: &Options, place: Place, ground: &Ground, variants: usize) -> Result<Settings, SetupError> {
    let here = is_here(&place);
    // What CPUs another host has is not known here.
    let first_two = || Cpus { server: Cpus::first_two().server.filter(|_| here), ..Cpus::first_two() };
    let cpus = options.cpus.unwrap_or_else(first_two);
    cpus.check(here)?;
    let (design, rounds) = design(options, variants)?;
    let test_options = options.test_options();
    let Cpus { client: client_cpu, server: server_cpu } = cpus;
    let test = Test { path: &ground.paths[0], hook: NO_HOOK, client_cpu, server_cpu, options: &test_options };
    let plan = test.plan(UNTIL_CLOSED).map_err(SetupError::TestOptions)?;
    if plan.test.burst > 0 && options.design == AskedDesign::Lockstep {
        return Err(SetupError::Burst);
    }
    Ok(Settings {
        design,
        place,
        seed: options.seed.unwrap_or_else(|| since_1970().as_millis() as u64),
        rounds,
        precision_percent: options.precision,
        margin_percent: options.margin.percent(),
        length_ns: options.length.as_nanos() as u64,
        test_options,
        client_cpu,
        server_cpu,
    })
}

/// The design, and how many rounds it has: whole squares of slots.
fn design(options: &Options, variants: usize) -> Result<(Design, u32), SetupError> {
    let rounds = options.rounds();
    match options.design {
        AskedDesign::Lockstep if options.length.as_nanos() > LONGEST_LOCKSTEP_NS.into() => Err(SetupError::TooLong),
        AskedDesign::Lockstep => {
            Ok((Design::Lockstep { block_ns: BLOCK_NS, block_transactions: BLOCK_TRANSACTIONS }, rounds))
        }
        AskedDesign::Slots if options.length.subsec_nanos() > 0 => Err(SetupError::WholeSeconds),
        AskedDesign::Slots => {
            let rounds = rounds.next_multiple_of(square_rows(variants) as u32);
            Ok((Design::Slots { interim_s: options.interim }, rounds))
        }
    }
}

/// Whether the server runs on this machine.
fn is_here(place: &Place) -> bool {
    !matches!(place, Place::Host { .. })
}

fn since_1970() -> std::time::Duration {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default()
}
