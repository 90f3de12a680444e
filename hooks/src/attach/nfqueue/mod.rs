//! The attach point in netfilter: packets wait in a queue for a verdict from user space.
//!
//! It is the way to put Lua or Rust before the receiving socket without loading anything into the kernel, and the
//! dearest: each packet wakes a thread. One hook has one queue, one thread with the engine, and rules that
//! match its connection only.

mod owner;
mod queue;
mod rules;
mod wire;
mod worker;

use std::io;
use std::net::SocketAddr;

use self::queue::Queue;
use self::rules::Rule;
use self::worker::Worker;
use crate::engine::PacketEngine;
use crate::ledger::Ledger;
use crate::spec::HookSpec;

/// Which packets a hook gets to see.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// One direction of one TCP connection: what `source` sends to `destination`.
    Connection {
        /// The sender.
        source: SocketAddr,
        /// The receiver, of the same address family.
        destination: SocketAddr,
    },
    /// Everything that passes the chain.
    Host,
}

/// Where in netfilter the queue is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Chain {
    /// Packets for this host: the target's place.
    #[default]
    Input,
    /// Packets passing through: a router's place.
    Forward,
    /// Packets from this host.
    Output,
}

impl Chain {
    fn name(self) -> &'static str {
        match self {
            Chain::Input => "INPUT",
            Chain::Forward => "FORWARD",
            Chain::Output => "OUTPUT",
        }
    }
}

/// Why a netfilter queue cannot be a hook's place.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum NfqueueError {
    /// The kernel refuses the queue.
    #[error("cannot open a netfilter queue: {0}; it needs CAP_NET_ADMIN and a kernel with nfnetlink_queue")]
    Queue(io::Error),
    /// The rule is refused by every program that could make it.
    #[error("cannot make a netfilter rule by {programs}: {reason}")]
    Rule {
        /// The programs tried.
        programs: String,
        /// The last one's complaint.
        reason: String,
    },
    /// The thread cannot be started.
    #[error("cannot start the queue's thread: {0}")]
    Thread(io::Error),
    /// The thread gave up; packets passed from then on.
    #[error("the netfilter queue failed: {0}")]
    Failed(io::Error),
}

/// A hook on a netfilter queue, from start until it is dropped.
pub struct NfqueueHook<E> {
    spec: HookSpec,
    attached: String,
    /// Dropped before the thread ends, so that no packet is sent to a queue without a reader.
    rules: Vec<Rule>,
    worker: Worker<E>,
}

/// Removes the rules that dead processes left in this thread's network namespace. Rules let packets pass while nobody
/// reads their queue, so what this misses costs a lookup and harms nothing.
pub fn clean_up() {
    rules::remove_left_overs();
}

impl<E: PacketEngine + 'static> NfqueueHook<E> {
    /// Removes what dead processes left in this thread's network namespace, and attaches the hook there.
    ///
    /// # Errors
    ///
    /// [`NfqueueError`]; nothing stays attached then.
    pub fn attach(spec: HookSpec, engine: E, scope: Scope, chain: Chain) -> Result<NfqueueHook<E>, NfqueueError> {
        rules::remove_left_overs();
        let queue = Queue::bind().map_err(NfqueueError::Queue)?;
        let number = queue.number();
        let worker = Worker::start(queue, engine).map_err(NfqueueError::Thread)?;
        let rules = rules::insert(scope, chain, number)?;
        let program = rules.first().map_or("", Rule::program);
        let attached = format!("{} {number} on {}, by {program}", spec.attach, chain.name());
        Ok(NfqueueHook { spec, attached, rules, worker })
    }

    /// The attach point really got: queue, chain, and the program that made the rule.
    #[must_use]
    pub fn place(&self) -> &str {
        &self.attached
    }

    /// Detaches, and says what the hook did.
    ///
    /// # Errors
    ///
    /// [`NfqueueError::Failed`] when the queue broke during the run; the hook is detached in any case.
    pub fn detach(mut self) -> Result<Ledger, NfqueueError> {
        // Rules first: what is still queued then gets its verdict before the thread ends.
        self.rules.clear();
        let mut metered = self.worker.finish().map_err(NfqueueError::Failed)?;
        Ok(metered.ledger(&self.spec, &self.attached))
    }
}
