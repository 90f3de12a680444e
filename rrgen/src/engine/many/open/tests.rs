//! Who goes when, held against a backlog that is stored the plain way.

use std::collections::VecDeque;

use super::*;
use proptest::prelude::*;

/// One every 10 ns from 0 on.
const PROFILE: Profile = Profile { start_ns: 0, per_ns: 0.1, ramp_ns: 0 };

fn every_ten(flows: usize, until_ns: u64, total: Option<u64>) -> Open {
    Open::new(flows, &Process::Uniform { phase: 0.0 }, PROFILE, until_ns, total)
}

fn due(open: &mut Open, now_ns: u64) -> Vec<usize> {
    std::iter::from_fn(|| open.due(now_ns)).collect()
}

#[test]
fn an_arrival_goes_to_the_flow_that_has_been_idle_longest() {
    let mut open = every_ten(3, 1000, None);
    assert_eq!(due(&mut open, 11), [0, 1]);
    assert_eq!(open.completed(1), Began { intended_ns: 10, sent_ns: 11 });
    assert_eq!((due(&mut open, 19), open.next_at()), (vec![], Some(20)));
    assert_eq!(due(&mut open, 30), [2, 1]);
    let counts = open.counts_at(35);
    assert_eq!((counts.arrivals, counts.sent, counts.unanswered, counts.late), (4, 4, 3, 0));
    assert_eq!((counts.longest_delay_ns, counts.oldest_ns), (11, 35));
}

#[test]
fn a_stall_is_in_the_time_of_everyone_who_waited_and_in_the_counts() {
    let mut open = every_ten(1, 100, None);
    assert_eq!(due(&mut open, 0), [0]);
    // The server stands still; nobody can go, and the end is the next thing to wait for.
    assert_eq!((due(&mut open, 55), open.next_at()), (vec![], Some(100)));
    assert_eq!(open.completed(0), Began { intended_ns: 0, sent_ns: 0 });
    for began in [10, 20, 30] {
        assert_eq!(due(&mut open, 60), [0]);
        assert_eq!(open.completed(0), Began { intended_ns: began, sent_ns: 60 });
    }
    let expected = OpenCounts {
        arrivals: 10,
        sent: 4,
        late: 6,
        longest_backlog: 5,
        longest_delay_ns: 50,
        unanswered: 0,
        oldest_ns: 120 - 40,
    };
    assert_eq!(open.counts_at(120), expected, "the six of 10 to 60, and nobody from the end on");
}

#[test]
fn a_counted_test_has_so_many_arrivals_and_a_drained_one_no_more() {
    let mut open = every_ten(4, u64::MAX, Some(3));
    assert_eq!((due(&mut open, 500), open.next_at()), (vec![0, 1, 2], None));
    let mut open = every_ten(1, 1000, None);
    assert_eq!((due(&mut open, 500), open.drain()), (vec![0], 1));
    open.completed(0);
    assert_eq!((due(&mut open, 900), open.next_at(), open.counts_at(900).unsent()), (vec![], None, 0));
}

#[test]
fn an_answer_that_nobody_asked_for_makes_no_flow_idle_twice() {
    let mut open = every_ten(1, 1000, None);
    assert_eq!(due(&mut open, 0), [0]);
    assert_eq!(open.completed(0), open.completed(0));
    assert_eq!(due(&mut open, 20), [0]);
}

proptest! {
    #[test]
    fn arrivals_are_sent_in_order_answered_waiting_or_in_flight(
        flows in 1..5_usize, seed: u64, steps in proptest::collection::vec((0..40_u64, any::<bool>()), 1..80),
    ) {
        let process = Process::Poisson { seed, stream: 0 };
        let mut open = Open::new(flows, &process, PROFILE, 1000, None);
        let (mut drawn, mut backlog, mut in_flight) = (Arrivals::new(&process, PROFILE), VecDeque::new(), VecDeque::new());
        let (mut now, mut arrived, mut answered, mut deepest) = (0, 0, 0, 0);
        for (pause, answer) in steps {
            now += pause;
            while drawn.next_ns() <= now && drawn.next_ns() < 1000 {
                backlog.push_back(drawn.next_ns());
                drawn.advance();
                arrived += 1;
            }
            for flow in due(&mut open, now) {
                in_flight.push_back((flow, Began { intended_ns: backlog.pop_front().expect("somebody"), sent_ns: now }));
            }
            prop_assert!(in_flight.len() == flows || backlog.is_empty());
            deepest = deepest.max(backlog.len() as u64);
            if answer && let Some((flow, began)) = in_flight.pop_front() {
                prop_assert_eq!(open.completed(flow), began);
                answered += 1;
            }
        }
        let counts = open.counts_at(now);
        prop_assert_eq!((counts.arrivals, counts.unsent()), (arrived, backlog.len() as u64));
        prop_assert_eq!((counts.unanswered, counts.longest_backlog), (in_flight.len() as u64, deepest));
        prop_assert_eq!(counts.sent, answered + counts.unanswered);
        prop_assert!(counts.late >= counts.unsent() && counts.late <= counts.arrivals);
    }
}
