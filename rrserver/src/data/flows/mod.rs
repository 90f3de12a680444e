//! Many data connections in one thread.
//!
//! A blocking loop per connection needs a thread per connection, and with thousands of them the scheduler is what is
//! measured. Here a thread asks the kernel which of its flows have something to say. What it asks with is an
//! [`Exchange`], so that the measuring loops of both ends know nothing of it and can be tested without it.

mod engine;
mod epoll;
mod epoll_wait;
mod framing;
mod messages;
mod serve;
mod settle;
mod starts;
#[cfg(test)]
mod tests;
mod uring;
mod wake;

use std::io;
use std::time::Duration;

pub use engine::{AnyFlows, Engine, EngineError};
pub use epoll::EpollFlows;
pub use messages::Messages;
pub use serve::serve_flows;
pub use settle::settle;
pub use uring::{BufferPlan, Ring, UringFlows, UringRefused, uring_available};
pub use wake::Wake;

use super::transport::UNASKED;

/// What happened on one of the flows, which are numbered from 0.
#[derive(Debug)]
pub enum Happening {
    /// A whole message is there.
    Message(usize),
    /// The peer has closed its side.
    Closed(usize),
    /// A flow broke; nothing more will be heard of it.
    Broken(usize, io::Error),
    /// No message, yet: the time allowed is over, pieces of messages came in it, or spinning was asked for.
    Nothing,
    /// The control plane wants the thread to end.
    Woken,
}

/// Whole messages of many flows, as a measuring loop sees them.
pub trait Exchange {
    /// Sends one message on `flow`: at once, or what does not fit the socket's buffer when there is room again.
    ///
    /// # Errors
    /// The flow is broken; nothing more will be heard of it.
    fn send(&mut self, flow: usize) -> io::Result<()>;

    /// What happens next; waits once, and no longer than `patience`, if there is one. Pieces of messages do not prolong it.
    ///
    /// # Errors
    /// The kernel refuses to be asked.
    fn next(&mut self, patience: Option<Duration>) -> io::Result<Happening>;

    /// Whether [`next`](Self::next) has more to tell without asking the kernel, of an exchange whose sends go out only when
    /// it has not: whoever stamps what is sent sends then. One that sends at once has not.
    fn has_more(&self) -> bool {
        false
    }

    /// The message that [`next`](Self::next) has just announced on `flow`, or its start; empty unless the exchange
    /// was told to keep messages.
    fn message(&self, flow: usize) -> &[u8];

    /// Closes our side of `flow`; what it still sends is awaited or not as the caller likes.
    fn close(&mut self, flow: usize);
}
