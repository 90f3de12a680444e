//! Per-packet hooks: attach point × engine, and the ledger that says what the hook did.
//!
//! A hook is never "eBPF" or "Lua" alone: it is an engine at an attach point. This crate keeps the two apart, so
//! that the cost of a language can be told from the cost of the place where it runs: every engine is
//! handed the same Ethernet frame, every attach point also has a null engine, and every hook is counted.

pub mod attach;
pub mod capability;
pub mod engine;
pub mod filter;
mod hex;
pub mod host;
pub mod ledger;
pub mod named;
pub mod packet;
pub mod spec;
pub mod table;
pub mod testing;
pub mod timing;
pub mod verdict;

pub use filter::{Filter, Rung};
pub use ledger::Ledger;
pub use spec::{AttachPoint, Engine, HookSpec, Variant};
pub use verdict::Verdict;
