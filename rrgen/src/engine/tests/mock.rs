//! A clock that moves when it is read, and a peer that writes down what it is asked for.

use std::cell::Cell;
use std::io;
use std::rc::Rc;

use rrserver::data::Transport;

use crate::engine::{Clock, Recorder};

/// Moves by `step` at every reading, and counts the readings.
pub(super) struct Ticks {
    pub(super) now: Cell<u64>,
    pub(super) readings: Cell<u64>,
    step: u64,
}

impl Ticks {
    pub(super) fn every(step: u64) -> Self {
        Self { now: Cell::new(0), readings: Cell::new(0), step }
    }
}

impl Clock for Ticks {
    fn now_ns(&self) -> u64 {
        self.readings.set(self.readings.get() + 1);
        self.now.set(self.now.get() + self.step);
        self.now.get()
    }

    fn wait_until(&self, at_ns: u64) {
        self.now.set(self.now.get().max(at_ns));
    }
}

/// Writes down every call; closes after `responses`, or fails at a given send.
pub(super) struct Peer {
    pub(super) log: Rc<Cell<String>>,
    pub(super) responses: usize,
    pub(super) failing_send: usize,
    pub(super) sends: usize,
}

impl Peer {
    pub(super) fn with(responses: usize) -> Self {
        Self { log: Rc::default(), responses, failing_send: usize::MAX, sends: 0 }
    }

    fn note(&self, letter: char) {
        let mut log = self.log.take();
        log.push(letter);
        self.log.set(log);
    }
}

impl Transport for Peer {
    fn send(&mut self) -> io::Result<()> {
        if self.sends == self.failing_send {
            return Err(io::ErrorKind::BrokenPipe.into());
        }
        self.sends += 1;
        self.note('s');
        Ok(())
    }

    fn recv(&mut self) -> io::Result<Option<&[u8]>> {
        self.note('r');
        if self.responses == 0 {
            return Ok(None);
        }
        self.responses -= 1;
        Ok(Some(b"x"))
    }
}

/// Keeps the stamps as they come.
#[derive(Default)]
pub(super) struct Stamps(pub(super) Vec<(u64, u64)>);

impl Recorder for Stamps {
    fn record(&mut self, sent_ns: u64, completed_ns: u64) {
        self.0.push((sent_ns, completed_ns));
    }
}
