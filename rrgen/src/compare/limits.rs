//! Tests that a comparison cannot have, whichever option asked for them.

use compat::text::Test;

use super::args::Design;
use crate::plan::{Plan, RrTest};

/// Whether the test of `plan` can be compared in turns of `design`.
///
/// # Errors
/// The option that stands in the way, and why.
pub(super) fn check(plan: &Plan, design: Design) -> Result<(), String> {
    let RrTest { kind, burst, pace, local_data_port, .. } = plan.test;
    let lockstep = design == Design::Lockstep;
    for (is_wanted, refusal) in [
        (kind != Test::TcpRr, "-t, -- -c: a comparison measures TCP_RR, over connections that stay open"),
        (lockstep && burst > 0, "-- -b: lock-step has one request in flight; leave it out, or use --design slots"),
        (lockstep && pace.is_some(), "-b, -w: lock-step paces by its blocks; leave them out, or use --design slots"),
        (
            lockstep && local_data_port != 0,
            "-- -P: one port of our own is not enough for the connections of lock-step; name the server's alone \
             (-P ,PORT), or use --design slots",
        ),
    ] {
        if is_wanted {
            return Err(refusal.into());
        }
    }
    Ok(())
}
