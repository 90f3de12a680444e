//! The loop over many flows on a mock clock and a mock exchange: order and counts are exact.

use std::cell::Cell;
use std::collections::VecDeque;

use super::*;
use crate::engine::{Count, Deadline, Unlimited};

mod combinations;
pub(crate) mod server;

/// Moves by 10 at every reading, and counts them.
#[derive(Default)]
struct Ticks {
    now: Cell<u64>,
    readings: Cell<u64>,
}

impl Clock for Ticks {
    fn now_ns(&self) -> u64 {
        self.readings.set(self.readings.get() + 1);
        self.now.set(self.now.get() + 10);
        self.now.get()
    }

    fn wait_until(&self, _at_ns: u64) {
        unreachable!("the exchange does the waiting");
    }
}

/// Answers requests last in, first out, so that flows are told apart; writes down every call.
#[derive(Default)]
struct Peer {
    asked: Vec<usize>,
    /// What happens first.
    before: VecDeque<Happening>,
    calls: String,
    patience: Vec<Option<Duration>>,
    deaf: bool,
    /// Has more to tell until so many have been told, if it is above 0.
    batch: usize,
}

impl Exchange for Peer {
    fn send(&mut self, flow: usize) -> io::Result<()> {
        if self.deaf {
            return Err(io::ErrorKind::BrokenPipe.into());
        }
        self.calls.push_str(&format!("s{flow}"));
        self.asked.push(flow);
        Ok(())
    }

    fn next(&mut self, patience: Option<Duration>) -> io::Result<Happening> {
        self.patience.push(patience);
        self.calls.push('r');
        let answer = self.before.pop_front().or_else(|| self.asked.pop().map(Happening::Message));
        Ok(answer.unwrap_or(Happening::Woken))
    }

    fn has_more(&self) -> bool {
        self.batch > 0 && !self.patience.len().is_multiple_of(self.batch)
    }

    fn message(&self, _flow: usize) -> &[u8] {
        b"response"
    }

    fn close(&mut self, _flow: usize) {
        unreachable!("the loop leaves that to its caller");
    }
}

#[derive(Default)]
struct Stamps(Vec<(u64, u64)>);

impl Recorder for Stamps {
    fn record(&mut self, sent_ns: u64, completed_ns: u64) {
        self.0.push((sent_ns, completed_ns));
    }
}

struct Ran {
    flow: Flow,
    calls: String,
    stamps: Vec<(u64, u64)>,
    readings: u64,
    per_flow: [u64; 3],
    patience: Vec<Option<Duration>>,
}

fn run(mut peer: Peer, mut schedule: impl Schedule, stop: impl Stop, hook: impl FnMut(usize, &[u8]) -> Verdict) -> Ran {
    let (clock, mut stamps, mut per_flow) = (Ticks::default(), Stamps::default(), [0; 3]);
    let mut flows =
        ManyFlows { exchange: &mut peer, clock: &clock, schedule: &mut schedule, stop: &stop, recorder: &mut stamps };
    let flow = flows.run(0, &mut per_flow, hook);
    let Peer { calls, patience, .. } = peer;
    Ran { flow, calls, stamps: stamps.0, readings: clock.readings.get(), per_flow, patience }
}

fn pass(_flow: usize, response: &[u8]) -> Verdict {
    assert_eq!(response, b"response");
    Verdict::Pass
}

#[test]
fn every_flow_is_asked_before_the_first_answer_and_again_after_its_own() {
    let ran = run(Peer::default(), Closed::new(3, 1, None), Count { transactions: 3 }, pass);
    assert!(matches!(ran.flow.end, End::Stopped));
    assert_eq!(ran.calls, "s0s1s2rs2rs2r");
    assert_eq!(ran.stamps, [(0, 10), (10, 20), (20, 30)]);
    assert_eq!((ran.per_flow, ran.readings, ran.flow.last_ns), ([0, 0, 3], 3, 30));
    assert!(ran.patience.iter().all(Option::is_none), "a closed loop has nothing to do but wait");
}

#[test]
fn while_more_is_at_hand_nothing_is_sent_and_then_all_with_the_latest_reading() {
    let ran = run(Peer { batch: 3, ..Peer::default() }, Closed::new(3, 1, Some(7)), Count { transactions: 7 }, pass);
    assert_eq!(ran.calls, "s0s1s2rrrs2s1s0rrrs0r");
    assert_eq!(ran.stamps, [(0, 10), (0, 20), (0, 30), (30, 40), (30, 50), (30, 60), (60, 70)]);
    assert_eq!(ran.readings, 7, "one for each transaction");
}

#[test]
fn a_counted_test_ends_when_all_is_answered_with_nothing_on_its_way() {
    let ran = run(Peer::default(), Closed::new(2, 2, Some(5)), Count { transactions: 5 }, pass);
    assert_eq!(ran.calls, "s0s1s0s1rs1rrrr");
    assert_eq!((ran.flow.transactions, ran.per_flow), (5, [2, 3, 0]));
}

#[test]
fn a_timed_test_ends_by_the_reading_it_has_anyway() {
    let ran = run(Peer::default(), Closed::new(1, 1, None), Deadline { at_ns: 25 }, pass);
    assert_eq!((ran.flow.transactions, ran.readings, ran.flow.last_ns), (3, 3, 30));
}

#[test]
fn nothing_and_a_ring_are_no_transactions_and_take_a_reading_of_their_own() {
    let peer = Peer { before: [Happening::Nothing, Happening::Woken].into(), ..Peer::default() };
    let ran = run(peer, Closed::new(1, 1, None), Unlimited, pass);
    assert!(matches!(ran.flow.end, End::Stopped));
    assert_eq!((ran.calls.as_str(), ran.flow.transactions, ran.flow.last_ns), ("s0rr", 0, 20));
}

#[test]
fn a_flow_that_ends_or_breaks_ends_the_loop_and_says_how() {
    let end = |happening| {
        let peer = Peer { before: [Happening::Message(0), happening].into(), ..Peer::default() };
        let ran = run(peer, Closed::new(2, 1, None), Unlimited, pass);
        assert_eq!(ran.flow.transactions, 1);
        ran.flow.end
    };
    assert!(matches!(end(Happening::Closed(1)), End::PeerClosed));
    let reset = Happening::Broken(1, io::ErrorKind::ConnectionReset.into());
    assert!(matches!(end(reset), End::RecvFailed(e) if e.kind() == io::ErrorKind::ConnectionReset));
    let deaf = run(Peer { deaf: true, ..Peer::default() }, Closed::new(1, 1, None), Unlimited, pass);
    assert!(matches!(deaf.flow.end, End::SendFailed(_)));
}

#[test]
fn a_hook_hears_of_the_flow_and_its_drop_ends_the_loop() {
    let hook = |flow, _: &[u8]| if flow == 0 { Verdict::Drop } else { Verdict::Pass };
    let peer = Peer { before: [Happening::Message(1), Happening::Message(0)].into(), ..Peer::default() };
    let ran = run(peer, Closed::new(2, 1, None), Unlimited, hook);
    assert!(matches!(ran.flow.end, End::Dropped));
    assert_eq!(ran.flow.transactions, 1, "what was dropped is no transaction");
}

/// Says to send on flow 2 at 35, and nothing before.
struct Appointment(Option<u64>);

impl Schedule for Appointment {
    fn due(&mut self, now_ns: u64) -> Option<usize> {
        self.0.take_if(|at_ns| now_ns >= *at_ns).map(|_| 2)
    }

    fn completed(&mut self, _flow: usize) -> Began {
        Began { intended_ns: 35, sent_ns: 40 }
    }

    fn next_at(&self) -> Option<u64> {
        self.0
    }

    fn drain(&mut self) -> u64 {
        u64::from(self.0.take().is_none())
    }
}

#[test]
fn an_appointment_bounds_the_wait_and_is_kept() {
    let before = (0..4).map(|_| Happening::Nothing).collect();
    let ran = run(Peer { before, ..Peer::default() }, Appointment(Some(35)), Count { transactions: 1 }, pass);
    assert_eq!(ran.calls, "rrrrs2r");
    let ns = |ns| Some(Duration::from_nanos(ns));
    assert_eq!(ran.patience, [ns(35), ns(25), ns(15), ns(5), None]);
    assert_eq!(ran.stamps, [(35, 50)]);
}
