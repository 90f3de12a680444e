//! What every engine has to do, over real sockets.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use hooks::Verdict;

use super::*;
use crate::data::{End, Wait};

/// Long enough for anything that happens at all.
pub(super) const PATIENCE: Option<Duration> = Some(Duration::from_secs(60));

/// Those that this kernel has.
pub(super) fn engines() -> &'static [Engine] {
    match uring_available() {
        Ok(()) => &[Engine::Epoll, Engine::Uring],
        Err(e) => {
            assert!(std::env::var_os("RRGEN_CI").is_none(), "no io_uring in CI: {e}");
            eprintln!("skipping io_uring: {e}");
            &[Engine::Epoll]
        }
    }
}

/// So many peers, none of which waits for ever, and their flows.
pub(super) fn pairs(count: usize) -> (Vec<TcpStream>, Vec<TcpStream>) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("listener");
    let address = listener.local_addr().expect("address");
    let pair = |_| {
        let peer = TcpStream::connect(address).expect("connect");
        peer.set_read_timeout(PATIENCE).and_then(|()| peer.set_write_timeout(PATIENCE)).expect("time-outs");
        (peer, listener.accept().expect("accept").0)
    };
    (0..count).map(pair).unzip()
}

/// Messages of which nothing is kept.
pub(super) fn uncounted(outgoing: &[u8], recv_size: usize) -> Messages<'_> {
    Messages { outgoing, recv_size, kept: false, asked: false }
}

/// What happens next, whatever comes to nothing before.
pub(super) fn happens(flows: &mut impl Exchange) -> Happening {
    let deadline = Instant::now() + PATIENCE.expect("a limit");
    loop {
        match flows.next(PATIENCE).expect("asked") {
            Happening::Nothing if Instant::now() < deadline => {}
            other => return other,
        }
    }
}

/// Lets whatever is under way go on until nothing more happens at once; how many messages came.
fn messages_at_hand(flows: &mut impl Exchange) -> usize {
    let messages = || match flows.next(Some(Duration::ZERO)).expect("asked") {
        Happening::Nothing => None,
        Happening::Message(flow) => Some(flow),
        other => panic!("{other:?}"),
    };
    std::iter::from_fn(messages).count()
}

#[test]
fn messages_in_pieces_and_in_bunches_are_told_apart_by_flow() {
    for &engine in engines() {
        let (mut peers, sockets) = pairs(3);
        let wake = Wake::new().expect("wake");
        let messages = Messages { outgoing: b"ok", recv_size: 4, kept: true, asked: false };
        let mut flows = AnyFlows::new(engine, &sockets, &wake, messages, Wait::Block).expect("flows");
        peers[1].write_all(b"abcdefg").expect("sent");
        let mut next = || match happens(&mut flows) {
            Happening::Message(flow) => (flow, flows.message(flow).to_vec()),
            other => panic!("{other:?}"),
        };
        assert_eq!(next(), (1, b"abcd".to_vec()));
        peers[2].write_all(b"wxyz").expect("sent");
        assert_eq!(next(), (2, b"wxyz".to_vec()));
        peers[1].write_all(b"h1234").expect("sent");
        assert_eq!(next(), (1, b"efgh".to_vec()));
        assert_eq!(next(), (1, b"1234".to_vec()));
        assert_eq!((flows.traffic().bytes_received, flows.traffic().send_calls), (16, 0));
        assert!(matches!(flows.next(Some(Duration::ZERO)), Ok(Happening::Nothing)));
    }
}

#[test]
fn messages_beyond_all_buffers_go_both_ways_and_the_end_comes_after_them() {
    const SIZE: usize = 8 << 20;
    for &engine in engines() {
        let (peers, sockets) = pairs(2);
        let wake = Wake::new().expect("wake");
        let outgoing = vec![7; SIZE];
        let messages = uncounted(&outgoing, SIZE);
        let mut flows = AnyFlows::new(engine, &sockets, &wake, messages, Wait::Block).expect("flows");
        let exchange = |mut peer: TcpStream| {
            let mut buffer = vec![0; SIZE];
            for _ in 0..2 {
                peer.write_all(&buffer).expect("request");
                peer.read_exact(&mut buffer).expect("response");
                assert!(buffer.iter().all(|&byte| byte == 7));
            }
        };
        thread::scope(|scope| {
            peers.into_iter().for_each(|peer| drop(scope.spawn(move || exchange(peer))));
            let (mut messages, mut closed) = ([0; 2], 0);
            while closed < 2 {
                match happens(&mut flows) {
                    Happening::Message(flow) => {
                        messages[flow] += 1;
                        flows.send(flow).expect("sent");
                    }
                    Happening::Closed(flow) => {
                        assert_eq!(messages[flow], 2);
                        closed += 1;
                    }
                    other => panic!("{other:?}"),
                }
            }
        });
        assert_eq!(flows.traffic().bytes_sent, 4 * SIZE as u64);
        assert_eq!(flows.traffic().bytes_received, 4 * SIZE as u64);
    }
}

#[test]
fn bursts_at_peers_that_do_not_read_arrive_whole_and_in_order() {
    const BURST: usize = 600;
    // No divisor of any buffer: a message that begins in another, or twice, shows.
    let outgoing: Vec<u8> = (0..20_011_u32).map(|at| (at % 251) as u8 ^ (at / 251) as u8).collect();
    for &engine in engines() {
        let (peers, sockets) = pairs(3);
        let wake = Wake::new().expect("wake");
        let mut flows = AnyFlows::new(engine, &sockets, &wake, uncounted(&outgoing, 1), Wait::Block).expect("flows");
        thread::scope(|scope| {
            let readers: Vec<_> = peers
                .into_iter()
                .map(|mut peer| {
                    let (begin, told) = mpsc::channel::<()>();
                    let outgoing = &outgoing;
                    let reader = scope.spawn(move || {
                        told.recv().expect("told to read");
                        let mut message = vec![0; outgoing.len()];
                        for number in 0..BURST {
                            peer.read_exact(&mut message).expect("a message");
                            assert!(message == *outgoing, "message {number}");
                        }
                        peer.write_all(b"!").expect("acknowledged");
                        // Its end is nothing to be heard of yet.
                        peer
                    });
                    (begin, reader)
                })
                .collect();
            for _ in 0..BURST {
                (0..3).for_each(|flow| flows.send(flow).expect("sent"));
                assert_eq!(messages_at_hand(&mut flows), 0);
            }
            let total = (3 * BURST * outgoing.len()) as u64;
            assert!(flows.traffic().bytes_sent < total, "the kernel takes everything: nothing is tested");
            readers.iter().for_each(|(begin, _)| begin.send(()).expect("reading"));
            for _ in 0..3 {
                let happening = happens(&mut flows);
                assert!(matches!(happening, Happening::Message(_)), "{engine}: {happening:?}");
            }
            assert_eq!(flows.traffic().bytes_sent, total);
        });
    }
}

#[test]
fn more_flows_than_a_batch_are_all_answered_again_and_again() {
    const FLOWS: usize = 150;
    for &engine in engines() {
        let (mut peers, sockets) = pairs(FLOWS);
        let wake = Wake::new().expect("wake");
        let mut flows = AnyFlows::new(engine, &sockets, &wake, uncounted(b"pong", 4), Wait::Spin).expect("flows");
        for _ in 0..20 {
            peers.iter_mut().for_each(|peer| peer.write_all(b"ping").expect("asked"));
            let mut left = FLOWS;
            while left > 0 {
                match flows.next(None).expect("asked") {
                    Happening::Message(flow) => flows.send(flow).expect("answered"),
                    Happening::Nothing => continue,
                    other => panic!("{other:?}"),
                }
                left -= 1;
            }
            assert_eq!(messages_at_hand(&mut flows), 0);
            for peer in &mut peers {
                let mut answer = [0; 4];
                peer.read_exact(&mut answer).expect("an answer");
                assert_eq!(&answer, b"pong");
            }
        }
        let bytes = 4 * 20 * FLOWS as u64;
        let traffic = flows.traffic();
        assert_eq!((traffic.bytes_sent, traffic.bytes_received, traffic.send_calls), (bytes, bytes, bytes / 4));
    }
}

#[test]
fn a_peer_that_closes_after_a_burst_gets_every_answer() {
    const BURST: usize = 50;
    for &engine in engines() {
        let (mut peers, sockets) = pairs(1);
        let wake = Wake::new().expect("wake");
        let mut flows = AnyFlows::new(engine, &sockets, &wake, uncounted(b"yes", 1), Wait::Block).expect("flows");
        peers[0].write_all(&[b'?'; BURST]).expect("asked");
        peers[0].shutdown(Shutdown::Write).expect("closed");
        let served = serve_flows(&mut flows, 1, |_, _| Verdict::Pass);
        assert!(matches!(served.end, End::Closed), "{served:?}");
        assert_eq!(served.transactions, BURST as u64);
        let mut answers = Vec::new();
        peers[0].read_to_end(&mut answers).expect("answers");
        assert_eq!(answers, b"yes".repeat(BURST));
    }
}

#[test]
fn a_peer_that_asks_for_many_answers_keeps_nobody_else_from_being_heard() {
    const BURST: usize = 50_000;
    for &engine in engines() {
        let (mut peers, sockets) = pairs(2);
        let wake = Wake::new().expect("wake");
        let mut flows = AnyFlows::new(engine, &sockets, &wake, uncounted(b"y", 1), Wait::Block).expect("flows");
        peers[0].write_all(&vec![b'?'; BURST]).expect("asked");
        for _ in 0..BURST {
            assert!(matches!(happens(&mut flows), Happening::Message(0)));
            flows.send(0).expect("answered");
        }
        peers[1].write_all(b"?").expect("asked");
        assert!(matches!(happens(&mut flows), Happening::Message(1)));
        let is_left = flows.traffic().bytes_sent < BURST as u64 / 2;
        assert_eq!(is_left, engine == Engine::Uring, "{engine} answers at once, or message by message");
        flows.close(0);
        let mut answers = Vec::new();
        peers[0].read_to_end(&mut answers).expect("answers");
        assert_eq!(answers.len(), BURST, "{engine}");
    }
}

#[test]
fn a_peer_that_closes_with_its_last_message_is_heard_to_the_end() {
    for &engine in engines() {
        let (mut peers, sockets) = pairs(1);
        let wake = Wake::new().expect("wake");
        let mut flows = AnyFlows::new(engine, &sockets, &wake, uncounted(b"x", 1), Wait::Block).expect("flows");
        peers[0].write_all(b"a").expect("sent");
        drop(peers.pop());
        let mut next = || happens(&mut flows);
        assert!(matches!(next(), Happening::Message(0)));
        assert!(matches!(next(), Happening::Closed(0)), "the end is not forgotten");
        assert!(matches!(flows.next(Some(Duration::ZERO)), Ok(Happening::Nothing)), "and told once");
    }
}

#[test]
fn a_flow_that_breaks_is_told_once_and_the_others_go_on() {
    for &engine in engines() {
        let (mut peers, sockets) = pairs(2);
        let wake = Wake::new().expect("wake");
        let mut flows = AnyFlows::new(engine, &sockets, &wake, uncounted(b"x", 1), Wait::Block).expect("flows");
        // What it leaves unread makes its end a reset.
        flows.send(0).expect("sent");
        assert_eq!(messages_at_hand(&mut flows), 0);
        drop(peers.remove(0));
        assert!(matches!(happens(&mut flows), Happening::Broken(0, _)));
        peers[0].write_all(b"a").expect("sent");
        assert!(matches!(happens(&mut flows), Happening::Message(1)));
        assert!(matches!(flows.next(Some(Duration::ZERO)), Ok(Happening::Nothing)));
    }
}

#[test]
fn whoever_asks_takes_an_answer_each_and_the_first_byte_more_breaks_the_flow() {
    for &engine in engines() {
        let (mut peers, sockets) = pairs(2);
        let wake = Wake::new().expect("wake");
        let messages = Messages { asked: true, ..uncounted(b"ask", 2) };
        let mut flows = AnyFlows::new(engine, &sockets, &wake, messages, Wait::Block).expect("flows");
        flows.send(0).expect("sent");
        flows.send(0).expect("sent");
        peers[0].write_all(b"abcd").expect("sent");
        let mut next = || happens(&mut flows);
        assert!(matches!([next(), next()], [Happening::Message(0), Happening::Message(0)]));
        for (flow, unasked) in [(0, &b"e"[..]), (1, b"fg")] {
            peers[flow].write_all(unasked).expect("sent");
            let Happening::Broken(broken, e) = next() else { panic!("flow {flow}") };
            assert_eq!((broken, e.kind()), (flow, io::ErrorKind::InvalidData));
        }
    }
}

/// What happens next with that much patience, unless nothing does for long: then [`Happening::Woken`] it is.
fn happens_without_a_wait(flows: &mut impl Exchange, wake: &Wake, patience: Option<Duration>) -> Happening {
    let (done, waiting) = mpsc::channel::<()>();
    thread::scope(|scope| {
        scope.spawn(move || {
            if waiting.recv_timeout(Duration::from_secs(5)) == Err(mpsc::RecvTimeoutError::Timeout) {
                wake.ring();
            }
        });
        let happening = flows.next(patience).expect("asked");
        drop(done);
        happening
    })
}

#[test]
fn whoever_spins_is_not_kept_waiting() {
    for &engine in engines() {
        let (_peers, sockets) = pairs(1);
        let wake = Wake::new().expect("wake");
        let mut flows = AnyFlows::new(engine, &sockets, &wake, uncounted(b"x", 1), Wait::Spin).expect("flows");
        let happening = happens_without_a_wait(&mut flows, &wake, None);
        assert!(matches!(happening, Happening::Nothing), "{happening:?}");
    }
}

#[test]
fn pieces_of_messages_keep_nobody_waiting_who_has_a_limit() {
    for &engine in engines() {
        let (mut peers, sockets) = pairs(1);
        let wake = Wake::new().expect("wake");
        let mut flows = AnyFlows::new(engine, &sockets, &wake, uncounted(b"x", 4), Wait::Block).expect("flows");
        assert_eq!(messages_at_hand(&mut flows), 0);
        // Several: a ring that has just been taken apart interrupts its thread's next wait.
        for piece in [b"a", b"b", b"c"] {
            peers[0].write_all(piece).expect("sent");
            let happening = happens_without_a_wait(&mut flows, &wake, PATIENCE);
            assert!(matches!(happening, Happening::Nothing), "{engine}: {happening:?}");
        }
        peers[0].write_all(b"d").expect("sent");
        assert!(matches!(happens(&mut flows), Happening::Message(0)));
    }
}

#[test]
fn whoever_waits_is_kept_waiting_no_longer_than_it_likes() {
    for &engine in engines() {
        let (_peers, sockets) = pairs(1);
        let wake = Wake::new().expect("wake");
        let mut flows = AnyFlows::new(engine, &sockets, &wake, uncounted(b"x", 1), Wait::Block).expect("flows");
        for patience in [Duration::ZERO, Duration::from_nanos(1), Duration::from_millis(2)] {
            assert!(matches!(flows.next(Some(patience)), Ok(Happening::Nothing)), "{patience:?}");
        }
        wake.ring();
        assert!(matches!(flows.next(Some(Duration::MAX)), Ok(Happening::Woken)), "a time that never comes");
    }
}

#[test]
fn whoever_waits_when_the_bell_rings_or_after_is_woken() {
    for &engine in engines() {
        let (_peers, sockets) = pairs(1);
        let wake = Wake::new().expect("wake");
        thread::scope(|scope| {
            let wait = || {
                let mut flows = AnyFlows::new(engine, &sockets, &wake, uncounted(b"x", 1), Wait::Block).expect("flows");
                matches!(flows.next(None), Ok(Happening::Woken))
            };
            let early = [scope.spawn(wait), scope.spawn(wait)];
            assert!(!wake.is_rung());
            wake.ring();
            assert!(wake.is_rung());
            assert!(early.into_iter().all(|thread| thread.join().expect("woken")));
            assert!(wait());
        });
        let mut flows = AnyFlows::new(engine, &sockets, &wake, uncounted(b"x", 1), Wait::Block).expect("flows");
        assert!(matches!(flows.next(None), Ok(Happening::Woken)));
        assert!(matches!(flows.next(Some(Duration::ZERO)), Ok(Happening::Nothing)), "once");
        assert!(wake.is_rung() && !Wake::new().expect("wake").is_rung());
    }
}
