//! One netfilter queue: a netlink socket that packets come out of and verdicts go into.
//!
//! The crates that speak this protocol either wrap a C library or keep their socket to themselves, so that a blocked
//! reader cannot be stopped; and none can make a frame of a packet in place.

use std::io::{self, ErrorKind, Read};
use std::time::Duration;

use socket2::{Domain, Protocol, Socket, Type};

use super::wire::{self, Event, VerdictMessage};
use crate::packet::EthernetHeader;
use crate::verdict::Verdict;

/// Longest message: a packet of 64 KiB and its attributes.
const BUFFER_LEN: usize = 68 * 1024;
/// How long a reader waits before it looks whether it is to stop.
const PATIENCE: Duration = Duration::from_millis(20);
/// Queue numbers tried before giving up; each process begins at another one.
const NUMBERS_TRIED: u16 = 64;

/// A bound queue.
#[derive(Debug)]
pub(super) struct Queue {
    socket: Socket,
    number: u16,
    buffer: Vec<u8>,
    verdict: VerdictMessage,
}

impl Queue {
    /// Binds a queue number that nobody has.
    pub(super) fn bind() -> io::Result<Queue> {
        let kind = Type::RAW.cloexec();
        let socket = Socket::new(Domain::from(libc::AF_NETLINK), kind, Some(Protocol::from(libc::NETLINK_NETFILTER)))?;
        socket.set_read_timeout(Some(PATIENCE))?;
        let mut queue = Queue { socket, number: 0, buffer: vec![0; BUFFER_LEN], verdict: VerdictMessage::new(0) };
        let first = std::process::id() as u16;
        let mut outcome = Err(ErrorKind::AddrInUse.into());
        for number in (0..NUMBERS_TRIED).map(|step| first.wrapping_add(step)) {
            queue.number = number;
            outcome = queue.set_up();
            // A number that another process has is EPERM, one that this process has EBUSY.
            let taken =
                matches!(&outcome, Err(error) if matches!(error.raw_os_error(), Some(libc::EPERM | libc::EBUSY)));
            if !taken {
                break;
            }
        }
        outcome?;
        queue.verdict = VerdictMessage::new(queue.number);
        Ok(queue)
    }

    /// The queue's number, for the rule that sends packets here.
    pub(super) fn number(&self) -> u16 {
        self.number
    }

    /// Waits a while for packets, asks `decide` about the frame of each, and tells the kernel. False when none came.
    pub(super) fn serve(&mut self, mut decide: impl FnMut(&[u8]) -> Verdict) -> io::Result<bool> {
        let len = match (&self.socket).read(&mut self.buffer) {
            Ok(len) => len,
            Err(error) if is_timeout(&error) => return Ok(false),
            Err(error) => return Err(error),
        };
        let mut at = 0;
        while let Some((next, event)) = wire::read(&self.buffer[..len], at) {
            if let Event::Packet { id, packet } = event {
                let header = EthernetHeader::for_packet(&self.buffer[packet.clone()]);
                // The message's own headers, which are read by now, are longer than the Ethernet header.
                let start = packet.start - EthernetHeader::LEN;
                self.buffer[start..packet.start].copy_from_slice(header.as_bytes());
                let verdict = decide(&self.buffer[start..packet.end]);
                self.socket.send(self.verdict.of(id, verdict))?;
            }
            at = next;
        }
        Ok(true)
    }

    fn set_up(&mut self) -> io::Result<()> {
        for request in wire::setup(self.number) {
            self.socket.send(&request)?;
            self.answer()?;
        }
        Ok(())
    }

    /// Waits for the answer to a request.
    fn answer(&mut self) -> io::Result<()> {
        loop {
            let len = (&self.socket).read(&mut self.buffer)?;
            if let Some((_, Event::Answer(code))) = wire::read(&self.buffer[..len], 0) {
                return if code == 0 { Ok(()) } else { Err(io::Error::from_raw_os_error(code)) };
            }
        }
    }
}

/// Whether an error only says that nothing came, or not yet.
fn is_timeout(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut | ErrorKind::Interrupted)
}
