//! One round of the lock-step design: everything fresh, all variants open at once, visited in turns.

use thiserror::Error;

use super::connection::{Connection, ConnectionError, Sockets};
use super::lockstep::{BlockLength, Broken, Lane, Visitor};
use super::supervisor::{Begun, Cause};
use super::traffic::Traffic;
use crate::engine::Monotonic;
use crate::results::{Cycle, Round, RoundTrips, Settings, Variant, VariantRound};
use crate::run::ClockHost;
use crate::stats::order::{self, CycleOrders};
use crate::testbed::Path;
use rrserver::data::{AffinityError, pin_current_thread};

/// Warm-up per variant, ns: connections leave slow start, caches fill, a governor wakes up.
const WARM_UP_NS: u64 = 50_000_000;

/// How long programs in the kernel are timed after it, per variant, ns. The two clock readings around a call are often
/// dearer than the call: timed while it is measured, they would be its effect.
const TIMED_NS: u64 = 50_000_000;

/// Why a round has no result.
#[derive(Debug, Error)]
pub(super) enum RoundError {
    #[error(transparent)]
    Connection(#[from] ConnectionError),
    #[error(transparent)]
    Broken(#[from] Broken),
    #[error("-T: {0}")]
    Pin(#[from] AffinityError),
}

impl Cause for RoundError {
    fn is_repeatable(&self) -> bool {
        match self {
            Self::Connection(cause) => cause.is_repeatable(),
            Self::Broken(_) => true,
            Self::Pin(_) => false,
        }
    }
}

/// A round to be measured.
pub(super) struct RoundPlan<'a> {
    pub(super) number: u32,
    pub(super) settings: &'a Settings,
    pub(super) variants: &'a [Variant],
    pub(super) block: BlockLength,
    /// The paths, of which each variant is given one by lot.
    pub(super) paths: &'a [Path],
}

impl RoundPlan<'_> {
    /// Measures the round on the calling thread, which should be fresh and where the client is.
    ///
    /// # Errors
    /// A connection or its hook failed.
    pub(super) fn measure(&self, begun: &Begun) -> Result<Round, RoundError> {
        self.settings.client_cpu.map_or(Ok(()), pin_current_thread)?;
        let variants = self.variants.len();
        let places = order::paths(self.settings.seed, self.number, variants);
        let open = |(variant, &place): (&Variant, &usize)| {
            Connection::open(&self.paths[place], &variant.hook, self.settings, false)
        };
        let mut connections = self.variants.iter().zip(&places).map(open).collect::<Result<Vec<_>, _>>()?;
        begun.by(Sockets::of(&connections));
        // All hooks of a comparison are on one host, and its clock times all programs.
        let clock_host = connections.iter().find_map(Connection::clock_host);
        let lane = |connection| Connection::traffic(connection).map(Lane::new);
        let mut lanes = connections.iter_mut().map(lane).collect::<Result<Vec<_>, _>>()?;
        let before = this_cpu();
        let visited = self.visit(&mut lanes, clock_host.as_ref());
        let after = this_cpu();
        let transactions: Vec<u64> = lanes.iter().map(|lane| lane.transactions).collect();
        let round_trips: Vec<_> = lanes.into_iter().map(|lane| lane.round_trips.into_inner()).collect();
        let Visited { timed, cycles } = match visited {
            Ok(visited) => visited,
            Err(RoundError::Broken(broken)) => return Err(explained(connections, broken)),
            Err(error) => return Err(error),
        };
        let counts = transactions.into_iter().zip(timed);
        let closed = connections.into_iter().zip(counts).zip(&round_trips);
        let closed = closed.map(|((connection, (transactions, timed)), times)| {
            let ledger = connection.close(transactions, timed)?;
            Ok::<_, ConnectionError>(VariantRound { round_trips: RoundTrips::from(times), ledger })
        });
        let variants = closed.collect::<Result<_, _>>()?;
        let client_cpus = if before == after { vec![before] } else { vec![before, after] };
        Ok(Round { round: self.number, repeats: Vec::new(), paths: places, client_cpus, cycles, variants })
    }

    /// Warms up, has programs timed, then measures.
    fn visit(&self, lanes: &mut [Lane<impl Traffic>], clock_host: Option<&ClockHost>) -> Result<Visited, RoundError> {
        let variants = lanes.len();
        let mut turns = CycleOrders::new(self.settings.seed, self.number, variants);
        let mut visitor = Visitor { lanes, clock: &Monotonic, block: self.block };
        let mut visit = |ns: u64| visitor.cycles(&mut turns, ns * variants as u64);
        let mut timed = vec![0; variants];
        visit(WARM_UP_NS)?;
        if let Some(host) = clock_host {
            let clock = host.start().map_err(ConnectionError::from)?;
            let cycles = visit(TIMED_NS)?;
            clock.stop().map_err(ConnectionError::from)?;
            let blocks = |variant: usize| cycles.iter().map(move |cycle| cycle.blocks[variant].transactions);
            timed = (0..variants).map(|variant| blocks(variant).sum()).collect();
        }
        Ok(Visited { timed, cycles: visit(self.settings.length_ns)? })
    }
}

/// What was done on open connections.
struct Visited {
    /// Transactions of each variant while programs were timed.
    timed: Vec<u64>,
    cycles: Vec<Cycle>,
}

/// Why a connection broke, by its hook if that knows.
fn explained(mut connections: Vec<Connection>, broken: Broken) -> RoundError {
    let cause = connections.swap_remove(broken.variant).explain();
    cause.map_or(RoundError::Broken(broken), RoundError::Connection)
}

fn this_cpu() -> u32 {
    rustix::thread::sched_getcpu() as u32
}
