//! Watching over a data thread: it runs until its client has had enough, or has gone, or has had its time.
//!
//! The control plane decides when a test must end (backstop, shutdown, a client that left) and tells the data thread in
//! the one way that also reaches a blocked system call: it shuts the socket down.

use std::time::Duration;

use tokio::net::TcpStream;
use tokio::sync::{oneshot, watch};
use tokio::time::{sleep, timeout};

use super::Aborted;
use super::plan::{Kind, Plan};
use super::reading::Reading;
use super::worker::{Outcome, Signs, Worker};
use crate::Limits;
use crate::extension::{LoadRequest, Reply};
use crate::framing::{read_message, write_message};

/// What the client of a test with many flows is told when it may begin.
const ALL_HERE: &str = "all flows are here";

/// How a test came to its end.
#[derive(Debug)]
pub(super) struct Watched {
    pub(super) outcome: Outcome,
    /// The counters when the client's warm-up was over.
    pub(super) warmed_up: Option<Reading>,
    /// The backstop ended it: the client never closed its side, or the test has no other end.
    pub(super) backstopped: bool,
}

/// How long a test may take.
#[derive(Debug, Clone, Copy)]
pub(super) struct Patience {
    /// For its data connection, or first datagram, to come.
    connect: Duration,
    /// From then on, if the test is timed.
    test: Option<Duration>,
    /// For the rest of a message that has begun.
    message: Duration,
}

impl Patience {
    /// Nothing on the wire announces the end of a test with a connection per transaction. Once the client has made its
    /// first connection, however, its clock is known: it makes no further one after its seconds are over.
    pub(super) fn new(plan: &Plan, limits: &Limits) -> Self {
        let grace = if plan.kind == Kind::Connections { limits.last_connection } else { limits.backstop };
        let test = plan.seconds.map(|seconds| seconds + grace);
        Self { connect: limits.idle, test, message: limits.message }
    }
}

/// Waits for the data thread, and ends it when it has had its time, at a shutdown, or when the client leaves.
pub(super) async fn watch_over(
    worker: &Worker,
    Signs { connected, mut outcome }: Signs,
    control: &mut TcpStream,
    patience: Patience,
    stopping: &mut watch::Receiver<bool>,
) -> Result<Watched, Aborted> {
    let (mut backstopped, mut client_gone, mut warmed_up) = (false, false, None);
    let overdue = overdue(connected, patience);
    tokio::pin!(overdue);
    let natural_end = loop {
        let word = tokio::select! {
            biased;
            result = &mut outcome => break Some(result),
            _ = stopping.wait_for(|&stopping| stopping) => break None,
            word = word(control) => word,
            () = &mut overdue => { backstopped = true; break None }
        };
        match word {
            Word::Measure if warmed_up.is_none() => {
                warmed_up = Some(worker.reading());
                read_message(control, patience.message, patience.message).await?;
            }
            word => {
                client_gone = matches!(word, Word::Gone);
                break None;
            }
        }
    };
    let cancelled = natural_end.is_none();
    let result = match natural_end {
        Some(result) => result,
        None => {
            worker.cancel();
            outcome.await
        }
    };
    if client_gone {
        return Err(Aborted::ClientGone);
    }
    let mut outcome = result.map_err(|_| Aborted::WorkerDied)?;
    if cancelled {
        // Our own doing.
        outcome.broken = None;
    }
    Ok(Watched { outcome, warmed_up, backstopped })
}

/// Tells the client when all flows of its test are here, so that none of its transactions waits for that.
pub(super) async fn announce(
    Signs { mut connected, outcome }: Signs,
    control: &mut TcpStream,
    limits: &Limits,
    stopping: &mut watch::Receiver<bool>,
) -> Result<Signs, Aborted> {
    let arrived = tokio::select! {
        biased;
        arrived = timeout(limits.idle, &mut connected) => matches!(arrived, Ok(Ok(()))),
        _ = stopping.wait_for(|&stopping| stopping) => false,
        _ = word(control) => false,
    };
    let (again, connected) = oneshot::channel();
    if arrived {
        write_message(control, &Reply::Done(ALL_HERE.into()).encode(), limits.message).await?;
        // We have the receiver.
        let _ = again.send(());
    }
    // If they did not all come, whoever watches finds that out once more, and ends the test.
    Ok(Signs { connected, outcome })
}

/// Completes when a test has had its time.
async fn overdue(connected: oneshot::Receiver<()>, patience: Patience) {
    if let Ok(Ok(())) = timeout(patience.connect, connected).await {
        match patience.test {
            Some(time) => sleep(time).await,
            None => std::future::pending().await,
        }
    }
}

/// What a client says on its control connection while its test runs.
pub(super) enum Word {
    /// Its warm-up is over; the test goes on.
    Measure,
    /// It asks for the next thing: it is done with this test.
    Next,
    /// Nothing: it has closed the connection.
    Gone,
}

/// Completes when the client says something, which remains to be read.
pub(super) async fn word(control: &TcpStream) -> Word {
    let mut first = [0; 4];
    match control.peek(&mut first).await {
        Ok(4) if LoadRequest::is_measure(first) => Word::Measure,
        Ok(1..) => Word::Next,
        _ => Word::Gone,
    }
}
