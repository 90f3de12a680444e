//! The client as its users meet it: real programs, real sockets, and what stock netperf printed as the yardstick.
//!
//! Only here do rrgen, rrserver, netperf and netserver meet. What one part does alone is tested beside its code.

mod captured;
mod counts;
mod deviations;
mod engines;
mod failures;
mod flent;
mod flows;
mod flows_interrupted;
mod flows_intervals;
mod flows_warm_up;
mod garbage;
mod golden;
mod hdr_log;
mod html;
mod interop;
mod json;
mod limits;
mod live;
mod local;
mod many;
mod netserver;
mod no_control;
mod old_kernel;
mod open_loop;
mod ports;
mod server_errors;
mod signals;
mod support;
mod syscalls;
mod syscalls_uring;
mod unasked;
mod usage;
mod wait;
mod warm_up;
