//! The eBPF engine: programs that the kernel runs, loaded and read from here.
//!
//! The other engines are called; this one is handed to the kernel and then only watched. So it does not implement
//! [`crate::engine::PacketEngine`]: [`EbpfProgram`] is the program and its maps, an attach point of the kernel
//! ([`crate::attach::kernel`]) makes it see frames, and its counters are read while it runs.

pub mod abi;
mod choice;
mod errno;
mod error;
mod object;
mod params;
mod program;
mod test_run;

pub(crate) use errno::Errno;
pub use error::EbpfError;
pub use object::{OBJECT_MAX, Object};
pub use program::EbpfProgram;
pub use test_run::TestRun;
