//! Every pacer with every stop, on a mock clock and transport: order and counts are exact.

mod combinations;
mod mock;
mod totals;

use std::io;
use std::sync::atomic::AtomicBool;

use super::*;
use mock::{Peer, Stamps, Ticks};

fn no_hook(_response: &[u8]) -> Verdict {
    Verdict::Pass
}

struct Ran {
    flow: Flow,
    calls: String,
    stamps: Vec<(u64, u64)>,
    readings: u64,
}

fn run(mut peer: Peer, mut pacer: impl Pacer, stop: impl Stop) -> Ran {
    let clock = Ticks::every(10);
    let mut stamps = Stamps::default();
    let flow = run_flow(&mut peer, &clock, 0, &mut pacer, &stop, &mut stamps, no_hook);
    Ran { flow, calls: peer.log.take(), stamps: stamps.0, readings: clock.readings.get() }
}

#[test]
fn lock_step_sends_one_and_awaits_one_with_one_reading_each() {
    let ran = run(Peer::with(9), LockStep::default(), Count { transactions: 3 });
    assert!(matches!(ran.flow.end, End::Stopped));
    assert_eq!(ran.calls, "srsrsr");
    assert_eq!(ran.stamps, [(0, 10), (10, 20), (20, 30)]);
    assert_eq!((ran.readings, ran.flow.transactions, ran.flow.last_ns), (3, 3, 30));
}

#[test]
fn a_window_fills_first_and_then_replaces_each_answered_request() {
    let ran = run(Peer::with(9), Window::new(3, None), Count { transactions: 3 });
    assert_eq!(ran.calls, "sssrsrsr");
    assert_eq!(ran.stamps, [(0, 10), (0, 20), (0, 30)], "a response belongs to the oldest request");
    assert_eq!(ran.readings, 3);
}

#[test]
fn a_counted_window_sends_no_request_that_nobody_will_answer() {
    let ran = run(Peer::with(5), Window::new(3, Some(5)), Count { transactions: 5 });
    assert_eq!(ran.calls, "sssrsrsrrr");
    assert!(matches!(ran.flow.end, End::Stopped));
    assert_eq!(ran.flow.transactions, 5);
}

#[test]
fn a_deadline_uses_the_reading_already_taken() {
    for pacer_is_window in [false, true] {
        let stop = Deadline { at_ns: 25 };
        let ran = if pacer_is_window {
            run(Peer::with(9), Window::new(1, None), stop)
        } else {
            run(Peer::with(9), LockStep::default(), stop)
        };
        assert_eq!((ran.calls.as_str(), ran.readings), ("srsrsr", 3));
        assert!(matches!(ran.flow.end, End::Stopped));
    }
}

#[test]
fn a_raised_flag_ends_any_test_before_the_next_request() {
    let raised = AtomicBool::new(true);
    let ran = run(Peer::with(9), LockStep::default(), (Flag(&raised), Unlimited));
    assert_eq!((ran.calls.as_str(), ran.flow.transactions), ("", 0));
    let lowered = AtomicBool::new(false);
    let ran = run(Peer::with(9), LockStep::default(), (Flag(&lowered), Count { transactions: 2 }));
    assert_eq!(ran.calls, "srsr");
}

#[test]
fn a_peer_that_closes_ends_an_unlimited_run_and_its_request_does_not_count() {
    for (ran, calls) in [
        (run(Peer::with(2), LockStep::default(), Unlimited), "srsrsr"),
        (run(Peer::with(2), Window::new(2, None), Unlimited), "ssrsrsr"),
    ] {
        assert!(matches!(ran.flow.end, End::PeerClosed));
        assert_eq!((ran.calls.as_str(), ran.flow.transactions, ran.readings), (calls, 2, 2));
    }
}

#[test]
fn a_failed_send_is_told_apart_from_a_failed_receive() {
    let ran = run(Peer { failing_send: 1, ..Peer::with(9) }, LockStep::default(), Unlimited);
    assert!(matches!(ran.flow.end, End::SendFailed(_)));
    assert_eq!(ran.calls, "sr");
}

#[test]
fn two_recorders_both_see_every_transaction() {
    let mut both = (Stamps::default(), LatencyHistogram::new());
    let mut peer = Peer::with(9);
    run_flow(&mut peer, &Ticks::every(10), 0, &mut LockStep::default(), &Count { transactions: 4 }, &mut both, no_hook);
    assert_eq!(both.0.0.len(), 4);
    let histogram = both.1.into_inner();
    assert_eq!((histogram.len(), histogram.min(), histogram.max()), (4, 10, 10));
}

#[test]
fn a_round_trip_longer_than_the_histogram_is_kept_at_its_end() {
    let mut histogram = LatencyHistogram::new();
    histogram.record(0, u64::MAX);
    histogram.record(5, 3);
    let histogram = histogram.into_inner();
    assert_eq!(histogram.len(), 2);
    assert!(histogram.max() >= 3_600_000_000_000);
}

#[test]
fn a_paced_run_rests_between_intervals_and_makes_up_for_none() {
    let pacer = Paced::new(LockStep::default(), 2, 100, 0);
    let ran = run(Peer::with(9), pacer, Count { transactions: 5 });
    // A reading moves the clock by 10; the one after a rest, too.
    assert_eq!(ran.stamps, [(0, 10), (10, 20), (110, 120), (120, 130), (210, 220)]);
    let slow = Paced::new(LockStep::default(), 1, 4, 0);
    let ran = run(Peer::with(9), slow, Count { transactions: 3 });
    assert_eq!(ran.stamps, [(0, 10), (10, 20), (20, 30)], "late already: no rest");
}

/// Answers every other request.
struct Lossy(usize);

impl Transport for Lossy {
    fn send(&mut self) -> io::Result<()> {
        self.0 += 1;
        Ok(())
    }

    fn recv(&mut self) -> io::Result<Option<&[u8]>> {
        if self.0 % 2 == 1 { Err(io::ErrorKind::WouldBlock.into()) } else { Ok(Some(b"x")) }
    }
}

#[test]
fn what_is_lost_is_sent_again_and_counts_once() {
    for window in [false, true] {
        let (mut peer, mut stamps) = (Lossy(0), Stamps::default());
        let (clock, stop) = (Ticks::every(10), Count { transactions: 2 });
        let flow = if window {
            run_flow(&mut peer, &clock, 0, &mut Window::new(1, Some(2)), &stop, &mut stamps, no_hook)
        } else {
            run_flow(&mut peer, &clock, 0, &mut LockStep::default(), &stop, &mut stamps, no_hook)
        };
        assert!(matches!(flow.end, End::Stopped));
        assert_eq!((flow.transactions, peer.0), (2, 4));
        assert_eq!(stamps.0, [(10, 20), (30, 40)], "the time lost is nobody's latency");
    }
}

#[test]
fn a_response_that_the_hook_drops_ends_the_run_and_does_not_count() {
    let mut seen = 0;
    let hook = |response: &[u8]| {
        assert_eq!(response, b"x");
        seen += 1;
        if seen == 3 { Verdict::Drop } else { Verdict::Pass }
    };
    let (mut peer, clock, mut stamps) = (Peer::with(9), Ticks::every(10), Stamps::default());
    let flow = run_flow(&mut peer, &clock, 0, &mut LockStep::default(), &Unlimited, &mut stamps, hook);
    assert!(matches!(flow.end, End::Dropped));
    assert_eq!((flow.transactions, stamps.0.len(), clock.readings.get()), (2, 2, 2));
}
