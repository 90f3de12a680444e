//! The measuring loop over many flows: the same order of things as with one, and the same single clock reading.
//!
//! It is composed as [`run_flow`](super::run_flow) is. What differs is that a [`Schedule`] says which flow may send
//! where a [`Pacer`](super::Pacer) says whether, and that an [`Exchange`] says on which flow something happened; how
//! it finds out is no concern of the loop's. One that sends in batches is given what is due when a batch goes out, so that
//! its stamps say when that was.

mod arrivals;
mod gradual;
mod open;
mod schedule;

use std::io;
use std::time::Duration;

use hooks::Verdict;
use rrserver::data::{Exchange, Happening};

use super::{Clock, End, Flow, Recorder, Stop};

pub use arrivals::{Arrivals, Process, Profile};
pub use gradual::Gradual;
pub use open::{Open, OpenCounts};
pub use schedule::{Began, Closed, Schedule};

/// The parts of the loop.
#[derive(Debug)]
pub struct ManyFlows<'a, X, C, S, T, R> {
    /// Moves the messages.
    pub exchange: &'a mut X,
    /// Where stamps come from.
    pub clock: &'a C,
    /// Which flow may send.
    pub schedule: &'a mut S,
    /// When it is enough.
    pub stop: &'a T,
    /// Keeps what was measured.
    pub recorder: &'a mut R,
}

impl<X: Exchange, C: Clock, S: Schedule, T: Stop, R: Recorder> ManyFlows<'_, X, C, S, T, R> {
    /// Runs transactions until the stop, the control plane, a flow that ends, or a response that `hook` drops ends
    /// them, and counts those of each flow. `start_ns` counts as the moment of the first sends.
    pub fn run(&mut self, start_ns: u64, per_flow: &mut [u64], mut hook: impl FnMut(usize, &[u8]) -> Verdict) -> Flow {
        let (mut now_ns, mut transactions) = (start_ns, 0);
        let end = loop {
            if self.stop.reached(now_ns, transactions) {
                break End::Stopped;
            }
            if !self.exchange.has_more()
                && let Err(e) = self.send_due(now_ns)
            {
                break End::SendFailed(e);
            }
            match self.exchange.next(self.patience(now_ns)) {
                Ok(Happening::Message(flow)) => {
                    if hook(flow, self.exchange.message(flow)) == Verdict::Drop {
                        break End::Dropped;
                    }
                    now_ns = self.clock.now_ns();
                    transactions += 1;
                    per_flow[flow] += 1;
                    let Began { intended_ns, sent_ns } = self.schedule.completed(flow);
                    self.recorder.record(intended_ns, now_ns);
                    self.recorder.served(sent_ns, now_ns);
                }
                Ok(Happening::Nothing) => now_ns = self.clock.now_ns(),
                Ok(Happening::Woken) => {
                    now_ns = self.clock.now_ns();
                    break End::Stopped;
                }
                Ok(Happening::Closed(_)) => break End::PeerClosed,
                Ok(Happening::Broken(_, e)) | Err(e) => break End::RecvFailed(e),
            }
        };
        Flow { transactions, last_ns: now_ns, end }
    }

    #[inline]
    fn send_due(&mut self, now_ns: u64) -> io::Result<()> {
        while let Some(flow) = self.schedule.due(now_ns) {
            self.exchange.send(flow)?;
        }
        Ok(())
    }

    /// How long there is nothing to do unless a response comes.
    #[inline]
    fn patience(&self, now_ns: u64) -> Option<Duration> {
        self.schedule.next_at().map(|at_ns| Duration::from_nanos(at_ns.saturating_sub(now_ns)))
    }
}

#[cfg(test)]
pub(crate) mod tests;
