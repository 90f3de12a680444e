//! One round of the lock-step design: everything fresh, all variants open at once, visited in turns.

use thiserror::Error;

use super::connection::{Connection, ConnectionError, Sockets};
use super::lockstep::{BlockLength, Broken, Lane, Visitor};
use super::supervisor::Begun;
use crate::engine::Monotonic;
use crate::results::{Round, RoundTrips, Settings, Variant, VariantRound};
use crate::stats::order::{self, CycleOrders};
use crate::testbed::Path;
use rrserver::data::{AffinityError, pin_current_thread};

/// Warm-up per variant, ns: connections leave slow start, caches fill, a governor wakes up.
const WARM_UP_NS: u64 = 50_000_000;

/// Why a round has no result.
#[derive(Debug, Error)]
pub(super) enum RoundError {
    #[error(transparent)]
    Connection(#[from] ConnectionError),
    #[error(transparent)]
    Broken(#[from] Broken),
    #[error("-T: {0}")]
    Pin(#[from] AffinityError),
    #[error("cannot hold the connections: {0}")]
    Hold(#[from] std::io::Error),
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
        let open =
            |(variant, &place): (&Variant, &usize)| Connection::open(&self.paths[place], &variant.hook, self.settings);
        let mut connections = self.variants.iter().zip(&places).map(open).collect::<Result<Vec<_>, _>>()?;
        begun.by(Sockets::of(&connections)?);
        let lane = |connection| Connection::traffic(connection).map(Lane::new);
        let mut lanes = connections.iter_mut().map(lane).collect::<Result<Vec<_>, _>>()?;
        let mut visitor = Visitor { lanes: &mut lanes, clock: &Monotonic, block: self.block };
        let mut turns = CycleOrders::new(self.settings.seed, self.number, variants);
        let before = this_cpu();
        visitor.cycles(&mut turns, WARM_UP_NS * variants as u64)?;
        let cycles = visitor.cycles(&mut turns, self.settings.length_ns * variants as u64)?;
        let after = this_cpu();
        let transactions: Vec<u64> = lanes.iter().map(|lane| lane.transactions).collect();
        let round_trips: Vec<_> = lanes.into_iter().map(|lane| lane.round_trips.into_inner()).collect();
        let closed = connections.into_iter().zip(transactions).zip(&round_trips).map(|((connection, count), times)| {
            connection.close(count).map(|ledger| VariantRound { round_trips: RoundTrips::from(times), ledger })
        });
        let variants = closed.collect::<Result<_, _>>()?;
        let client_cpus = if before == after { vec![before] } else { vec![before, after] };
        Ok(Round { round: self.number, repeats: Vec::new(), paths: places, client_cpus, cycles, variants })
    }
}

fn this_cpu() -> u32 {
    rustix::thread::sched_getcpu() as u32
}
