//! Hooks as their users meet them: real programs with a hook between them, and the ledger held against the
//! transactions.
//!
//! What needs root runs in network namespaces of the test's own, so that no hook sees or disturbs anybody else; the
//! kernel removes them with the test, however it ends.

mod account;
mod alongside;
mod bed;
mod cells;
mod command_line;
mod comparisons;
mod drops;
mod ledger;
mod lifetime;
#[path = "../../../hooks/tests/support/netns.rs"]
mod netns;
mod own_code;
mod permission;
mod queue_thread;
mod router;
mod scripts;
#[path = "../support/mod.rs"]
mod support;
mod traces;
