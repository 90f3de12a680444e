//! A server, the network and the clock in one simulation: time passes only while somebody waits, so that every figure
//! of a run is known before.

use std::cell::Cell;
use std::collections::VecDeque;
use std::io;
use std::time::Duration;

use rrserver::data::{Exchange, Happening};

use crate::engine::Clock;

/// Now, in the simulation.
#[derive(Default)]
pub(crate) struct Time(Cell<u64>);

impl Clock for Time {
    fn now_ns(&self) -> u64 {
        self.0.get()
    }

    fn wait_until(&self, _at_ns: u64) {
        unreachable!("the exchange does the waiting");
    }
}

/// Answers one request after the other, each `service_ns` after it could begin.
pub(crate) struct Server<'a> {
    time: &'a Time,
    service_ns: u64,
    /// Works on nothing from the first moment to the second.
    stall: (u64, u64),
    free_at: u64,
    answers: VecDeque<(u64, usize)>,
    /// Rings at this moment.
    woken_at: u64,
    /// Answers that are told together, and how many of these are still to be told.
    batch: usize,
    at_hand: usize,
    pub(crate) asked: Vec<usize>,
    /// When.
    pub(crate) asked_at: Vec<u64>,
}

impl<'a> Server<'a> {
    pub(crate) fn new(time: &'a Time, service_ns: u64) -> Self {
        let (answers, asked, asked_at) = (VecDeque::new(), Vec::new(), Vec::new());
        Self {
            time,
            service_ns,
            stall: (0, 0),
            free_at: 0,
            answers,
            woken_at: u64::MAX,
            batch: 1,
            at_hand: 0,
            asked,
            asked_at,
        }
    }

    pub(crate) fn stalling(self, from_ns: u64, to_ns: u64) -> Self {
        Self { stall: (from_ns, to_ns), ..self }
    }

    /// Tells answers when so many are there, or all that are to come; each takes a nanosecond to tell.
    pub(crate) fn batching(self, batch: usize) -> Self {
        Self { batch, ..self }
    }

    pub(crate) fn waking(self, at_ns: u64) -> Self {
        Self { woken_at: at_ns, ..self }
    }
}

impl Exchange for Server<'_> {
    fn send(&mut self, flow: usize) -> io::Result<()> {
        assert_eq!(self.at_hand, 0, "what is sent before the batch has been told waits for its end");
        let mut done = self.free_at.max(self.time.now_ns()) + self.service_ns;
        if done > self.stall.0 && done < self.stall.1 {
            done = self.stall.1;
        }
        self.free_at = done;
        self.answers.push_back((done, flow));
        self.asked.push(flow);
        self.asked_at.push(self.time.now_ns());
        Ok(())
    }

    fn next(&mut self, patience: Option<Duration>) -> io::Result<Happening> {
        let now = self.time.now_ns();
        if self.at_hand > 0 {
            self.at_hand -= 1;
            self.time.0.set(now + 1);
            return Ok(Happening::Message(self.answers.pop_front().expect("at hand").1));
        }
        let impatient_at = patience.map_or(u64::MAX, |patience| now.saturating_add(patience.as_nanos() as u64));
        let batch = self.batch.min(self.answers.len());
        let answered_at = self.answers.iter().take(batch).next_back().map_or(u64::MAX, |(at, _)| *at);
        let at = answered_at.min(impatient_at).min(self.woken_at);
        assert!(at < u64::MAX, "nothing will ever happen");
        self.time.0.set(at.max(now));
        Ok(match at {
            at if at == answered_at => {
                self.at_hand = batch - 1;
                Happening::Message(self.answers.pop_front().expect("an answer").1)
            }
            at if at == self.woken_at => Happening::Woken,
            _ => Happening::Nothing,
        })
    }

    fn has_more(&self) -> bool {
        self.at_hand > 0
    }

    fn message(&self, _flow: usize) -> &[u8] {
        b"response"
    }

    fn close(&mut self, _flow: usize) {
        unreachable!("the loop leaves that to its caller");
    }
}
