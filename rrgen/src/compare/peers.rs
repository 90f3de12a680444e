//! The servers of others that a comparison uses: asked once what they are, so that a report tells where things ran.

use crate::plan::{HookPlace, HookPlan, Plan};
use crate::results::{Peer, Place};
use crate::run::{self, Answered, RunFailure};

/// What a server is called that does not know the question.
const STOCK: &str = "a stock netserver";

/// Those that there are.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Peers {
    pub(super) target: Option<Peer>,
    pub(super) hook_host: Option<Peer>,
}

impl Peers {
    /// Asks the servers of `plan` at `place`.
    ///
    /// # Errors
    /// One cannot be reached.
    pub(super) fn ask(plan: &Plan, place: &Place) -> Result<Self, RunFailure> {
        let Place::Host { .. } = place else { return Ok(Self::default()) };
        let hook_host = match &plan.hook {
            Some(HookPlan { place: HookPlace::HookHost { host, port }, .. }) => {
                Some(run::about(&plan.target.hook_host(host, *port))?)
            }
            _ => None,
        };
        Ok(Self { target: Some(run::about(&plan.target)?.into()), hook_host: hook_host.map(Into::into) })
    }

    /// Whether the target is a netserver.
    pub(super) fn has_stock_target(&self) -> bool {
        self.target.as_ref().is_some_and(|target| target.machine.is_none())
    }
}

impl From<Answered> for Peer {
    fn from(Answered { address, about }: Answered) -> Self {
        let (program, machine) = about.map_or((STOCK.into(), None), |about| (about.program, Some(about.machine)));
        Self { address: address.to_string(), program, machine }
    }
}
