//! One slot of the slot design: a whole run of one variant by a process of its own, as somebody with netperf does it.

use std::env;
use std::io;
use std::os::fd::OwnedFd;
use std::process::{Command, Output, Stdio};
use std::time::Duration;

use rustix::process::{Pid, PidfdFlags, Signal, pidfd_open, pidfd_send_signal};
use thiserror::Error;

use super::connection::{Connection, ConnectionError};
use super::netperf::Test;
use super::supervisor::{Begun, Hold};
use crate::engine::{Clock, Count, Deadline, LatencyHistogram, Monotonic};
use crate::record::{self, ParseError};
use crate::results::{Ledger, Settings, Slot};
use crate::testbed::Path;

/// The warm-up ends after so much time, ns, or so many transactions, whichever comes first.
const WARM_UP: (u64, u64) = (500_000_000, 2_000);

/// Nanoseconds in a second, the unit of `-l`.
const NS_PER_S: u64 = 1_000_000_000;

/// Why a slot has no result.
#[derive(Debug, Error)]
pub(super) enum SlotError {
    #[error(transparent)]
    Connection(#[from] ConnectionError),
    #[error("cannot run the client: {0}")]
    Spawn(#[from] io::Error),
    #[error("the client failed: {0}")]
    Run(String),
    #[error("the client's output is not what it should be: {0}")]
    Output(#[from] ParseError),
}

/// A slot to be measured.
pub(super) struct SlotPlan<'a> {
    pub(super) round: u32,
    pub(super) place: usize,
    pub(super) variant: usize,
    /// In canonical syntax, or [`NO_HOOK`](super::hooks::NO_HOOK).
    pub(super) hook: &'a str,
    pub(super) settings: &'a Settings,
    /// Time between interim results, s.
    pub(super) interim_s: f64,
    pub(super) path: &'a Path,
}

impl SlotPlan<'_> {
    /// Measures the slot; the calling thread should be where the client is.
    ///
    /// # Errors
    /// The warm-up or the run failed.
    pub(super) fn measure(&self, begun: &Begun) -> Result<Slot, SlotError> {
        let ledger = self.warm_up()?;
        let output = self.run(begun)?;
        let rate = rate(&output)?;
        let Self { round, place, variant, .. } = *self;
        Ok(Slot { round, place, variant, repeats: Vec::new(), rate, output, ledger })
    }

    /// A few transactions over another connection; what the hook did. A run prints its transactions rounded, those of
    /// the warm-up are known.
    fn warm_up(&self) -> Result<Option<Ledger>, ConnectionError> {
        let mut connection = Connection::open(self.path, self.hook, self.settings)?;
        let started_ns = Monotonic.now_ns();
        let (ns, transactions) = WARM_UP;
        let stop = (Deadline { at_ns: started_ns + ns }, Count { transactions });
        let flow = connection.traffic()?.run(&Monotonic, started_ns, &stop, &mut LatencyHistogram::new());
        connection.close(flow.transactions)
    }

    fn run(&self, begun: &Begun) -> Result<String, SlotError> {
        let Self { path, hook, settings, .. } = *self;
        let test = Test { path, hook, settings };
        let seconds = (settings.length_ns / NS_PER_S).to_string();
        let words = test.words(&seconds, &["-D".into(), self.interim_s.to_string()]);
        let child = Command::new(env::current_exe()?)
            .args(words)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()?;
        let handle = pidfd_open(Pid::from_child(&child), PidfdFlags::empty()).map_err(io::Error::from)?;
        begun.by(Client(handle));
        let Output { status, stdout, stderr } = child.wait_with_output()?;
        if status.success() {
            Ok(String::from_utf8_lossy(&stdout).into_owned())
        } else {
            Err(SlotError::Run(String::from_utf8_lossy(&stderr).trim().to_owned()))
        }
    }
}

/// The rate that a run printed.
fn rate(output: &str) -> Result<f64, ParseError> {
    let record = record::parse(format!("run:\n{output}").as_bytes())?;
    Ok(record.groups.iter().flat_map(|group| &group.runs).next().map_or(0.0, |run| run.rate))
}

/// The process of a run, by a descriptor: a number could be another process' by now.
struct Client(OwnedFd);

impl Hold for Client {
    fn end(&self) {
        // One that is gone needs no signal.
        let _ = pidfd_send_signal(&self.0, Signal::INT);
    }

    /// The client has a watchdog of its own.
    fn silence(&self) -> Duration {
        Duration::ZERO
    }
}
