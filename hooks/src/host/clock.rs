//! The kernel's program statistics as a hook host lends them to a client, in builds with and without programs.

#[cfg(feature = "ebpf")]
use crate::attach::ProgramClock;

/// The kernel times programs until this is dropped.
#[derive(Debug)]
pub struct Clock {
    #[cfg(feature = "ebpf")]
    _programs: ProgramClock,
}

impl Clock {
    /// Starts it; `None` where this process may not, or has no programs.
    #[cfg(feature = "ebpf")]
    #[must_use]
    pub fn start() -> Option<Self> {
        ProgramClock::start().ok().map(|programs| Self { _programs: programs })
    }

    /// Starts it; `None` where this process may not, or has no programs.
    #[cfg(not(feature = "ebpf"))]
    #[must_use]
    pub fn start() -> Option<Self> {
        None
    }
}
