//! Whole messages over a byte stream, and the count of what they cost.
//!
//! The measuring loops speak of messages; this is the only place that knows a stream may deliver them in pieces.

use std::io::{self, ErrorKind, Read, Write};
use std::ops::AddAssign;

use serde::Serialize;

use super::payload;

/// Largest request or response, in bytes. A peer may not make us reserve more.
pub const MAX_MESSAGE: usize = 16 << 20;

/// What is wrong with a peer that answers what nobody asked.
pub(super) const UNASKED: &str = "more came than was asked for";

/// System calls and bytes of one end of a data connection.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Traffic {
    /// Calls to send.
    pub send_calls: u64,
    /// Calls to receive that returned data.
    pub recv_calls: u64,
    /// Bytes sent.
    pub bytes_sent: u64,
    /// Bytes received.
    pub bytes_received: u64,
}

impl AddAssign for Traffic {
    fn add_assign(&mut self, other: Self) {
        self.send_calls += other.send_calls;
        self.recv_calls += other.recv_calls;
        self.bytes_sent += other.bytes_sent;
        self.bytes_received += other.bytes_received;
    }
}

impl Traffic {
    /// What has been added since `earlier`.
    #[must_use]
    pub fn since(&self, earlier: &Self) -> Self {
        Self {
            send_calls: self.send_calls.saturating_sub(earlier.send_calls),
            recv_calls: self.recv_calls.saturating_sub(earlier.recv_calls),
            bytes_sent: self.bytes_sent.saturating_sub(earlier.bytes_sent),
            bytes_received: self.bytes_received.saturating_sub(earlier.bytes_received),
        }
    }
}

/// One end of a data connection, as a measuring loop sees it.
pub trait Transport {
    /// Sends one whole message.
    ///
    /// # Errors
    /// The connection broke.
    fn send(&mut self) -> io::Result<()>;

    /// Receives one whole message, or `None` when the peer has closed the connection.
    ///
    /// # Errors
    /// The connection broke.
    fn recv(&mut self) -> io::Result<Option<&[u8]>>;
}

/// A [`Transport`] over a blocking byte stream; sends messages of one size and receives messages of another.
#[derive(Debug)]
pub struct MessageStream<S> {
    stream: S,
    outgoing: Vec<u8>,
    incoming: Vec<u8>,
    traffic: Traffic,
}

impl<S> MessageStream<S> {
    /// Frames `stream` into messages of `send_size` bytes out and `recv_size` bytes in.
    ///
    /// # Panics
    /// A size is 0 or above [`MAX_MESSAGE`]: both ends check what they were asked for before they come here.
    pub fn new(stream: S, send_size: usize, recv_size: usize) -> Self {
        Self::with_payload(stream, payload::pattern(send_size), recv_size)
    }

    /// Frames `stream` into the message `outgoing` out and `recv_size` bytes in.
    ///
    /// # Panics
    /// As [`new`](Self::new) does.
    pub fn with_payload(stream: S, outgoing: Vec<u8>, recv_size: usize) -> Self {
        for size in [outgoing.len(), recv_size] {
            assert!((1..=MAX_MESSAGE).contains(&size), "message size {size} out of range");
        }
        Self { stream, outgoing, incoming: vec![0; recv_size], traffic: Traffic::default() }
    }

    /// What has gone over the stream so far.
    pub fn traffic(&self) -> Traffic {
        self.traffic
    }

    /// The stream underneath.
    pub fn get_ref(&self) -> &S {
        &self.stream
    }

    /// The stream underneath, to be replaced between two messages.
    pub fn get_mut(&mut self) -> &mut S {
        &mut self.stream
    }

    /// Whether the peer was asked for all that it has sent: what was received here, and so many bytes `beyond` it. Who
    /// answers unasked looks fast, as its next answer is there before the request.
    ///
    /// # Errors
    /// It was not.
    pub fn check_asked(&self, beyond: u64) -> io::Result<()> {
        let requests = self.traffic.bytes_sent / self.outgoing.len() as u64;
        let asked = requests.saturating_mul(self.incoming.len() as u64);
        if self.traffic.bytes_received.saturating_add(beyond) > asked {
            return Err(io::Error::new(ErrorKind::InvalidData, UNASKED));
        }
        Ok(())
    }

    /// The message received last.
    pub fn received(&self) -> &[u8] {
        &self.incoming
    }
}

// Into every measuring loop, always: there are so many that the compiler would rather call these, which doubles the
// instructions of a transaction at the server.
impl<S: Read + Write> Transport for MessageStream<S> {
    #[inline(always)]
    fn send(&mut self) -> io::Result<()> {
        let mut sent = 0;
        while sent < self.outgoing.len() {
            match self.stream.write(&self.outgoing[sent..]) {
                Ok(0) => return Err(ErrorKind::WriteZero.into()),
                Ok(n) => {
                    sent += n;
                    self.traffic.send_calls += 1;
                    self.traffic.bytes_sent += n as u64;
                }
                Err(e) if e.kind() == ErrorKind::Interrupted => {}
                Err(e) => return Err(e),
            }
        }
        Ok(())
    }

    #[inline(always)]
    fn recv(&mut self) -> io::Result<Option<&[u8]>> {
        let mut received = 0;
        while received < self.incoming.len() {
            match self.stream.read(&mut self.incoming[received..]) {
                Ok(0) => return Ok(None),
                Ok(n) => {
                    received += n;
                    self.traffic.recv_calls += 1;
                    self.traffic.bytes_received += n as u64;
                }
                Err(e) if e.kind() == ErrorKind::Interrupted => {}
                Err(e) => return Err(e),
            }
        }
        Ok(Some(&self.incoming))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::VecDeque;

    /// A stream that moves at most `step` bytes a call, interrupts every call once, and ends after its input.
    struct Trickle {
        input: VecDeque<u8>,
        output: Vec<u8>,
        step: usize,
        interrupt: bool,
    }

    impl Trickle {
        fn new(input: &[u8], step: usize) -> Self {
            Self { input: input.iter().copied().collect(), output: Vec::new(), step, interrupt: false }
        }

        fn interrupted(&mut self) -> io::Result<()> {
            self.interrupt = !self.interrupt;
            if self.interrupt { Err(ErrorKind::Interrupted.into()) } else { Ok(()) }
        }
    }

    impl Read for Trickle {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            self.interrupted()?;
            let n = buffer.len().min(self.step).min(self.input.len());
            for slot in &mut buffer[..n] {
                *slot = self.input.pop_front().expect("counted");
            }
            Ok(n)
        }
    }

    impl Write for Trickle {
        fn write(&mut self, buffer: &[u8]) -> io::Result<usize> {
            self.interrupted()?;
            let n = buffer.len().min(self.step);
            self.output.extend_from_slice(&buffer[..n]);
            Ok(n)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_message_in_pieces_is_put_together_and_every_call_counted() {
        let mut messages = MessageStream::new(Trickle::new(b"0123456789", 3), 8, 10);
        assert_eq!(messages.recv().expect("message"), Some(&b"0123456789"[..]));
        messages.send().expect("sent");
        assert_eq!(messages.get_ref().output, b"netperf\0");
        let expected = Traffic { send_calls: 3, recv_calls: 4, bytes_sent: 8, bytes_received: 10 };
        assert_eq!(messages.traffic(), expected);
    }

    #[test]
    fn the_end_of_the_stream_is_no_message_even_within_one() {
        let mut messages = MessageStream::new(Trickle::new(b"half", 9), 1, 8);
        assert_eq!(messages.recv().expect("no error"), None);
        assert_eq!(messages.traffic().bytes_received, 4);
    }

    #[test]
    fn what_came_beyond_the_answers_to_whole_requests_was_not_asked_for() {
        let mut messages = MessageStream::new(Trickle::new(b"0123456789", 4), 3, 5);
        assert!(messages.check_asked(0).is_ok() && messages.check_asked(1).is_err());
        messages.send().expect("sent");
        messages.send().expect("sent");
        messages.recv().expect("message");
        assert!(messages.check_asked(5).is_ok(), "a second answer is owed");
        let refusal = messages.check_asked(6).expect_err("a byte too many");
        assert_eq!((refusal.kind(), refusal.to_string()), (ErrorKind::InvalidData, UNASKED.into()));
        assert!(messages.check_asked(u64::MAX).is_err());
    }

    #[test]
    fn the_payload_is_netperfs_pattern_whatever_the_size() {
        let mut messages = MessageStream::new(Trickle::new(b"", 99), 10, 1);
        messages.send().expect("sent");
        assert_eq!(messages.get_ref().output, b"netperf\0ne");
    }
}
