//! One TCP connection for all transactions (TCP_RR).

use std::io::{self, ErrorKind, Read, Write};
use std::net::{Shutdown, SocketAddr};
use std::time::Duration;

use rrserver::data::{self, AtEnd, MessageStream, SocketStream, Traffic, Transport};
use socket2::Socket;

use super::{Link, LinkPlan};

/// How long the server may take to send what a burst left unanswered.
const LEFTOVER_PATIENCE: Duration = Duration::from_secs(2);

/// One connection.
#[derive(Debug)]
pub(in crate::run) struct StreamLink<'a> {
    socket: &'a Socket,
    destination: SocketAddr,
    preface: Option<Vec<u8>>,
    messages: MessageStream<SocketStream<'a>>,
    /// Bytes after the last response that was received, if the server had not closed its side there.
    leftover: Option<u64>,
}

impl<'a> StreamLink<'a> {
    /// A connection of `socket`, to be made.
    pub(in crate::run) fn new(socket: &'a Socket, plan: &LinkPlan, preface: Option<Vec<u8>>) -> Self {
        let stream = SocketStream::waiting(socket, plan.wait);
        let messages = MessageStream::with_payload(stream, plan.request.clone(), plan.response_size);
        Self { socket, destination: plan.destination, preface, messages, leftover: None }
    }
}

impl Link for StreamLink<'_> {
    fn open(&mut self) -> io::Result<()> {
        self.socket.connect(&self.destination.into())?;
        self.preface.take().map_or(Ok(()), |bytes| SocketStream::new(self.socket).write_all(&bytes))
    }

    fn close(&mut self) -> AtEnd {
        let at_end = data::at_end(self.socket);
        self.leftover = half_close(self.socket);
        at_end
    }

    fn settle(&mut self) -> io::Result<()> {
        let Some(leftover) = self.leftover else { return Ok(()) };
        // Closing must reset nothing under the server; one that sends for ever is closed as it is.
        let drained = data::drain(self.socket, LEFTOVER_PATIENCE).unwrap_or_default();
        self.messages.check_asked(leftover + drained)
    }

    fn traffic(&self) -> Traffic {
        self.messages.traffic()
    }
}

impl Transport for StreamLink<'_> {
    #[inline(always)]
    fn send(&mut self) -> io::Result<()> {
        self.messages.send()
    }

    #[inline(always)]
    fn recv(&mut self) -> io::Result<Option<&[u8]>> {
        self.messages.recv()
    }
}

/// Closes our side and waits for the server's: one receive, as netperf does. How much came instead, if the end did not.
fn half_close(mut socket: &Socket) -> Option<u64> {
    let _ = socket.shutdown(Shutdown::Write);
    loop {
        match socket.read(&mut [0]) {
            Ok(0) => return None,
            Err(e) if e.kind() == ErrorKind::Interrupted => {}
            result => return Some(result.unwrap_or_default() as u64),
        }
    }
}
