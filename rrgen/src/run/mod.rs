//! One run against one server: control connection, request, data thread, results.
//!
//! This is the control plane of the client. It waits for events of the data thread and for signals, and it
//! watches over time; it is asleep while packets move.

mod about;
mod agreed;
mod baseline;
mod clock;
mod compose;
mod ends;
mod extension;
mod failure;
mod figures;
mod flow;
mod flows;
mod hook;
mod intervals;
mod iteration;
mod link;
mod load;
mod measure;
mod negotiate;
mod observer;
mod own_host;
mod session;
mod signals;
mod single_port;
mod spinning;
mod stretch;
mod watchdog;

pub(crate) use about::{Answered, about, rehearse};
pub(crate) use agreed::{AgreeError, Agreed, agree};
pub(crate) use clock::ClockHost;
pub use failure::RunFailure;
pub use flow::FlowOutcome;
pub use flows::{Fairness, OpenResult};
pub use hook::dropped;
pub use intervals::Interim;
pub use iteration::Iteration;
pub use observer::Observer;
pub use session::{RunResult, run};
pub(crate) use signals::SignalWatch;
pub use stretch::WarmedUp;
pub(crate) use stretch::told;
pub(crate) use watchdog::CHECK_EVERY;

/// What the control plane hears of.
#[derive(Debug)]
enum Event {
    /// The threads of many flows were ready, and have begun.
    Began,
    /// An interval of `-D` is full.
    Interim(Interim),
    /// A datagram got lost, and with it what its interval had.
    LeftOut(Interim),
    /// The warm-up is over: from here on everything counts.
    WarmedUp,
    /// The data thread is done.
    Ended(Box<FlowOutcome>),
    /// SIGINT or SIGALRM: end the run and print its results.
    Signal,
}
