//! An io_uring for the receives and sends of one thread, set up for many flows.
//!
//! A receive is armed once per flow and answers many times (multishot), into buffers that the kernel picks; sockets are
//! registered; completions are worked off by this thread, when it asks for them (DEFER_TASKRUN, since Linux 6.1). What
//! is left is a share of one system call per transaction.

use std::io;
use std::marker::PhantomData;
use std::os::fd::{AsFd, AsRawFd};
use std::time::Duration;

use io_uring::types::{CancelBuilder, Fixed, SubmitArgs, Timespec};
use io_uring::{EnterFlags, IoUring, cqueue, opcode, squeue};
use rustix::io::Errno;
use thiserror::Error;

use super::buffers::{BufferPlan, Buffers, GROUP};

/// Submissions that are collected at most before the kernel hears of them. With more the peer has nothing to do meanwhile.
pub(super) const BATCH: u32 = 64;

/// The kernel has no ring for us.
#[derive(Debug, Error)]
#[error("the kernel refuses io_uring ({advice}); choose epoll there: {source}")]
pub struct UringRefused {
    advice: &'static str,
    source: io::Error,
}

impl UringRefused {
    fn new(source: io::Error) -> Self {
        let advice = match Errno::from_io_error(&source) {
            Some(Errno::NOSYS) => "ENOSYS: it is built without, or a sandbox hides it",
            Some(Errno::PERM | Errno::ACCESS) => {
                "EPERM: see sysctl kernel.io_uring_disabled, or the container's seccomp profile"
            }
            Some(Errno::INVAL) => "EINVAL: what is needed takes Linux 6.1",
            Some(Errno::NOMEM) => "ENOMEM: flows and threads take memory that `ulimit -l` bounds for all of a user's",
            _ => "there is no ring to be had",
        };
        Self { advice, source }
    }
}

impl From<UringRefused> for io::Error {
    fn from(refused: UringRefused) -> Self {
        Self::new(refused.source.kind(), refused)
    }
}

/// Whether this kernel lets us use what a [`Ring`] needs.
///
/// # Errors
/// It does not, and why.
pub fn uring_available() -> Result<(), UringRefused> {
    set_up(BATCH).map(drop)
}

fn set_up(completions: u32) -> Result<IoUring, UringRefused> {
    IoUring::builder()
        .setup_single_issuer()
        .setup_defer_taskrun()
        .setup_taskrun_flag()
        .setup_submit_all()
        .setup_cqsize(completions.max(BATCH))
        .setup_clamp()
        .build(BATCH)
        .map_err(UringRefused::new)
}

/// How the kernel is asked to wait. By default it takes the wait for one on a disk, and an idle CPU for one that waits for
/// I/O, which netperf's utilization counts as busy; before Linux 6.15 there is no other.
fn flags_of_a_wait(io: &IoUring) -> EnterFlags {
    let flags = EnterFlags::GETEVENTS | EnterFlags::EXT_ARG;
    if io.params().is_feature_no_iowait() { flags | EnterFlags::NO_IOWAIT } else { flags }
}

/// A ring, the sockets registered with it, and the buffers of its receives. It belongs to the thread that made it.
pub struct Ring {
    io: IoUring,
    /// After the ring in this list, and so freed after it.
    buffers: Buffers,
    waiting: EnterFlags,
    /// The kernel serves this thread alone, and dropped by another it would not cancel what writes to the buffers.
    not_send: PhantomData<*const ()>,
}

impl std::fmt::Debug for Ring {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Ring").field("buffers", &self.buffers).finish_non_exhaustive()
    }
}

impl Ring {
    /// Registers `sockets`, which have their places as numbers, and `buffers`.
    ///
    /// # Errors
    /// The kernel refuses, or has no memory for it.
    pub fn new(sockets: &[impl AsFd], buffers: BufferPlan) -> io::Result<Self> {
        let io = set_up(Self::completions_of(sockets.len(), buffers) as u32)?;
        let files: Vec<_> = sockets.iter().map(|socket| socket.as_fd().as_raw_fd()).collect();
        io.submitter().register_files(&files).map_err(UringRefused::new)?;
        let buffers = Buffers::register(&io.submitter(), buffers).map_err(UringRefused::new)?;
        Ok(Self { waiting: flags_of_a_wait(&io), io, buffers, not_send: PhantomData })
    }

    /// Completions that there can be at one moment: one for every buffer, an end of the receive and one of the send for
    /// every flow, and one of the caller's. (The kernel keeps those that its queue has no room for.)
    #[must_use]
    pub fn completions_of(flows: usize, buffers: BufferPlan) -> usize {
        usize::from(buffers.count) + 2 * flows + 1
    }

    /// Arms the receive of a socket.
    ///
    /// # Errors
    /// As [`push`](Self::push).
    pub fn receive(&mut self, socket: u32, user_data: u64) -> io::Result<()> {
        let receive = opcode::RecvMulti::new(Fixed(socket), GROUP).build().user_data(user_data);
        // SAFETY: it writes to registered buffers, which go after the ring.
        unsafe { self.push(&receive) }
    }

    /// Queues an operation; the kernel hears of it when the queue is full, or when it is next asked.
    ///
    /// # Errors
    /// The kernel takes nothing.
    ///
    /// # Safety
    /// What the operation reads or writes lives until it has completed, or the ring is gone.
    #[inline]
    pub unsafe fn push(&mut self, entry: &squeue::Entry) -> io::Result<()> {
        // SAFETY: the caller's promise.
        if unsafe { self.io.submission().push(entry) }.is_ok() {
            return Ok(());
        }
        self.submit()?;
        // SAFETY: the same.
        unsafe { self.io.submission().push(entry) }.map_err(|_| Errno::BUSY.into())
    }

    /// Hands what is queued to the kernel, and has completions that are ready worked off, without waiting. Without a
    /// system call where there is neither.
    ///
    /// # Errors
    /// The kernel takes nothing.
    pub fn submit(&mut self) -> io::Result<()> {
        let queue = self.io.submission();
        if queue.is_empty() && !queue.taskrun() && !queue.cq_overflow() {
            return Ok(());
        }
        drop(queue);
        heed(self.io.submit())
    }

    /// The same, and waits for a completion, no longer than `patience` if there is one.
    ///
    /// # Errors
    /// The kernel takes nothing.
    pub fn wait(&mut self, patience: Option<Duration>) -> io::Result<()> {
        if patience == Some(Duration::ZERO) {
            return self.submit();
        }
        // A time that the kernel cannot express never comes.
        let time = patience.filter(|time| i64::try_from(time.as_secs()).is_ok()).map(Timespec::from);
        let arguments = time.as_ref().map_or(SubmitArgs::new(), |time| SubmitArgs::new().timespec(time));
        let queued = self.io.submission().len() as u32;
        // SAFETY: the arguments are what EXT_ARG announces, and live as long as the call; for what is queued whoever
        // pushed it has answered.
        heed(unsafe { self.io.submitter().enter(queued, 1, self.waiting.bits(), Some(&arguments)) })
    }

    /// The next completion that is there.
    #[inline]
    pub fn completion(&mut self) -> Option<cqueue::Entry> {
        self.io.completion().next()
    }

    /// How many are there.
    #[inline]
    pub(super) fn completions(&mut self) -> usize {
        self.io.completion().len()
    }

    /// Whether the kernel has taken all that was queued.
    #[inline]
    pub(super) fn is_submitted(&mut self) -> bool {
        self.io.submission().is_empty()
    }

    /// Whether the kernel has completions that its queue had no room for.
    #[inline]
    pub(super) fn has_overflown(&mut self) -> bool {
        self.io.submission().cq_overflow()
    }

    /// Gives a buffer back that has been read.
    #[inline]
    pub fn give_back(&mut self, buffer: u16) {
        self.buffers.give_back(buffer);
    }

    /// The first `length` bytes of a buffer that came with a completion.
    pub(super) fn bytes(&self, buffer: u16, length: usize) -> &[u8] {
        self.buffers.bytes(buffer, length)
    }
}

impl Drop for Ring {
    fn drop(&mut self) {
        let submitter = self.io.submitter();
        // The buffers go with this value, and a receive that is still armed must not find them gone. Fails where
        // nothing is armed.
        let _ = submitter.register_sync_cancel(None, CancelBuilder::any());
        // Else closing a socket would be noticed only when the kernel has taken the ring apart.
        let _ = submitter.unregister_files();
    }
}

/// That a wait ended is no failure; who asked looks for completions in any case.
fn heed(entered: io::Result<usize>) -> io::Result<()> {
    match entered {
        Err(e) if !matches!(Errno::from_io_error(&e), Some(Errno::INTR | Errno::TIME | Errno::BUSY)) => Err(e),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_is_told_by_its_name() {
        let errors =
            [(Errno::NOSYS, "ENOSYS"), (Errno::PERM, "EPERM"), (Errno::INVAL, "EINVAL"), (Errno::NOMEM, "ulimit -l")];
        for (errno, name) in errors {
            let text = io::Error::from(UringRefused::new(errno.into())).to_string();
            assert!(text.contains(name) && text.contains("epoll"), "{text}");
        }
    }

    #[test]
    fn a_wait_that_ends_is_none_that_fails() {
        for errno in [Errno::INTR, Errno::TIME, Errno::BUSY] {
            assert!(heed(Err(errno.into())).is_ok());
        }
        assert!(heed(Err(Errno::NOMEM.into())).is_err());
    }
}
