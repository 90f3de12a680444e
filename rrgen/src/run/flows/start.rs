//! The moments at which all threads begin together, and what was counted until then.
//!
//! A warm-up ends in every thread with nothing in flight, and what is measured begins in all of them when the last one is
//! there: no thread has to look for that moment between two packets, and a transaction is on one side of it.

use std::sync::mpsc::{self, Receiver, Sender};

use compat::wire::RemoteCpu;
use rrserver::data::{self, CpuSnapshot, CpuUsage};
use socket2::Socket;

use crate::engine::{Clock, Monotonic};

/// Where counting begins, for what the threads do not count themselves.
pub(super) struct Start {
    /// On the engine's clock, ns.
    pub(super) at_ns: u64,
    /// Segments that the flows had sent again by then.
    pub(super) retransmits: u64,
    host: Option<CpuSnapshot>,
}

impl Start {
    /// Reads the counters; the clock last.
    pub(super) fn take(sockets: &[Socket]) -> Self {
        Self { retransmits: data::retransmits(sockets), host: CpuSnapshot::take().ok(), at_ns: Monotonic.now_ns() }
    }

    /// How busy this host has been since, in netperf's terms and in time.
    pub(super) fn host_since(&self) -> Option<(RemoteCpu, CpuUsage)> {
        let (now, before) = (CpuSnapshot::take().ok()?, self.host.as_ref()?);
        Some((now.usage_since(before), now.time_since(before)))
    }
}

/// Where one thread waits for the others.
pub(super) struct Gate {
    sign: Sender<()>,
    begin: Receiver<u64>,
}

impl Gate {
    /// Says that this thread is ready, and waits until all are. When they begin, ns; `None` if they do not.
    pub(super) fn pass(&self) -> Option<u64> {
        self.sign.send(()).ok()?;
        self.begin.recv().ok()
    }
}

/// Opens the gates of all threads.
pub(super) struct Starter {
    signs: Receiver<()>,
    begin: Vec<Sender<u64>>,
}

impl Starter {
    /// Waits until every thread is at its gate.
    pub(super) fn await_all(&self) {
        for _ in &self.begin {
            // Fails when all of them have gone.
            let _ = self.signs.recv();
        }
    }

    /// Lets all threads begin; `at_ns` is when.
    pub(super) fn open(&self, at_ns: u64) {
        for begin in &self.begin {
            // One that has gone says why by its outcome.
            let _ = begin.send(at_ns);
        }
    }

    /// Opens no gate any more; what is left is disconnected when the last thread has dropped its gate.
    pub(super) fn into_signs(self) -> Receiver<()> {
        self.signs
    }
}

/// A gate for each of so many threads.
pub(super) fn gates(threads: usize) -> (Starter, Vec<Gate>) {
    let (sign, signs) = mpsc::channel();
    let gate = |_| {
        let (open, begin) = mpsc::channel();
        (open, Gate { sign: sign.clone(), begin })
    };
    let (begin, gates) = (0..threads).map(gate).unzip();
    (Starter { signs, begin }, gates)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::thread;

    #[test]
    fn all_begin_at_one_moment_when_the_last_is_there_and_again() {
        let (starter, gates) = gates(3);
        let threads: Vec<_> = gates.into_iter().map(|gate| thread::spawn(move || [gate.pass(), gate.pass()])).collect();
        for at_ns in [5, 7] {
            starter.await_all();
            assert!(starter.signs.try_recv().is_err(), "nobody goes through before it is opened");
            starter.open(at_ns);
        }
        for thread in threads {
            assert_eq!(thread.join().expect("through"), [Some(5), Some(7)]);
        }
        assert!(starter.into_signs().recv().is_err(), "all have dropped their gates");
    }

    #[test]
    fn who_waits_at_a_gate_that_will_not_open_goes_away_and_nobody_waits_for_the_gone() {
        let (starter, gates) = gates(2);
        let threads: Vec<_> = gates.into_iter().map(|gate| thread::spawn(move || gate.pass())).collect();
        starter.await_all();
        let signs = starter.into_signs();
        for thread in threads {
            assert_eq!(thread.join().expect("gone"), None);
        }
        assert!(signs.recv().is_err());
        let (starter, gates) = super::gates(2);
        drop(gates);
        starter.await_all();
    }
}
