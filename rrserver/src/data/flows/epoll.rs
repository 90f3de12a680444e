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

use hooks::packet::PAYLOAD_MAX;
use rustix::event::{Timespec, epoll};
use rustix::io::Errno;
use rustix::net::{RecvFlags, SendFlags, Shutdown, recv, send, shutdown};

use super::epoll_wait::EpollWait;
use super::framing::Framing;
use super::{Exchange, Happening, Wake};
use crate::data::{MAX_MESSAGE, Traffic, Wait, Waiting};

/// Flows that one call reports at most.
const EVENTS: usize = 256;

/// Bytes that one call receives at most: one buffer for all flows of a thread.
const BUFFER: usize = 64 << 10;

/// What is asked of every flow, once.
const EDGES: epoll::EventFlags =
    epoll::EventFlags::IN.union(epoll::EventFlags::OUT).union(epoll::EventFlags::RDHUP).union(epoll::EventFlags::ET);

/// What is wrong with a peer that answers what nobody asked.
const UNASKED: &str = "more came than was asked for";

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
    /// Exchanges messages over `sockets`: `outgoing` out, `recv_size` bytes in, until `wake` is rung.
    ///
    /// # Errors
    /// The kernel has no descriptor or no memory for it.
    ///
    /// # Panics
    /// A size is 0 or above [`MAX_MESSAGE`]: both ends check what they were asked for before they come here.
    pub fn new(sockets: &'a [S], wake: &'a Wake, outgoing: &'a [u8], recv_size: usize, wait: Wait) -> io::Result<Self> {
        for size in [outgoing.len(), recv_size] {
            assert!((1..=MAX_MESSAGE).contains(&size), "message size {size} out of range");
        }
        let epoll = epoll::create(epoll::CreateFlags::CLOEXEC)?;
        epoll::add(&epoll, wake, epoll::EventData::new_u64(WAKE), epoll::EventFlags::IN)?;
        for (flow, socket) in sockets.iter().enumerate() {
            epoll::add(&epoll, socket, epoll::EventData::new_u64(flow as u64), EDGES)?;
        }
        let recv_size = recv_size as u32;
        let waiting = Waiting::begin_many(&epoll, wait);
        Ok(Self {
            epoll,
            readiness: EpollWait::new(),
            wake,
            sockets,
            framings: vec![Framing::new(recv_size); sockets.len()],
            outgoing,
            recv_size,
            waiting,
            asking: false,
            events: Vec::with_capacity(EVENTS),
            cursor: 0,
            buffer: vec![0; BUFFER],
            unread: 0..0,
            reading: 0,
            starts: None,
            traffic: Traffic::default(),
        })
    }

    /// Takes one message for each that is sent, and no more: who answers unasked would look fast.
    #[must_use]
    pub fn asking(self) -> Self {
        Self { asking: true, ..self }
    }

    /// Keeps as much of every message as a hook looks at.
    #[must_use]
    pub fn keeping_messages(mut self) -> Self {
        let length = PAYLOAD_MAX.min(self.recv_size as usize);
        self.starts = Some(Starts { bytes: vec![0; length * self.sockets.len()], length });
        self
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

    /// Asks the kernel for the next events.
    fn ask(&mut self, patience: Option<Duration>) -> io::Result<()> {
        let patience = if self.waiting.wait() == Wait::Spin { Some(Duration::ZERO) } else { patience };
        // A time that the kernel cannot express never comes.
        let timeout = patience.and_then(|patience| Timespec::try_from(patience).ok());
        self.events.clear();
        self.cursor = 0;
        match self.readiness.wait(&self.epoll, &mut self.events, timeout.as_ref()) {
            Ok(()) | Err(Errno::INTR) => Ok(()),
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
        loop {
            if let Some(flow) = self.take_message() {
                return Ok(Happening::Message(flow));
            }
            match self.events.get(self.cursor) {
                Some(&event) => {
                    if let Some(happening) = self.attend(event) {
                        return Ok(happening);
                    }
                }
                None => {
                    self.ask(patience)?;
                    if self.events.is_empty() {
                        return Ok(Happening::Nothing);
                    }
                }
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

/// The start of the last message of every flow.
#[derive(Debug)]
struct Starts {
    bytes: Vec<u8>,
    length: usize,
}

impl Starts {
    fn keep(&mut self, flow: usize, at: usize, piece: &[u8]) {
        let slot = &mut self.bytes[flow * self.length..][..self.length];
        let room = slot.get_mut(at..).unwrap_or_default();
        let kept = room.len().min(piece.len());
        room[..kept].copy_from_slice(&piece[..kept]);
    }

    fn of(&self, flow: usize) -> &[u8] {
        &self.bytes[flow * self.length..][..self.length]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::{Read, Write};
    use std::net::{TcpListener, TcpStream};
    use std::sync::mpsc;
    use std::thread;

    fn pairs(count: usize) -> (Vec<TcpStream>, Vec<TcpStream>) {
        let listener = TcpListener::bind("127.0.0.1:0").expect("listener");
        let address = listener.local_addr().expect("address");
        (0..count)
            .map(|_| (TcpStream::connect(address).expect("connect"), listener.accept().expect("accept").0))
            .unzip()
    }

    #[test]
    fn messages_in_pieces_and_in_bunches_are_told_apart_by_flow() {
        let (mut peers, sockets) = pairs(3);
        let wake = Wake::new().expect("wake");
        let mut flows = EpollFlows::new(&sockets, &wake, b"ok", 4, Wait::Block).expect("epoll").keeping_messages();
        peers[1].write_all(b"abcdefg").expect("sent");
        let mut next = || match flows.next(Some(Duration::from_secs(60))).expect("epoll") {
            Happening::Message(flow) => (flow, flows.message(flow).to_vec()),
            other => panic!("{other:?}"),
        };
        assert_eq!(next(), (1, b"abcd".to_vec()));
        peers[2].write_all(b"wxyz").expect("sent");
        assert_eq!(next(), (2, b"wxyz".to_vec()));
        peers[1].write_all(b"h1234").expect("sent");
        assert_eq!(next(), (1, b"efgh".to_vec()));
        assert_eq!(next(), (1, b"1234".to_vec()));
        assert_eq!((flows.traffic().bytes_received, flows.traffic().send_calls), (16, 0));
        assert!(matches!(flows.next(Some(Duration::ZERO)), Ok(Happening::Nothing)));
    }

    #[test]
    fn messages_beyond_all_buffers_go_both_ways_and_the_end_comes_after_them() {
        const SIZE: usize = 8 << 20;
        let (mut peers, sockets) = pairs(2);
        let wake = Wake::new().expect("wake");
        let outgoing = vec![7; SIZE];
        let mut flows = EpollFlows::new(&sockets, &wake, &outgoing, SIZE, Wait::Block).expect("epoll");
        let mut peer = peers.remove(1);
        let exchanging = thread::spawn(move || {
            let mut buffer = vec![0; SIZE];
            for _ in 0..2 {
                peer.write_all(&buffer).expect("request");
                peer.read_exact(&mut buffer).expect("response");
                assert!(buffer.iter().all(|&byte| byte == 7));
            }
        });
        let mut messages = 0;
        loop {
            match flows.next(Some(Duration::from_secs(60))).expect("epoll") {
                Happening::Message(flow) => {
                    assert_eq!(flow, 1);
                    messages += 1;
                    flows.send(flow).expect("sent");
                }
                Happening::Closed(flow) => break assert_eq!((flow, messages), (1, 2)),
                other => panic!("{other:?}"),
            }
        }
        exchanging.join().expect("peer");
        assert_eq!(flows.traffic().bytes_sent, 2 * SIZE as u64);
    }

    #[test]
    fn a_peer_that_closes_with_its_last_message_is_heard_to_the_end() {
        let (mut peers, sockets) = pairs(1);
        let wake = Wake::new().expect("wake");
        let mut flows = EpollFlows::new(&sockets, &wake, b"x", 1, Wait::Block).expect("epoll");
        peers[0].write_all(b"a").expect("sent");
        drop(peers.pop());
        let mut next = || flows.next(Some(Duration::from_secs(5))).expect("epoll");
        assert!(matches!(next(), Happening::Message(0)));
        assert!(matches!(next(), Happening::Closed(0)), "the end is not forgotten");
        assert!(matches!(flows.next(Some(Duration::ZERO)), Ok(Happening::Nothing)), "and told once");
    }

    #[test]
    fn whoever_asks_takes_an_answer_each_and_the_first_byte_more_breaks_the_flow() {
        let (mut peers, sockets) = pairs(2);
        let wake = Wake::new().expect("wake");
        let mut flows = EpollFlows::new(&sockets, &wake, b"ask", 2, Wait::Block).expect("epoll").asking();
        flows.send(0).expect("sent");
        flows.send(0).expect("sent");
        peers[0].write_all(b"abcd").expect("sent");
        let mut next = || flows.next(Some(Duration::from_secs(60))).expect("epoll");
        assert!(matches!([next(), next()], [Happening::Message(0), Happening::Message(0)]));
        for (flow, unasked) in [(0, &b"e"[..]), (1, b"fg")] {
            peers[flow].write_all(unasked).expect("sent");
            let Happening::Broken(broken, e) = next() else { panic!("flow {flow}") };
            assert_eq!((broken, e.kind()), (flow, io::ErrorKind::InvalidData));
        }
    }

    #[test]
    fn whoever_spins_is_not_kept_waiting() {
        let (_peers, sockets) = pairs(1);
        let wake = Wake::new().expect("wake");
        let mut flows = EpollFlows::new(&sockets, &wake, b"x", 1, Wait::Spin).expect("epoll");
        let (done, waiting) = mpsc::channel::<()>();
        thread::scope(|scope| {
            // Ends a wait that should not be one.
            let bell = &wake;
            scope.spawn(move || {
                if waiting.recv_timeout(Duration::from_secs(5)) == Err(mpsc::RecvTimeoutError::Timeout) {
                    bell.ring();
                }
            });
            let happening = flows.next(None);
            drop(done);
            assert!(matches!(happening, Ok(Happening::Nothing)), "{happening:?}");
        });
    }

    #[test]
    fn whoever_waits_when_the_bell_rings_or_after_is_woken() {
        let (_peers, sockets) = pairs(1);
        let wake = Wake::new().expect("wake");
        thread::scope(|scope| {
            let wait = || {
                let mut flows = EpollFlows::new(&sockets, &wake, b"x", 1, Wait::Block).expect("epoll");
                matches!(flows.next(None), Ok(Happening::Woken))
            };
            let early = [scope.spawn(wait), scope.spawn(wait)];
            assert!(!wake.is_rung());
            wake.ring();
            assert!(wake.is_rung());
            assert!(early.into_iter().all(|thread| thread.join().expect("woken")));
            assert!(wait());
        });
        let mut flows = EpollFlows::new(&sockets, &wake, b"x", 1, Wait::Block).expect("epoll");
        assert!(matches!(flows.next(None), Ok(Happening::Woken)));
        assert!(matches!(flows.next(Some(Duration::ZERO)), Ok(Happening::Nothing)), "once");
        assert!(wake.is_rung() && !Wake::new().expect("wake").is_rung());
    }
}
