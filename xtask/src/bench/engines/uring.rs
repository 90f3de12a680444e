//! The loop by io_uring, with everything it offers for this work.
//!
//! A receive is armed once per flow and answers many times (multishot), into buffers that the kernel picks; files are
//! registered; a send that succeeds says nothing; completions are worked off by this thread, when it asks for them
//! (DEFER_TASKRUN). What is left is a share of one system call per transaction.

use std::io;
use std::net::TcpStream;
use std::os::fd::AsRawFd;

use anyhow::Context;
use io_uring::cqueue::{self, buffer_select, more};
use io_uring::squeue::{self, Flags};
use io_uring::types::{CancelBuilder, Fixed};
use io_uring::{IoUring, opcode};
use rustix::io::Errno;

use super::buffers::{BUFFERS, Buffers};
use super::event_loop::{EventLoop, Heard};

/// Sends that are collected at most before the kernel hears of them. With more the peer has nothing to do meanwhile.
const BATCH: u32 = 64;

static MESSAGE: [u8; 1] = *b"r";

pub(super) struct UringLoop {
    ring: IoUring,
    buffers: Buffers,
}

impl UringLoop {
    pub(super) fn new(sockets: &[TcpStream]) -> anyhow::Result<Self> {
        let flows = u16::try_from(sockets.len()).context("more flows than buffers")?.next_power_of_two();
        let ring = ring(flows)?;
        let files: Vec<_> = sockets.iter().map(AsRawFd::as_raw_fd).collect();
        ring.submitter().register_files(&files).context("registering the sockets with io_uring")?;
        let buffers = Buffers::register(&ring.submitter(), flows).context("a ring of buffers")?;
        let mut this = Self { ring, buffers };
        for flow in 0..files.len() {
            this.receive(flow)?;
        }
        Ok(this)
    }

    /// Arms the receive of `flow`.
    fn receive(&mut self, flow: usize) -> io::Result<()> {
        self.push(&opcode::RecvMulti::new(Fixed(flow as u32), BUFFERS).build().user_data(flow as u64))
    }

    fn push(&mut self, entry: &squeue::Entry) -> io::Result<()> {
        loop {
            // SAFETY: a send reads a static, a receive writes to registered buffers; both outlive the operation.
            if unsafe { self.ring.submission().push(entry) }.is_ok() {
                return Ok(());
            }
            self.ring.submit()?;
        }
    }

    fn heard(&mut self, completion: &cqueue::Entry) -> io::Result<Heard> {
        let flow = completion.user_data() as usize;
        if completion.result() < 0 {
            return Err(io::Error::from_raw_os_error(-completion.result()));
        }
        if buffer_select(completion.flags()).is_some() {
            self.buffers.give_back();
        }
        if completion.result() == 0 {
            return Ok(Heard::Closed(flow));
        }
        if !more(completion.flags()) {
            self.receive(flow)?;
        }
        Ok(Heard::Message(flow))
    }
}

impl EventLoop for UringLoop {
    fn send(&mut self, flow: usize) -> io::Result<()> {
        let send = opcode::Send::new(Fixed(flow as u32), MESSAGE.as_ptr(), MESSAGE.len() as u32);
        self.push(&send.build().flags(Flags::SKIP_SUCCESS).user_data(flow as u64))
    }

    fn next(&mut self) -> io::Result<Heard> {
        loop {
            // Bound first: the queue's head moves when the guard goes.
            let completion = self.ring.completion().next();
            if let Some(completion) = completion {
                return self.heard(&completion);
            }
            match self.ring.submit_and_wait(1) {
                Ok(_) => {}
                Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
                Err(e) => return Err(e),
            }
        }
    }
}

impl Drop for UringLoop {
    fn drop(&mut self) {
        // The buffers go with this value, and a receive that is still armed must not find them gone. Fails where
        // none is armed.
        let _ = self.ring.submitter().register_sync_cancel(None, CancelBuilder::any());
    }
}

/// Whether this kernel lets us use what the loop needs.
pub(super) fn available() -> anyhow::Result<()> {
    ring(1).map(drop)
}

fn ring(flows: u16) -> anyhow::Result<IoUring> {
    IoUring::builder()
        .setup_single_issuer()
        .setup_defer_taskrun()
        // A completion for every flow, and one that ends its receive.
        .setup_cqsize((2 * u32::from(flows)).max(2 * BATCH))
        .build(BATCH)
        .map_err(refused)
}

/// The kernel's refusal, by name and with what can be done.
fn refused(error: io::Error) -> anyhow::Error {
    let advice = match Errno::from_io_error(&error) {
        Some(Errno::NOSYS) => "ENOSYS: this kernel is built without io_uring, or a sandbox hides it",
        Some(Errno::PERM) => "EPERM: see sysctl kernel.io_uring_disabled, or the container's seccomp profile",
        Some(Errno::INVAL) => "EINVAL: DEFER_TASKRUN takes Linux 6.1",
        _ => "no ring to be had",
    };
    anyhow::Error::new(error).context(format!("the kernel refuses io_uring ({advice})"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_is_told_by_its_name() {
        for (errno, name) in [(Errno::NOSYS, "ENOSYS"), (Errno::PERM, "EPERM"), (Errno::INVAL, "EINVAL")] {
            let text = format!("{:#}", refused(errno.into()));
            assert!(text.contains(name), "{text}");
        }
    }
}
