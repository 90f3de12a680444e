//! What moves over the connections of a variant: one flow, or many at once.
//!
//! Either is a run of the engine's own loop from rest to rest: nothing is in flight before a block or after it, so that
//! a block has all of its transactions and their time, and no other variant has a part of either.

use hooks::Verdict;
use hooks::host::EndHook;
use rrserver::data::{EpollFlows, Exchange, MessageStream, SocketStream, Transport};
use socket2::Socket;

use crate::engine::{Clock, Closed, Count, Flow, LockStep, ManyFlows, Recorder, Schedule, Stop, run_flow};

/// Runs transactions.
pub(super) trait Traffic {
    /// From `started_ns` on until `stop`, and then receives what is in flight.
    fn run(&mut self, clock: &impl Clock, started_ns: u64, stop: &impl Stop, recorder: &mut impl Recorder) -> Flow;
}

/// Over one connection, a transaction at a time.
#[derive(Debug)]
pub(super) struct OneFlow<'a, T> {
    pub(super) transport: T,
    /// On our end of it.
    pub(super) hook: Option<&'a mut EndHook>,
}

impl<T: Transport> Traffic for OneFlow<'_, T> {
    /// Whether there is a hook is not asked between two packets.
    fn run(&mut self, clock: &impl Clock, started_ns: u64, stop: &impl Stop, recorder: &mut impl Recorder) -> Flow {
        let mut pacer = LockStep::default();
        match self.hook.as_deref_mut() {
            Some(EndHook::Messages(hook)) => {
                let call = |response: &[u8]| hook.on_message(response);
                run_flow(&mut self.transport, clock, started_ns, &mut pacer, stop, recorder, call)
            }
            // Nobody to call: there is none, or the kernel does the calling.
            _ => run_flow(&mut self.transport, clock, started_ns, &mut pacer, stop, recorder, |_| Verdict::Pass),
        }
    }
}

/// Over many connections, a transaction at a time on each.
#[derive(Debug)]
pub(super) struct AllFlows<'a, X> {
    exchange: X,
    /// On our end of them.
    hook: Option<&'a mut EndHook>,
    /// Of each flow: the peer's, and our own.
    ports: Vec<(u16, u16)>,
    schedule: Closed,
    /// Transactions of each flow, which the loop counts.
    per_flow: Vec<u64>,
}

impl<'a, X: Exchange> AllFlows<'a, X> {
    /// Over as many flows as `ports`.
    pub(super) fn new(exchange: X, hook: Option<&'a mut EndHook>, ports: Vec<(u16, u16)>) -> Self {
        let flows = ports.len();
        Self { exchange, hook, ports, schedule: Closed::new(flows, 1, None), per_flow: vec![0; flows] }
    }

    fn run_until(
        &mut self,
        clock: &impl Clock,
        started_ns: u64,
        stop: &impl Stop,
        recorder: &mut impl Recorder,
    ) -> Flow {
        let Self { exchange, hook, ports, schedule, per_flow } = self;
        let mut flows = ManyFlows { exchange, clock, schedule, stop, recorder };
        match hook.as_deref_mut() {
            Some(EndHook::Messages(hook)) => {
                let call = |flow: usize, response: &[u8]| hook.on_message_between(ports[flow], response);
                flows.run(started_ns, per_flow, call)
            }
            // Nobody to call.
            _ => flows.run(started_ns, per_flow, |_, _| Verdict::Pass),
        }
    }
}

impl<X: Exchange> Traffic for AllFlows<'_, X> {
    fn run(&mut self, clock: &impl Clock, started_ns: u64, stop: &impl Stop, recorder: &mut impl Recorder) -> Flow {
        self.schedule.resume();
        let flow = self.run_until(clock, started_ns, stop, recorder);
        let in_flight = Count { transactions: self.schedule.drain() };
        if !flow.has_stopped() {
            return flow;
        }
        let rest = self.run_until(clock, flow.last_ns, &in_flight, recorder);
        flow.then(rest)
    }
}

/// Over sockets, whatever their number.
#[derive(Debug)]
pub(super) enum SocketTraffic<'a> {
    One(OneFlow<'a, MessageStream<SocketStream<'a>>>),
    All(Box<AllFlows<'a, EpollFlows<'a, Socket>>>),
}

impl Traffic for SocketTraffic<'_> {
    /// Asks once a block which it is.
    fn run(&mut self, clock: &impl Clock, started_ns: u64, stop: &impl Stop, recorder: &mut impl Recorder) -> Flow {
        match self {
            Self::One(flow) => flow.run(clock, started_ns, stop, recorder),
            Self::All(flows) => flows.run(clock, started_ns, stop, recorder),
        }
    }
}

#[cfg(test)]
mod tests {
    use hooks::attach::MessageHook;
    use hooks::engine::{NativeEngine, PacketEngine};
    use hooks::{HookSpec, Ledger};

    use super::*;
    use crate::engine::simulation::{Server, Time};
    use crate::engine::{End, LatencyHistogram};

    /// Port 1234, which the reference filter drops.
    const DROPPED: u16 = 1234;

    fn hook() -> EndHook {
        let spec: HookSpec = "native".parse().unwrap();
        let engine: Box<dyn PacketEngine> = Box::new(NativeEngine::new(spec.params.filter()));
        let [peer, local] = [[10, 0, 0, 1], [10, 0, 0, 2]].map(|host| (host, 1).into());
        EndHook::Messages(Box::new(MessageHook::new(spec, engine, peer, local)))
    }

    /// Flows of a server that takes 10 ns for every request.
    fn flows<'a>(time: &'a Time, peers: &[u16], hook: Option<&'a mut EndHook>) -> AllFlows<'a, Server<'a>> {
        AllFlows::new(Server::new(time, 10), hook, peers.iter().map(|&peer| (peer, 2)).collect())
    }

    fn count(transactions: u64) -> Count {
        Count { transactions }
    }

    #[test]
    fn a_run_ends_at_rest_and_the_next_begins_with_every_flow() {
        let time = Time::default();
        let mut flows = flows(&time, &[1, 1, 1], None);
        let mut round_trips = LatencyHistogram::new();
        for (enough, transactions) in [(7, 9), (7, 9), (1, 3)] {
            let started_ns = time.now_ns();
            let flow = flows.run(&time, started_ns, &count(enough), &mut round_trips);
            assert!(flow.has_stopped());
            assert_eq!((flow.transactions, flow.last_ns - started_ns), (transactions, transactions * 10));
        }
        assert_eq!(flows.exchange.asked.len(), 21, "no request was left without its answer");
        assert_eq!(flows.per_flow, [7, 7, 7]);
        assert_eq!(round_trips.histogram().len(), 21, "all of them are measured");
    }

    #[test]
    fn a_hook_sees_every_message_between_the_ports_of_its_flow() {
        let (time, mut hook) = (Time::default(), hook());
        let flow = flows(&time, &[1, 1], Some(&mut hook)).run(&time, 0, &count(5), &mut ());
        assert!(flow.has_stopped());
        let dropped = flows(&time, &[1, DROPPED, 1], Some(&mut hook)).run(&time, 0, &count(5), &mut ());
        assert!(matches!(dropped.end, End::Dropped), "{dropped:?}");
        assert_eq!(dropped.transactions, 1, "what is in flight then is not waited for");
        let Ledger { calls, drops, .. } = hook.detach().unwrap();
        assert_eq!((calls, drops), (6 + 2, Some(1)));
    }
}
