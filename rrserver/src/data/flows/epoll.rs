//! Many flows through one epoll instance, edge-triggered.
//!
//! Two system calls per transaction and a share of a third. An edge needs no call to be armed again; a receive that
//! did not fill the buffer has taken all there was, and needs no second one that finds nothing. The exception is a
//! peer that has closed: its end comes with the last bytes, on the same edge, which then says so.

use std::fmt;
use std::io;
use std::ops::Range;
use std::os::fd::{AsFd, OwnedFd};
use std::time::Duration;

use rustix::event::{Timespec, epoll};
use rustix::io::Errno;
use rustix::net::{RecvFlags, SendFlags, Shutdown, recv, send, shutdown};

use super::epoll_wait::EpollWait;
use super::framing::Framing;
use super::starts::Starts;
use super::{Exchange, Happening, Messages, UNASKED, Wake};
use crate::data::{Traffic, Wait, Waiting};

/// Flows that one call reports at most.
const EVENTS: usize = 256;

/// Bytes that one call receives at most: one buffer for all flows of a thread.
const BUFFER: usize = 64 << 10;

/// What is asked of every flow, once.
const EDGES: epoll::EventFlags =
    epoll::EventFlags::IN.union(epoll::EventFlags::OUT).union(epoll::EventFlags::RDHUP).union(epoll::EventFlags::ET);

/// What the wake-up event is called where flows have numbers.
const WAKE: u64 = u64::MAX;

/// An [`Exchange`] over connected sockets, blocking or not.
pub struct EpollFlows<'a, S> {
    epoll: OwnedFd,
    readiness: EpollWait,
    wake: &'a Wake,
    sockets: &'a [S],
    framings: Vec<Framing>,
    outgoing: &'a [u8],
    recv_size: u32,
    waiting: Waiting,
    /// Whether a flow that says more than it is asked is broken.
    asking: bool,
    events: Vec<epoll::Event>,
    /// The next event to attend to.
    cursor: usize,
    buffer: Vec<u8>,
    /// Bytes in the buffer that have not been looked at, and whose they are.
    unread: Range<usize>,
    reading: usize,
    /// The first bytes of the message under way on every flow, for hooks.
    starts: Option<Starts>,
    traffic: Traffic,
}

impl<S> fmt::Debug for EpollFlows<'_, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EpollFlows").field("flows", &self.sockets.len()).finish_non_exhaustive()
    }
}

impl<'a, S: AsFd> EpollFlows<'a, S> {
    /// Exchanges `messages` over `sockets` until `wake` is rung.
    ///
    /// # Errors
    /// The kernel has no descriptor or no memory for it.
    ///
    /// # Panics
    /// A message has a size that cannot be.
    pub fn new(sockets: &'a [S], wake: &'a Wake, messages: Messages<'a>, wait: Wait) -> io::Result<Self> {
        let recv_size = messages.checked_recv_size();
        let epoll = epoll::create(epoll::CreateFlags::CLOEXEC)?;
        epoll::add(&epoll, wake, epoll::EventData::new_u64(WAKE), epoll::EventFlags::IN)?;
        for (flow, socket) in sockets.iter().enumerate() {
            epoll::add(&epoll, socket, epoll::EventData::new_u64(flow as u64), EDGES)?;
        }
        let waiting = Waiting::begin_many(&epoll, wait);
        Ok(Self {
            epoll,
            readiness: EpollWait::new(),
            wake,
            sockets,
            framings: vec![Framing::new(recv_size); sockets.len()],
            outgoing: messages.outgoing,
            recv_size,
            waiting,
            asking: messages.asked,
            events: Vec::with_capacity(EVENTS),
            cursor: 0,
            buffer: vec![0; BUFFER],
            unread: 0..0,
            reading: 0,
            starts: messages.kept.then(|| Starts::new(sockets.len(), messages.recv_size)),
            traffic: Traffic::default(),
        })
    }

    /// What has gone over all flows so far.
    pub fn traffic(&self) -> Traffic {
        self.traffic
    }

    /// Why the flows were not waited for as they were to be; all of a test are alike.
    pub fn shortfall(&self) -> Option<String> {
        self.waiting.shortfall(self.sockets.first()?)
    }

    /// The flow of the next whole message in the buffer; what is left of it begins another.
    #[inline]
    fn take_message(&mut self) -> Option<usize> {
        if self.unread.is_empty() {
            return None;
        }
        let taken = self.framings[self.reading].take(self.unread.len(), self.recv_size);
        let piece = self.unread.start..self.unread.start + taken.bytes;
        if let Some(starts) = &mut self.starts {
            starts.keep(self.reading, taken.at, &self.buffer[piece.clone()]);
        }
        self.unread.start = piece.end;
        taken.complete.then_some(self.reading)
    }

    /// Attends to what the kernel says of one flow; moves on to the next event when all of it is done.
    #[inline]
    fn attend(&mut self, event: epoll::Event) -> Option<Happening> {
        let data = event.data.u64();
        if data == WAKE {
            self.cursor += 1;
            // It stays rung: whoever goes on after that is to hear of the flows alone.
            let _ = epoll::delete(&self.epoll, self.wake);
            return Some(Happening::Woken);
        }
        let flow = data as usize;
        if self.framings[flow].is_done() {
            self.cursor += 1;
            return None;
        }
        // Copied: the kernel's events are packed.
        let flags = event.flags;
        if flags.contains(epoll::EventFlags::OUT)
            && let Err(e) = self.push(flow)
        {
            return Some(self.broken(flow, e.into()));
        }
        if flags == epoll::EventFlags::OUT {
            self.cursor += 1;
            return None;
        }
        match recv(&self.sockets[flow], &mut self.buffer[..], RecvFlags::DONTWAIT) {
            Ok((_, 0)) => {
                self.cursor += 1;
                self.framings[flow].finish();
                Some(Happening::Closed(flow))
            }
            Ok((_, bytes)) => {
                self.traffic.recv_calls += 1;
                self.traffic.bytes_received += bytes as u64;
                if self.asking && !self.framings[flow].owes(bytes, self.recv_size) {
                    return Some(self.broken(flow, io::Error::new(io::ErrorKind::InvalidData, UNASKED)));
                }
                (self.reading, self.unread) = (flow, 0..bytes);
                if bytes < BUFFER && !flags.contains(epoll::EventFlags::RDHUP) {
                    self.cursor += 1;
                }
                None
            }
            Err(Errno::AGAIN) => {
                self.cursor += 1;
                None
            }
            Err(Errno::INTR) => None,
            Err(e) => Some(self.broken(flow, e.into())),
        }
    }

    /// Sends what is due on `flow`, as far as the kernel takes it.
    #[inline]
    fn push(&mut self, flow: usize) -> Result<(), Errno> {
        let size = self.outgoing.len();
        loop {
            let due = self.framings[flow].due(size as u32);
            if due == 0 {
                return Ok(());
            }
            // A peer that is gone is an error of this call, not a signal to the process.
            match send(&self.sockets[flow], &self.outgoing[size - due..], SendFlags::DONTWAIT | SendFlags::NOSIGNAL) {
                Ok(bytes) => {
                    self.framings[flow].sent(bytes);
                    self.traffic.send_calls += 1;
                    self.traffic.bytes_sent += bytes as u64;
                }
                Err(Errno::AGAIN) => return Ok(()),
                Err(Errno::INTR) => {}
                Err(e) => return Err(e),
            }
        }
    }

    #[cold]
    fn broken(&mut self, flow: usize, error: io::Error) -> Happening {
        self.cursor += 1;
        self.framings[flow].finish();
        Happening::Broken(flow, error)
    }

    /// Asks the kernel for the next events; whether there are any.
    fn ask(&mut self, patience: Option<Duration>) -> io::Result<bool> {
        let patience = if self.waiting.wait() == Wait::Spin { Some(Duration::ZERO) } else { patience };
        // A time that the kernel cannot express never comes.
        let timeout = patience.and_then(|patience| Timespec::try_from(patience).ok());
        self.events.clear();
        self.cursor = 0;
        match self.readiness.wait(&self.epoll, &mut self.events, timeout.as_ref()) {
            Ok(()) | Err(Errno::INTR) => Ok(!self.events.is_empty()),
            Err(e) => Err(e.into()),
        }
    }
}

impl<S: AsFd> Exchange for EpollFlows<'_, S> {
    #[inline]
    fn send(&mut self, flow: usize) -> io::Result<()> {
        if self.framings[flow].enqueue(self.outgoing.len() as u32)
            && let Err(e) = self.push(flow)
        {
            self.framings[flow].finish();
            return Err(e.into());
        }
        Ok(())
    }

    #[inline]
    fn next(&mut self, patience: Option<Duration>) -> io::Result<Happening> {
        // Whoever has something to do at a time looks for it after every wait.
        let mut is_over = false;
        loop {
            if let Some(flow) = self.take_message() {
                return Ok(Happening::Message(flow));
            }
            match self.events.get(self.cursor).copied() {
                Some(event) => {
                    if let Some(happening) = self.attend(event) {
                        return Ok(happening);
                    }
                }
                None if !is_over && self.ask(patience)? => is_over = patience.is_some(),
                None => return Ok(Happening::Nothing),
            }
        }
    }

    #[inline]
    fn message(&self, flow: usize) -> &[u8] {
        self.starts.as_ref().map_or(&[], |starts| starts.of(flow))
    }

    fn close(&mut self, flow: usize) {
        // Fails where the peer was faster.
        let _ = shutdown(&self.sockets[flow], Shutdown::Write);
    }
}
