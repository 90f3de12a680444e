//! How the control plane ends a thread that waits for many flows: by an event beside them, for all threads of a test.

use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use rustix::event::{EventfdFlags, PollFd, PollFlags, Timespec, eventfd, poll};

/// Once rung, it stays so: whoever waits then, or later, is woken.
#[derive(Debug)]
pub struct Wake(OwnedFd);

impl Wake {
    /// One that has not been rung.
    ///
    /// # Errors
    /// No descriptor to be had.
    pub fn new() -> io::Result<Self> {
        Ok(Self(eventfd(0, EventfdFlags::CLOEXEC | EventfdFlags::NONBLOCK)?))
    }

    /// Wakes all threads that wait for it.
    pub fn ring(&self) {
        // Fails only when it has been rung 2^64 - 1 times, and is awake then.
        let _ = rustix::io::write(&self.0, &1_u64.to_ne_bytes());
    }

    /// Whether it has been rung.
    #[must_use]
    pub fn is_rung(&self) -> bool {
        poll(&mut [PollFd::new(&self.0, PollFlags::IN)], Some(&Timespec::default())).is_ok_and(|ready| ready > 0)
    }
}

impl AsFd for Wake {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.as_fd()
    }
}
