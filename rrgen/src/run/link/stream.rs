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
    /// The server has closed its side.
    ended: bool,
}

impl<'a> StreamLink<'a> {
    /// A connection of `socket`, to be made.
    pub(in crate::run) fn new(socket: &'a Socket, plan: &LinkPlan, preface: Option<Vec<u8>>) -> Self {
        let stream = SocketStream::waiting(socket, plan.wait);
        let messages = MessageStream::with_payload(stream, plan.request.clone(), plan.response_size);
        Self { socket, destination: plan.destination, preface, messages, ended: true }
    }
}

impl Link for StreamLink<'_> {
    fn open(&mut self) -> io::Result<()> {
        self.socket.connect(&self.destination.into())?;
        self.preface.take().map_or(Ok(()), |bytes| SocketStream::new(self.socket).write_all(&bytes))
    }

    fn close(&mut self) -> AtEnd {
        let at_end = data::at_end(self.socket);
        self.ended = half_close(self.socket);
        at_end
    }

    fn settle(&mut self) {
        if !self.ended {
            // Closing must reset nothing under the server; one that sends for ever is closed as it is.
            let _ = data::drain(self.socket, LEFTOVER_PATIENCE);
        }
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

/// Closes our side and waits for the server's: one receive, as netperf does. Whether the end was all that came.
fn half_close(mut socket: &Socket) -> bool {
    let _ = socket.shutdown(Shutdown::Write);
    loop {
        match socket.read(&mut [0]) {
            Err(e) if e.kind() == ErrorKind::Interrupted => {}
            result => return matches!(result, Ok(0)),
        }
    }
}
