//! Many flows over real sockets, against peers that echo: what a warm-up leaves behind, and what ends it.

mod totals;

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::mpsc::sync_channel;
use std::thread::JoinHandle;
use std::time::Duration;

use compat::text::interim::IntervalMeter;
use compat::wire::TestLength;
use rrserver::LoadTerms;
use rrserver::data::{CpuList, Wait};

use super::*;
use crate::engine::{Clock, End, Monotonic};
use crate::plan::WarmUp;
use crate::run::intervals::Intervals;
use crate::run::link::{LinkKind, LinkPlan};
use crate::run::stretch::WarmedUp;

/// How a peer treats its flow.
#[derive(Clone, Copy)]
enum Peer {
    Echoes,
    /// For so many messages.
    Leaves(usize),
}

/// Answers each flow in a thread of its own; says which message of all it has just answered.
fn peers(listener: TcpListener, peers: Vec<Peer>, answered: &SyncSender<()>) -> Vec<JoinHandle<()>> {
    let serve = |peer| {
        let (mut flow, answered) = (listener.accept().expect("a flow").0, answered.clone());
        std::thread::spawn(move || {
            let limit = if let Peer::Leaves(limit) = peer { limit } else { usize::MAX };
            for _ in 0..limit {
                let mut message = [0; 3];
                if flow.read_exact(&mut message).and_then(|()| flow.write_all(&message)).is_err() {
                    break;
                }
                // Nobody listens any more when it has heard what it waits for.
                let _ = answered.try_send(());
            }
        })
    };
    peers.into_iter().map(serve).collect()
}

struct Ran {
    outcome: FlowOutcome,
    /// The names of events that are not interim results.
    events: Vec<&'static str>,
    interims: u64,
    /// When the last of those events was heard of, on the engine's clock, ns.
    told_ns: u64,
}

/// A test of so many flows in so many threads, with interim results every millisecond.
fn plan(destination: SocketAddr, flows: usize, threads: u32, warm_up: Option<WarmUp>, length: TestLength) -> FlowPlan {
    FlowPlan {
        link: LinkPlan {
            destination,
            request: b"abc".to_vec(),
            response_size: 3,
            wait: Wait::Block,
            kind: LinkKind::Stream { preface: None },
        },
        warm_up,
        ramp: None,
        open: None,
        length,
        burst: 1,
        pace: None,
        load: LoadTerms::new(flows as u32, Some(threads), CpuList::default(), Wait::Block).expect("terms"),
        cpu: None,
        measure_cpu: true,
        interim: Some((IntervalMeter::exact(0.001), 1)),
        keep_intervals: true,
    }
}

/// Runs a test of so many threads; stops it when so many messages have been answered, if that is said.
fn run(how: &[Peer], threads: u32, warm_up: WarmUp, length: TestLength, stop_after: Option<usize>) -> Ran {
    let listener = TcpListener::bind("127.0.0.1:0").expect("listener");
    let destination = listener.local_addr().expect("address");
    let sockets: Vec<Socket> = how.iter().map(|_| TcpStream::connect(destination).expect("connected").into()).collect();
    let (answered, answers) = sync_channel(1024);
    let peers = peers(listener, how.to_vec(), &answered);
    let plan = plan(destination, how.len(), threads, Some(warm_up), length);
    let (wake, stop) = (Wake::new().expect("wake"), AtomicBool::new(false));
    let (events, happened) = sync_channel(1 << 20);
    let hearing =
        std::thread::spawn(move || happened.iter().map(|event| (event, Monotonic.now_ns())).collect::<Vec<_>>());
    let many = ManyFlows { plan: &plan, sockets: &sockets, wake: &wake, stop: &stop, events: &events };
    let (mut intervals, empty) = Intervals::new();
    let mut outcome = thread::scope(|scope| {
        let (stop, wake) = (&stop, &wake);
        scope.spawn(move || {
            let Some(count) = stop_after else { return };
            (0..count).for_each(|_| answers.recv().expect("an answer"));
            stop.store(true, Ordering::Relaxed);
            wake.ring();
        });
        many.run(None, Some(empty))
    });
    drop((sockets, events));
    peers.into_iter().for_each(|peer| peer.join().expect("peer"));
    let (mut events, mut interims, mut told_ns) = (Vec::new(), 0, 0);
    for (event, at_ns) in hearing.join().expect("events") {
        let name = match event {
            Event::Began => "began",
            Event::WarmedUp => "warmed up",
            Event::Interim(interim) => {
                interims += interim.interval.units;
                intervals.take_back(interim.round_trips.expect("kept"));
                continue;
            }
            other => unreachable!("{other:?}"),
        };
        events.push(name);
        told_ns = at_ns;
    }
    outcome.histogram = intervals.complete(&outcome.histogram);
    Ran { outcome, events, interims, told_ns }
}

#[test]
fn what_was_counted_in_the_warm_up_is_in_no_result() {
    for warm_up in [WarmUp::Transactions(25), WarmUp::Time(Duration::from_millis(20))] {
        let Ran { outcome, events, interims, told_ns } =
            run(&[Peer::Echoes; 5], 2, warm_up, TestLength::Transactions(41), None);
        assert_eq!(events, ["began", "warmed up"]);
        assert!(outcome.started_ns <= told_ns, "whoever ends it after its time would end it before");
        assert!(matches!(outcome.end, End::Stopped));
        assert_eq!((outcome.transactions, outcome.histogram.len(), interims), (41, 41, 41), "{warm_up:?}");
        assert_eq!((outcome.traffic.bytes_sent, outcome.traffic.bytes_received), (123, 123), "{warm_up:?}");
        let WarmedUp { transactions, traffic } = outcome.warmed_up.expect("a warm-up");
        assert!(transactions > 0, "{warm_up:?}");
        assert!(warm_up != WarmUp::Transactions(25) || transactions == 25, "{transactions}");
        // Nothing was in flight between the two.
        assert_eq!((traffic.bytes_sent, traffic.bytes_received), (3 * transactions, 3 * transactions));
        let fairness = outcome.fairness.expect("many flows");
        assert!(fairness.fastest * outcome.elapsed_ns as f64 / 1e9 < 42.0, "{fairness:?}");
    }
}

#[test]
fn a_run_that_is_stopped_in_its_warm_up_measures_nothing() {
    let hour = WarmUp::Time(Duration::from_secs(3600));
    let Ran { outcome, events, interims, .. } = run(&[Peer::Echoes; 4], 2, hour, TestLength::Seconds(5), Some(9));
    assert_eq!(events, ["began"]);
    assert!(matches!(outcome.end, End::Stopped));
    assert_eq!((outcome.transactions, outcome.histogram.len(), interims), (0, 0, 0));
    assert_eq!(outcome.traffic.bytes_received, 0);
    assert!(outcome.warmed_up.is_some_and(|warmed_up| warmed_up.transactions > 0));
}

#[test]
fn a_flow_that_ends_in_the_warm_up_ends_the_run_in_all_threads() {
    let how = [Peer::Echoes, Peer::Echoes, Peer::Echoes, Peer::Leaves(7)];
    for warm_up in [WarmUp::Time(Duration::from_secs(3600)), WarmUp::Transactions(u32::MAX)] {
        let Ran { outcome, events, .. } = run(&how, 2, warm_up, TestLength::UntilClosed, None);
        assert_eq!(events, ["began"]);
        assert!(!matches!(outcome.end, End::Stopped), "{:?}", outcome.end);
        assert_eq!((outcome.transactions, outcome.histogram.len()), (0, 0));
    }
}

#[test]
fn a_run_that_is_stopped_or_loses_a_flow_has_told_of_everything_it_measured() {
    let warm_up = WarmUp::Transactions(8);
    let leaving = [Peer::Echoes, Peer::Echoes, Peer::Echoes, Peer::Leaves(300)];
    for (how, stop_after, is_stopped) in [(leaving, None, false), ([Peer::Echoes; 4], Some(400), true)] {
        let Ran { outcome, events, interims, .. } = run(&how, 2, warm_up, TestLength::UntilClosed, stop_after);
        assert_eq!(events, ["began", "warmed up"]);
        assert_eq!(matches!(outcome.end, End::Stopped), is_stopped, "{:?}", outcome.end);
        assert!(outcome.transactions > 0);
        assert_eq!((interims, outcome.histogram.len()), (outcome.transactions, outcome.transactions));
    }
}
