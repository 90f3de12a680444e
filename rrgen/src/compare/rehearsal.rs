//! Every hook once where it will run, before anything is measured: a script that is not there, or that the host refuses,
//! is nothing to learn of in the first round.

use super::ground::Ground;
use super::hooks::{HookError, NO_HOOK};
use super::netperf::{Test, UNTIL_CLOSED};
use super::setup::SetupError;
use crate::results::{Settings, Variant};
use crate::run;

/// Has the hooks of `variants` loaded, each by the path of its variant, and lets go of them again.
///
/// # Errors
/// Why one of them cannot be had.
pub(super) fn rehearse(ground: &Ground, settings: &Settings, variants: &[Variant]) -> Result<(), SetupError> {
    for (Variant { hook, .. }, path) in
        variants.iter().zip(&ground.paths).filter(|(variant, _)| variant.hook != NO_HOOK)
    {
        let plan = Test { path, hook, settings }.plan(UNTIL_CLOSED).map_err(SetupError::Options)?;
        let rehearsed = match ground.client() {
            Some(client) => client.run(|| Ok(run::rehearse(&plan))).map_err(SetupError::Rehearsal)?,
            None => run::rehearse(&plan),
        };
        rehearsed.map_err(|why| HookError::Missing(hook.clone(), why.to_string()))?;
    }
    Ok(())
}
