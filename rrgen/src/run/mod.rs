//! One run against one server: control connection, request, data thread, results.
//!
//! This is the control plane of the client. It waits for events of the data thread and for signals, and it
//! watches over time; it is asleep while packets move.

mod agreed;
mod compose;
mod ends;
mod extension;
mod failure;
mod figures;
mod flow;
mod flows;
mod hook;
mod iteration;
mod link;
mod load;
mod measure;
mod negotiate;
mod own_host;
mod session;
mod signals;
mod single_port;
mod watchdog;

use compat::text::interim::Interval;

pub(crate) use agreed::{Agreed, agree};
pub use failure::RunFailure;
pub use flow::FlowOutcome;
pub use flows::Fairness;
pub use hook::dropped;
pub use iteration::Iteration;
pub use session::{Observer, RunResult, run};
pub(crate) use signals::SignalWatch;
pub(crate) use watchdog::{CHECK_EVERY, CONNECT_PATIENCE, SILENCE_LIMIT};

/// What the control plane hears of.
#[derive(Debug)]
enum Event {
    /// The threads of many flows were ready, and have begun to measure.
    Began,
    /// An interval of `-D` is full.
    Interim(Interval),
    /// The data thread is done.
    Ended(Box<FlowOutcome>),
    /// SIGINT or SIGALRM: end the run and print its results.
    Signal,
}
