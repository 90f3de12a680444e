//! The measuring loop: request out, response in, one clock reading, nothing else.
//!
//! Composed as generics from small parts, so that every combination is the same loop and every part can be
//! tested with a mock clock and transport:
//!
//! * [`Transport`] moves whole messages,
//! * [`Pacer`] says when the next request may go out and when an answered one went,
//! * [`Stop`] says when it is enough,
//! * [`Recorder`] keeps what was measured,
//! * a hook, if there is one, decides about every response.
//!
//! All stamps are nanoseconds of one [`Clock`].

mod clock;
mod many;
mod pacer;
mod recorder;
mod stop;
mod warm_up;

use std::io;

use hooks::Verdict;
use rrserver::data::Transport;

pub use clock::{Clock, Monotonic};
pub use many::{Arrivals, Began, Closed, Gradual, ManyFlows, Open, OpenCounts, Process, Profile, Schedule};
pub use pacer::{LockStep, Paced, Pacer, Window};
pub use recorder::{LONGEST_NS, LatencyHistogram, Recorder, ServiceTimes};
pub use stop::{Count, Deadline, Flag, Stop, Unlimited};
pub use warm_up::warm_up;

#[cfg(test)]
pub(crate) use many::tests::server as simulation;

/// Why the loop ended.
#[derive(Debug)]
pub enum End {
    /// Its [`Stop`] said so.
    Stopped,
    /// The peer closed the connection.
    PeerClosed,
    /// The hook dropped a response.
    Dropped,
    /// A request could not be sent.
    SendFailed(io::Error),
    /// A response could not be received.
    RecvFailed(io::Error),
}

/// What the loop did.
#[derive(Debug)]
pub struct Flow {
    /// Completed transactions.
    pub transactions: u64,
    /// The last clock reading of the loop, ns.
    pub last_ns: u64,
    /// Why it ended.
    pub end: End,
}

impl Flow {
    /// Nothing was done, and nothing went wrong.
    #[must_use]
    pub fn nothing() -> Self {
        Self { transactions: 0, last_ns: 0, end: End::Stopped }
    }

    /// Whether it ended because it was to.
    #[must_use]
    pub fn has_stopped(&self) -> bool {
        matches!(self.end, End::Stopped)
    }

    /// Connections that ended with it, of which nothing more will be heard: one, or none.
    #[must_use]
    pub fn lost(&self) -> usize {
        matches!(self.end, End::PeerClosed | End::SendFailed(_) | End::RecvFailed(_)).into()
    }

    /// Both, one after the other.
    #[must_use]
    pub fn then(self, next: Self) -> Self {
        Self { transactions: self.transactions + next.transactions, ..next }
    }
}

/// Runs transactions until `stop`, the connection, or a response that `hook` drops ends them. `start_ns` counts as the
/// moment of the first send.
pub fn run_flow(
    transport: &mut impl Transport,
    clock: &impl Clock,
    start_ns: u64,
    pacer: &mut impl Pacer,
    stop: &impl Stop,
    recorder: &mut impl Recorder,
    mut hook: impl FnMut(&[u8]) -> Verdict,
) -> Flow {
    let mut now_ns = start_ns;
    let mut transactions = 0;
    let end = 'run: loop {
        if stop.reached(now_ns, transactions) {
            break End::Stopped;
        }
        if let Some(at_ns) = pacer.resumes_at(now_ns) {
            clock.wait_until(at_ns);
            now_ns = clock.now_ns();
            continue;
        }
        while pacer.due(now_ns) {
            if let Err(e) = transport.send() {
                break 'run End::SendFailed(e);
            }
        }
        match transport.recv() {
            Ok(Some(response)) => {
                if hook(response) == Verdict::Drop {
                    break End::Dropped;
                }
            }
            Ok(None) => break End::PeerClosed,
            // Given up by the transport: no transaction, and the next one starts over.
            Err(e) if e.kind() == io::ErrorKind::WouldBlock => {
                pacer.lost();
                now_ns = clock.now_ns();
                recorder.lost(now_ns);
                continue;
            }
            Err(e) => break End::RecvFailed(e),
        }
        now_ns = clock.now_ns();
        transactions += 1;
        recorder.record(pacer.completed(), now_ns);
    };
    Flow { transactions, last_ns: now_ns, end }
}

#[cfg(test)]
mod tests;
