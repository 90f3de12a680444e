//! The clock of programs in the kernel, for a sample of their calls: who measures round trips cannot have it running.
//!
//! The kernel's program statistics are two clock readings around every call, for all programs of a host at once. They
//! belong to a control connection of their own, so that no message has to reach a test that is going on.

use hooks::host::Clock;
use rrserver::extension::HookRequest;

use super::RunFailure;
use super::ends::open_control;
use super::hook::ask;
use crate::control::Control;
use crate::plan::{HookPlace, HookPlan, Target};

/// Where a program is hooked in, and so could be timed.
#[derive(Debug)]
pub(crate) struct ClockHost {
    /// The program, and where it runs.
    pub(crate) hook: HookPlan,
    /// The target of its test.
    pub(crate) target: Target,
}

/// Programs are timed until this is stopped.
#[derive(Debug)]
pub(crate) enum ProgramClock {
    /// On a hook host, by this control connection.
    Lent(Box<Control>),
    /// In this process, if it may.
    Own { _clock: Option<Clock> },
}

impl ClockHost {
    /// Starts the clock. A host that may not have one times nothing.
    ///
    /// # Errors
    /// The host cannot be reached, or refuses the hook.
    pub(crate) fn start(&self) -> Result<ProgramClock, RunFailure> {
        let lender = match &self.hook.place {
            HookPlace::Target => self.target.clone(),
            HookPlace::HookHost { host, port } => self.target.hook_host(host, *port),
            HookPlace::Client { .. } => return Ok(ProgramClock::Own { _clock: Clock::start() }),
        };
        let mut control = open_control(&lender, None)?;
        ask(&mut control, &HookRequest::Time { hook: self.hook.spec.to_string() })?;
        Ok(ProgramClock::Lent(Box::new(control)))
    }
}

impl ProgramClock {
    /// Stops it; when this returns no call is timed any more.
    ///
    /// # Errors
    /// The host does not answer.
    pub(crate) fn stop(self) -> Result<(), RunFailure> {
        if let Self::Lent(mut control) = self {
            ask(&mut control, &HookRequest::Detach)?;
            control.close();
        }
        Ok(())
    }
}
