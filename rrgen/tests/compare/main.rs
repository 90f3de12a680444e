//! `rrgen compare` as a user runs it: to its end, interrupted, killed, and gone on with.

mod calls;
mod ended;
mod flows;
mod hooked;
mod leftovers;
#[allow(dead_code, reason = "every test program uses its own part of what they share")]
#[path = "../../../hooks/tests/support/netns.rs"]
mod netns;
mod places;
mod possible;
mod program;
mod record;
mod repeats;
#[allow(dead_code, unused_imports, reason = "every test program uses its own part of what they share")]
#[path = "../support/mod.rs"]
mod support;
#[allow(dead_code, reason = "every test program uses its own part of what they share")]
#[path = "../hooks/traces.rs"]
mod traces;
mod unasked;
