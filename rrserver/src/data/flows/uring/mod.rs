//! Many flows through one io_uring.
//!
//! What is sent goes out in batches, and what is received comes in them: a share of one system call per transaction. The
//! price is that a message waits for its batch, and that a batch is answered as a whole.

mod buffers;
mod ring;
mod sends;

use std::collections::VecDeque;
use std::fmt;
use std::io;
use std::ops::Range;
use std::os::fd::{AsFd, AsRawFd};
use std::time::Duration;

use io_uring::types::Fd;
use io_uring::{cqueue, opcode};
use rustix::event::PollFlags;
use rustix::io::Errno;
use rustix::net::{Shutdown, shutdown};

use super::framing::Framing;
use super::starts::Starts;
use super::{Exchange, Happening, Messages, UNASKED, Wake};
use crate::data::{Traffic, Wait};

pub use buffers::BufferPlan;
pub use ring::{Ring, UringRefused, uring_available};

use ring::BATCH;
use sends::Sends;

/// Messages that still go out on a flow that is being closed. Who asks for more and then closes has not waited for them.
const PARTING_MESSAGES: u32 = 1 << 16;

/// What completed, in the upper half of a completion's user data; a flow's number is in the lower.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Receive,
    /// A send that was to say nothing.
    SilentSend,
    /// A send that the kernel finishes in its own time.
    PatientSend,
    Wake,
}

impl Kind {
    fn user_data(self, flow: u32) -> u64 {
        (self as u64) << 32 | u64::from(flow)
    }

    fn read(user_data: u64) -> (Self, usize) {
        let kind = match user_data >> 32 {
            0 => Self::Receive,
            1 => Self::SilentSend,
            2 => Self::PatientSend,
            _ => Self::Wake,
        };
        (kind, user_data as u32 as usize)
    }
}

/// An [`Exchange`] over connected sockets, blocking or not. It belongs to the thread that made it.
pub struct UringFlows<'a, S> {
    ring: Ring,
    sockets: &'a [S],
    framings: Vec<Framing>,
    sends: Sends<'a>,
    recv_size: u32,
    wait: Wait,
    /// Whether a flow that says more than it is asked is broken.
    asking: bool,
    /// Completions that have not been attended to.
    heard: VecDeque<cqueue::Entry>,
    /// How many of them are, until what was queued meanwhile goes out.
    batch_left: u32,
    /// What a completion brought, as far as nobody has looked at it.
    unread: Piece,
    /// The first bytes of the message under way on every flow, for hooks.
    starts: Option<Starts>,
    received: Traffic,
}

/// Part of a buffer that the kernel has filled.
#[derive(Debug, Default)]
struct Piece {
    flow: usize,
    buffer: u16,
    bytes: Range<usize>,
}

impl<S> fmt::Debug for UringFlows<'_, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("UringFlows").field("flows", &self.sockets.len()).finish_non_exhaustive()
    }
}

impl<'a, S: AsFd> UringFlows<'a, S> {
    /// Exchanges `messages` over `sockets` until `wake` is rung.
    ///
    /// # Errors
    /// The kernel refuses io_uring, or has no memory for it.
    ///
    /// # Panics
    /// A message has a size that cannot be.
    pub fn new(sockets: &'a [S], wake: &'a Wake, messages: Messages<'a>, wait: Wait) -> io::Result<Self> {
        let buffers = BufferPlan::of(sockets.len(), messages.recv_size, messages.kept);
        Self::with_buffers(sockets, wake, messages, wait, buffers)
    }

    fn with_buffers(
        sockets: &'a [S],
        wake: &'a Wake,
        messages: Messages<'a>,
        wait: Wait,
        buffers: BufferPlan,
    ) -> io::Result<Self> {
        let recv_size = messages.checked_recv_size();
        let mut ring = Ring::new(sockets, buffers)?;
        for flow in 0..sockets.len() as u32 {
            ring.receive(flow, Kind::Receive.user_data(flow))?;
        }
        let bell = opcode::PollAdd::new(Fd(wake.as_fd().as_raw_fd()), u32::from(PollFlags::IN.bits()));
        // SAFETY: it refers to no memory.
        unsafe { ring.push(&bell.build().user_data(Kind::Wake.user_data(0)))? };
        Ok(Self {
            ring,
            sockets,
            framings: vec![Framing::new(recv_size); sockets.len()],
            sends: Sends::new(messages.outgoing, sockets.len()),
            recv_size,
            wait,
            asking: messages.asked,
            heard: VecDeque::with_capacity(Ring::completions_of(sockets.len(), buffers)),
            batch_left: BATCH,
            unread: Piece::default(),
            starts: messages.kept.then(|| Starts::new(sockets.len(), messages.recv_size)),
            received: Traffic::default(),
        })
    }

    /// What has gone over all flows so far.
    pub fn traffic(&self) -> Traffic {
        let mut traffic = self.received;
        traffic += self.sends.traffic();
        traffic
    }

    /// The flow of the next whole message in the buffer; what is left of it begins another.
    #[inline]
    fn take_message(&mut self) -> Option<usize> {
        let Piece { flow, buffer, bytes } = &mut self.unread;
        if Range::is_empty(bytes) {
            return None;
        }
        let taken = self.framings[*flow].take(bytes.len(), self.recv_size);
        let piece = bytes.start..bytes.start + taken.bytes;
        bytes.start = piece.end;
        if let Some(starts) = &mut self.starts {
            starts.keep(*flow, taken.at, &self.ring.bytes(*buffer, piece.end)[piece]);
        }
        if Range::is_empty(bytes) {
            self.ring.give_back(*buffer);
        }
        taken.complete.then_some(*flow)
    }

    /// Attends to one completion.
    #[inline]
    fn attend(&mut self, completion: &cqueue::Entry) -> io::Result<Option<Happening>> {
        let (kind, flow) = Kind::read(completion.user_data());
        if kind == Kind::Wake {
            return Ok(Some(Happening::Woken));
        }
        let (result, buffer) = (completion.result(), cqueue::buffer_select(completion.flags()));
        let framing = &mut self.framings[flow];
        let is_unasked = result > 0 && self.asking && !framing.owes(result as usize, self.recv_size);
        if framing.is_done() || result <= 0 || is_unasked {
            if let Some(buffer) = buffer {
                self.ring.give_back(buffer);
            }
            return self.attend_end(kind, flow, result);
        }
        if !cqueue::more(completion.flags()) {
            self.receive(flow)?;
        }
        self.received.recv_calls += 1;
        self.received.bytes_received += result as u64;
        self.unread = Piece { flow, buffer: buffer.unwrap_or_default(), bytes: 0..result as usize };
        Ok(None)
    }

    /// A receive or a send has failed, the flow has ended, or it said more than it was asked.
    #[cold]
    fn attend_end(&mut self, kind: Kind, flow: usize, result: i32) -> io::Result<Option<Happening>> {
        if self.framings[flow].is_done() {
            return Ok(None);
        }
        let error = match result {
            1.. => io::Error::new(io::ErrorKind::InvalidData, UNASKED),
            _ => io::Error::from_raw_os_error(-result),
        };
        // The buffers that are missing have been read and given back: they came in completions before this one.
        if kind == Kind::Receive && matches!(Errno::from_io_error(&error), Some(Errno::NOBUFS | Errno::INTR)) {
            return self.receive(flow).map(|()| None);
        }
        self.framings[flow].finish();
        Ok(Some(if result == 0 { Happening::Closed(flow) } else { Happening::Broken(flow, error) }))
    }

    fn receive(&mut self, flow: usize) -> io::Result<()> {
        self.ring.receive(flow as u32, Kind::Receive.user_data(flow as u32))
    }

    /// Hands what is queued to the kernel; whether it took all of it.
    fn submit(&mut self) -> io::Result<bool> {
        self.batch_left = BATCH;
        self.ring.submit()?;
        let is_taken = self.ring.is_submitted();
        self.collect()?;
        Ok(is_taken)
    }

    /// Also what is behind other messages of its flow, so many on each: every one goes out when the kernel has taken that
    /// before it. Whether nothing is left.
    fn submit_all(&mut self, messages: u32) -> io::Result<bool> {
        for _ in 0..messages {
            if !self.sends.begin_round() {
                return Ok(true);
            }
            if !self.submit()? {
                break;
            }
        }
        Ok(false)
    }

    /// Asks the kernel for what happens next; whether it said anything.
    fn ask(&mut self, patience: Option<Duration>) -> io::Result<bool> {
        let is_taken = self.submit_all(BATCH)?;
        if !self.heard.is_empty() {
            return Ok(true);
        }
        self.batch_left = BATCH;
        // What is left goes out later: neither a kernel that takes nothing nor a peer that asks without end keeps the
        // caller from the other flows, and from its clock.
        let is_waiting = is_taken && self.wait != Wait::Spin;
        self.ring.wait(if is_waiting { patience } else { Some(Duration::ZERO) })?;
        self.collect()
    }

    /// Takes what the kernel has to say, if anything: of sends at once, of the rest when its turn comes.
    fn collect(&mut self) -> io::Result<bool> {
        self.sends.begin_settling(&mut self.ring);
        // What comes of operations that are queued here is for the next time.
        let completions = self.ring.completions();
        for _ in 0..completions {
            let Some(completion) = self.ring.completion() else { break };
            let (kind, flow) = Kind::read(completion.user_data());
            let is_done = match kind {
                Kind::Receive | Kind::Wake => false,
                Kind::SilentSend | Kind::PatientSend => {
                    let framing = &mut self.framings[flow];
                    self.sends.complain(&mut self.ring, flow, framing, kind, completion.result())?
                }
            };
            if !is_done {
                self.heard.push_back(completion);
            }
        }
        self.sends.settle(&mut self.ring, &mut self.framings)?;
        Ok(completions > 0)
    }
}

impl<S: AsFd> Exchange for UringFlows<'_, S> {
    #[inline]
    fn send(&mut self, flow: usize) -> io::Result<()> {
        self.sends.send(&mut self.ring, flow, &mut self.framings[flow])
    }

    #[inline]
    fn next(&mut self, patience: Option<Duration>) -> io::Result<Happening> {
        // Whoever was told to send later does before anybody waits, and whoever has something to do at a time looks for it
        // after every wait.
        let mut is_over = self.has_more();
        loop {
            if let Some(flow) = self.take_message() {
                return Ok(Happening::Message(flow));
            }
            if self.batch_left == 0 {
                self.submit()?;
            }
            match self.heard.pop_front() {
                Some(completion) => {
                    self.batch_left -= 1;
                    if let Some(happening) = self.attend(&completion)? {
                        return Ok(happening);
                    }
                }
                None if !is_over && self.ask(patience)? => is_over = patience.is_some(),
                None => return Ok(Happening::Nothing),
            }
        }
    }

    #[inline]
    fn has_more(&self) -> bool {
        !self.unread.bytes.is_empty() || (self.batch_left > 0 && !self.heard.is_empty())
    }

    #[inline]
    fn message(&self, flow: usize) -> &[u8] {
        self.starts.as_ref().map_or(&[], |starts| starts.of(flow))
    }

    fn close(&mut self, flow: usize) {
        // What is queued is to arrive. A kernel that takes nothing is noticed by whoever asks it next.
        let _ = self.submit_all(PARTING_MESSAGES).and_then(|_| self.submit());
        // Fails where the peer was faster.
        let _ = shutdown(&self.sockets[flow], Shutdown::Write);
    }
}

#[cfg(test)]
mod tests;
