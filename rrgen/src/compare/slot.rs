//! One slot of the slot design: a whole run of one variant by a process of its own, as somebody with netperf does it.

use std::env;
use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::process::CommandExt;
use std::process::{Command, Output, Stdio};
use std::time::Duration;

use rustix::process::{Pid, PidfdFlags, Signal, pidfd_open, pidfd_send_signal, set_parent_process_death_signal};
use tempfile::NamedTempFile;
use thiserror::Error;

use super::connection::{Connection, ConnectionError, Sockets};
use super::hooks::NO_HOOK;
use super::netperf::Test;
use super::supervisor::{Begun, Cause, Hold};
use super::traffic::Traffic;
use crate::engine::{Clock, Count, Deadline, End, LatencyHistogram, Monotonic};
use crate::output::Account;
use crate::record::{self, ParseError};
use crate::results::{Ledger, Settings, Slot};
use crate::testbed::Path;

/// The warm-up ends after so much time, ns, or so many transactions, whichever comes first.
const WARM_UP: (u64, u64) = (500_000_000, 2_000);

/// Calls of a program that the kernel times in a run.
const UNTIMED: u64 = 0;

/// Nanoseconds in a second, the unit of `-l`.
const NS_PER_S: u64 = 1_000_000_000;

/// Why a slot has no result.
#[derive(Debug, Error)]
pub(super) enum SlotError {
    #[error(transparent)]
    Connection(#[from] ConnectionError),
    #[error("the warm-up's connection ended: {0:?}")]
    Broken(End),
    #[error("cannot run the client: {0}")]
    Spawn(#[from] io::Error),
    #[error("the client failed: {0}")]
    Run(String),
    #[error("the client's output is not what it should be: {0}")]
    Output(#[from] ParseError),
    #[error("the client's ledger is not what it should be: {0}")]
    Ledger(#[from] serde_json::Error),
}

impl Cause for SlotError {
    fn is_repeatable(&self) -> bool {
        match self {
            Self::Connection(cause) => cause.is_repeatable(),
            // The same test has just been agreed upon for the warm-up.
            Self::Broken(_) | Self::Run(_) => true,
            Self::Spawn(_) | Self::Output(_) | Self::Ledger(_) => false,
        }
    }
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
        let warm_up = self.warm_up(begun)?;
        let (output, account) = self.run(begun)?;
        let rate = rate(&output)?;
        let run = account.map(|account| Ledger::new(account.ledger, account.transactions, UNTIMED));
        let ledger = warm_up.zip(run).map(|(warm_up, run)| warm_up.and(run));
        let Self { round, place, variant, .. } = *self;
        Ok(Slot { round, place, variant, repeats: Vec::new(), rate, output, ledger })
    }

    /// A few transactions over connections of its own; what the hook did.
    fn warm_up(&self, begun: &Begun) -> Result<Option<Ledger>, SlotError> {
        let mut connection = Connection::open(self.path, self.hook, self.settings, true)?;
        begun.by(Sockets::of(std::slice::from_ref(&connection)));
        let started_ns = Monotonic.now_ns();
        let (ns, transactions) = WARM_UP;
        let stop = (Deadline { at_ns: started_ns + ns }, Count { transactions });
        let flow = connection.traffic()?.run(&Monotonic, started_ns, &stop, &mut LatencyHistogram::new());
        match flow.end {
            End::Stopped => Ok(connection.close(flow.transactions, flow.transactions)?),
            end => Err(connection.explain().map_or(SlotError::Broken(end), SlotError::Connection)),
        }
    }

    /// What the run printed, and what its hook did.
    fn run(&self, begun: &Begun) -> Result<(String, Option<Account>), SlotError> {
        let ledger = NamedTempFile::new()?;
        let Self { path, hook, settings, .. } = *self;
        let test = Test { path, hook, settings };
        let seconds = (settings.length_ns / NS_PER_S).to_string();
        let mut further = vec!["-D".into(), self.interim_s.to_string()];
        if self.hook != NO_HOOK {
            // What programs cost is known from the warm-up; timing them here would count as their effect.
            further.extend(["--hook-untimed", "--hook-ledger"].map(str::to_owned));
            further.push(ledger.path().to_string_lossy().into_owned());
        }
        let words = test.words(&seconds, &further);
        let mut command = Command::new(env::current_exe()?);
        command.args(words).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        // Left alone in the namespace of a comparison that was killed, it would hold it until its own patience ends.
        let die_with_us = || Ok(set_parent_process_death_signal(Some(Signal::KILL))?);
        // SAFETY: between fork and exec, this makes one system call and touches no memory.
        let child = unsafe { command.pre_exec(die_with_us) }.spawn()?;
        let handle = pidfd_open(Pid::from_child(&child), PidfdFlags::empty()).map_err(io::Error::from)?;
        begun.by(Client(handle));
        let Output { status, stdout, stderr } = child.wait_with_output()?;
        if !status.success() {
            return Err(SlotError::Run(String::from_utf8_lossy(&stderr).trim().to_owned()));
        }
        let account = (self.hook != NO_HOOK).then(|| serde_json::from_reader(ledger.as_file())).transpose()?;
        Ok((String::from_utf8_lossy(&stdout).into_owned(), account))
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
    fn silence(&self) -> Option<Duration> {
        None
    }
}
