//! The lock-step design: one thread visits the open connections of all variants, a few milliseconds each.
//!
//! The machine's speed wanders over tens of milliseconds. Whatever alternates faster shares it, and the difference of
//! two neighbours in a cycle is free of it. Inside a block the loop is the engine's own: two system calls and one
//! clock reading per transaction; everything else happens between blocks.

use thiserror::Error;

use super::traffic::Traffic;
use crate::engine::{Clock, End, Flow, LatencyHistogram, Stop};
use crate::results::{Block, Cycle};
use crate::stats::order::CycleOrders;

/// Says in which order the next cycle visits the variants.
pub(super) trait Turns {
    /// Every variant once; allocates nothing.
    fn next_cycle(&mut self) -> &[usize];
}

impl Turns for CycleOrders {
    fn next_cycle(&mut self) -> &[usize] {
        self.next_order()
    }
}

/// What moves over one variant's open connections, and what was measured on them.
#[derive(Debug)]
pub(super) struct Lane<T> {
    traffic: T,
    pub(super) round_trips: LatencyHistogram,
    /// All that were ever completed, the warm-up included.
    pub(super) transactions: u64,
}

impl<T> Lane<T> {
    pub(super) fn new(traffic: T) -> Self {
        Self { traffic, round_trips: LatencyHistogram::new(), transactions: 0 }
    }
}

/// When a block has been long enough.
#[derive(Debug, Clone, Copy)]
pub(super) struct BlockLength {
    /// Shortest time, ns.
    pub(super) ns: u64,
    /// Fewest transactions.
    pub(super) transactions: u64,
}

/// The [`Stop`] of one block.
struct BlockEnd {
    at_ns: u64,
    transactions: u64,
}

impl Stop for BlockEnd {
    #[inline]
    fn reached(&self, now_ns: u64, completed: u64) -> bool {
        now_ns >= self.at_ns && completed >= self.transactions
    }
}

/// A connection that did not hold.
#[derive(Debug, Error)]
#[error("the connection of variant {variant} ended: {end:?}")]
pub(super) struct Broken {
    pub(super) variant: usize,
    end: End,
}

/// Visits the lanes in turns.
pub(super) struct Visitor<'a, T, C> {
    pub(super) lanes: &'a mut [Lane<T>],
    pub(super) clock: &'a C,
    pub(super) block: BlockLength,
}

impl<T: Traffic, C: Clock> Visitor<'_, T, C> {
    /// Runs whole cycles for `length_ns`, and nothing that was recorded before remains.
    ///
    /// # Errors
    /// A connection ended.
    pub(super) fn cycles(&mut self, turns: &mut impl Turns, length_ns: u64) -> Result<Vec<Cycle>, Broken> {
        self.lanes.iter_mut().for_each(|lane| lane.round_trips.clear());
        let mut rows = Rows::new(self.lanes.len(), length_ns / self.block.ns);
        let started_ns = self.clock.now_ns();
        while self.clock.now_ns() - started_ns < length_ns {
            for &variant in turns.next_cycle() {
                rows.push(variant, self.visit(variant)?);
            }
        }
        Ok(rows.into_cycles())
    }

    fn visit(&mut self, variant: usize) -> Result<Block, Broken> {
        let lane = &mut self.lanes[variant];
        let started_ns = self.clock.now_ns();
        let stop = BlockEnd { at_ns: started_ns + self.block.ns, transactions: self.block.transactions };
        let Flow { transactions, last_ns, end } =
            lane.traffic.run(self.clock, started_ns, &stop, &mut lane.round_trips);
        lane.transactions += transactions;
        match end {
            End::Stopped => Ok(Block { transactions, elapsed_ns: last_ns - started_ns }),
            end => Err(Broken { variant, end }),
        }
    }
}

/// Blocks in the order in which they came, in memory that was taken before.
struct Rows {
    variants: usize,
    blocks: Vec<(usize, Block)>,
}

impl Rows {
    /// Room for `blocks` blocks, and one more cycle.
    fn new(variants: usize, blocks: u64) -> Self {
        Self { variants, blocks: Vec::with_capacity(blocks as usize + variants) }
    }

    fn push(&mut self, variant: usize, block: Block) {
        self.blocks.push((variant, block));
    }

    fn into_cycles(self) -> Vec<Cycle> {
        let cycle = |turns: &[(usize, Block)]| {
            let mut by_variant = turns.to_vec();
            by_variant.sort_by_key(|(variant, _)| *variant);
            Cycle {
                order: turns.iter().map(|(variant, _)| *variant).collect(),
                blocks: by_variant.into_iter().map(|(_, block)| block).collect(),
            }
        };
        self.blocks.chunks(self.variants).map(cycle).collect()
    }
}

#[cfg(test)]
mod tests {
    use std::cell::{Cell, RefCell};
    use std::io;
    use std::rc::Rc;

    use rrserver::data::Transport;

    use super::super::traffic::{AllFlows, OneFlow};
    use super::*;
    use crate::engine::simulation::{self, Server};

    /// Time that passes only while a transport waits for its response.
    #[derive(Default)]
    struct Time(Cell<u64>);

    impl Clock for Rc<Time> {
        fn now_ns(&self) -> u64 {
            self.0.get()
        }

        fn wait_until(&self, at_ns: u64) {
            self.0.set(at_ns);
        }
    }

    /// Answers after `ns`, writes its name down, and closes after so many responses.
    struct Peer {
        name: usize,
        ns: u64,
        responses: usize,
        time: Rc<Time>,
        log: Rc<RefCell<Vec<usize>>>,
    }

    impl Transport for Peer {
        fn send(&mut self) -> io::Result<()> {
            Ok(())
        }

        fn recv(&mut self) -> io::Result<Option<&[u8]>> {
            self.time.0.set(self.time.0.get() + self.ns);
            self.log.borrow_mut().push(self.name);
            let open = self.responses > 0;
            self.responses = self.responses.saturating_sub(1);
            Ok(open.then_some(&b"x"[..]))
        }
    }

    /// Orders that are told.
    struct Told(Vec<Vec<usize>>);

    impl Turns for Told {
        fn next_cycle(&mut self) -> &[usize] {
            self.0.rotate_left(1);
            self.0.last().expect("an order")
        }
    }

    struct Bench {
        lanes: Vec<Lane<OneFlow<'static, Peer>>>,
        time: Rc<Time>,
        log: Rc<RefCell<Vec<usize>>>,
    }

    /// Two variants; a transaction takes 10 ns in the first and 30 ns in the second.
    fn bench(responses: usize) -> Bench {
        let (time, log) = (Rc::<Time>::default(), Rc::<RefCell<Vec<usize>>>::default());
        let peer = |name, ns| Peer { name, ns, responses, time: Rc::clone(&time), log: Rc::clone(&log) };
        let lane = |peer| Lane::new(OneFlow { transport: peer, hook: None });
        Bench { lanes: vec![lane(peer(0, 10)), lane(peer(1, 30))], time, log }
    }

    fn run(bench: &mut Bench, block: BlockLength, length_ns: u64) -> Result<Vec<Cycle>, Broken> {
        let mut turns = Told(vec![vec![0, 1], vec![1, 0]]);
        Visitor { lanes: &mut bench.lanes, clock: &bench.time, block }.cycles(&mut turns, length_ns)
    }

    fn block(transactions: u64, elapsed_ns: u64) -> Block {
        Block { transactions, elapsed_ns }
    }

    #[test]
    fn variants_are_visited_in_the_order_of_each_cycle() {
        let mut bench = bench(100);
        let cycles = run(&mut bench, BlockLength { ns: 60, transactions: 1 }, 240).unwrap();
        assert_eq!(*bench.log.borrow(), [[0; 6].as_slice(), &[1; 4], &[0; 6]].concat());
        assert_eq!(cycles.iter().map(|cycle| cycle.order.clone()).collect::<Vec<_>>(), [[0, 1], [1, 0]]);
        for cycle in cycles {
            assert_eq!(cycle.blocks, [block(6, 60), block(2, 60)], "by variant, whatever the order");
        }
    }

    #[test]
    fn a_block_lasts_until_it_has_both_time_and_transactions() {
        let mut bench = bench(100);
        let cycles = run(&mut bench, BlockLength { ns: 60, transactions: 4 }, 1).unwrap();
        assert_eq!(cycles[0].blocks, [block(6, 60), block(4, 120)]);
    }

    #[test]
    fn only_the_last_cycles_are_recorded_but_everything_is_counted() {
        let mut bench = bench(100);
        let length = BlockLength { ns: 60, transactions: 1 };
        run(&mut bench, length, 240).unwrap();
        run(&mut bench, length, 120).unwrap();
        assert_eq!(bench.lanes[0].transactions, 18);
        let round_trips = bench.lanes.remove(0).round_trips.into_inner();
        assert_eq!((round_trips.len(), round_trips.max()), (6, 10));
    }

    /// A transaction of the first variant takes 10 ns of its server's time, and one of the second 30 ns.
    #[test]
    fn blocks_of_many_flows_begin_and_end_with_nothing_in_flight() {
        let time = simulation::Time::default();
        let lane = |service_ns| Lane::new(AllFlows::new(Server::new(&time, service_ns), None, vec![(0, 0); 2]));
        let mut lanes = vec![lane(10), lane(30)];
        let mut turns = Told(vec![vec![0, 1], vec![1, 0]]);
        let block = BlockLength { ns: 60, transactions: 4 };
        let cycles = Visitor { lanes: &mut lanes, clock: &time, block }.cycles(&mut turns, 221).unwrap();
        assert_eq!(cycles.iter().map(|cycle| cycle.order.clone()).collect::<Vec<_>>(), [[0, 1], [1, 0]]);
        for cycle in cycles {
            assert_eq!(cycle.blocks, [block_of_many(6, 10), block_of_many(4, 30)]);
        }
        assert_eq!([&lanes[0], &lanes[1]].map(|lane| lane.transactions), [14, 10]);
        assert_eq!(lanes.remove(1).round_trips.histogram().max(), 60, "it waited for the other flow's");
    }

    /// So many transactions, and the one that the other flow still had in flight.
    fn block_of_many(transactions: u64, service_ns: u64) -> Block {
        block(transactions + 1, (transactions + 1) * service_ns)
    }

    #[test]
    fn a_connection_that_ends_ends_the_round() {
        let mut bench = bench(7);
        let broken = run(&mut bench, BlockLength { ns: 60, transactions: 1 }, 10_000).unwrap_err();
        assert_eq!(broken.to_string(), "the connection of variant 0 ended: PeerClosed");
    }

    #[test]
    fn a_seed_shuffles_every_cycle() {
        let mut bench = bench(10_000);
        let mut turns = CycleOrders::new(2019, 0, 2);
        let block = BlockLength { ns: 60, transactions: 1 };
        let cycles = Visitor { lanes: &mut bench.lanes, clock: &bench.time, block }.cycles(&mut turns, 12_000).unwrap();
        let forward = cycles.iter().filter(|cycle| cycle.order == [0, 1]).count();
        assert!((30..70).contains(&forward), "{forward} of {}", cycles.len());
    }
}
