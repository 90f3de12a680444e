//! The target half: netserver's protocol on a control port, and the data path behind it.
//!
//! A library with a thin binary, because `rrgen --local` runs the same server inside itself. The control
//! plane ([`Server`], tokio) accepts, parses, supervises and times out; the data plane ([`data`]) is one
//! blocking OS thread per test that never meets a scheduler of ours between two packets. What the client needs
//! of the data plane (socket options, message framing, CPU binding) it takes from here.

pub mod about;
mod config;
pub mod data;
mod end_report;
pub mod extension;
mod file_size;
mod framing;
mod hooking;
mod keepalive;
mod listen;
pub mod load;
mod loading;
pub mod machine;
mod reserve;
mod server;
mod session;
pub mod single_port;
mod test;

pub use config::{Config, DataPorts, Limits, Listen};
pub use end_report::{EndReport, TcpReport};
pub use file_size::survive_file_size_limit;
pub use keepalive::keep_alive;
pub use load::{LoadReport, LoadTerms};
pub use server::{Server, ServerError, serve_client};
