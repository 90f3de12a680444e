//! What is io_uring's alone: buffers that run out, sends that do not fit, batches, and what the kernel still holds at the
//! end.

use std::io::{Read, Write};
use std::time::Duration;

use super::*;
use crate::data::flows::Engine;
use crate::data::flows::tests::{PATIENCE, engines, happens, pairs, uncounted};

/// Whether there is anything to test; a skip is told.
fn is_here() -> bool {
    engines().contains(&Engine::Uring)
}

#[test]
fn buffers_that_run_out_delay_messages_and_lose_none() {
    const FLOWS: usize = 20;
    if !is_here() {
        return;
    }
    for apart in [true, false] {
        let (mut peers, sockets) = pairs(FLOWS);
        let wake = Wake::new().expect("wake");
        let messages = Messages { outgoing: b"x", recv_size: 5, kept: apart, asked: false };
        let buffers = BufferPlan { count: 2, size: 16, apart };
        let mut flows = UringFlows::with_buffers(&sockets, &wake, messages, Wait::Block, buffers).expect("io_uring");
        for (flow, peer) in peers.iter_mut().enumerate() {
            (0..10).for_each(|message| peer.write_all(&[b'a' + flow as u8, message, 0, 0, 9]).expect("sent"));
        }
        let mut seen = [0; FLOWS];
        for _ in 0..10 * FLOWS {
            let Happening::Message(flow) = happens(&mut flows) else { panic!("no message") };
            if apart {
                assert_eq!(flows.message(flow), [b'a' + flow as u8, seen[flow], 0, 0, 9]);
            }
            seen[flow] += 1;
        }
        assert_eq!(seen, [10; FLOWS]);
    }
}

#[test]
fn a_silent_send_that_does_not_fit_is_heard_of() {
    if !is_here() {
        return;
    }
    let (mut peers, sockets) = pairs(1);
    let wake = Wake::new().expect("wake");
    let outgoing = vec![3; crate::data::MAX_MESSAGE];
    let mut flows = UringFlows::new(&sockets, &wake, uncounted(&outgoing, 1), Wait::Block).expect("io_uring");
    flows.send(0).expect("sent");
    assert!(matches!(flows.next(Some(Duration::ZERO)), Ok(Happening::Nothing)));
    let sent = flows.traffic().bytes_sent;
    assert!(sent > 0 && sent < outgoing.len() as u64, "{sent} bytes");
    // One behind it waits, and is not taken for sent.
    flows.send(0).expect("sent");
    assert!(matches!(flows.next(Some(Duration::ZERO)), Ok(Happening::Nothing)));
    assert_eq!(flows.traffic().bytes_sent, sent);
    std::thread::scope(|scope| {
        scope.spawn(move || {
            let mut both = vec![0; 2 * crate::data::MAX_MESSAGE];
            peers[0].read_exact(&mut both).expect("both");
            peers[0].write_all(b"!").expect("acknowledged");
        });
        assert!(matches!(happens(&mut flows), Happening::Message(0)));
    });
    assert_eq!(flows.traffic().bytes_sent, 2 * outgoing.len() as u64);
}

#[test]
fn what_is_at_hand_is_told_in_batches_after_which_sends_go_out() {
    const FLOWS: usize = 3 * BATCH as usize;
    if !is_here() {
        return;
    }
    let (mut peers, sockets) = pairs(FLOWS);
    let wake = Wake::new().expect("wake");
    let mut flows = UringFlows::new(&sockets, &wake, uncounted(b"x", 1), Wait::Block).expect("io_uring");
    peers.iter_mut().for_each(|peer| peer.write_all(b"?").expect("asked"));
    let (mut messages, mut longest) = (0, 0);
    while messages < FLOWS {
        let mut batch = 0;
        loop {
            match flows.next(PATIENCE).expect("asked") {
                Happening::Message(flow) => {
                    flows.send(flow).expect("answered");
                    batch += 1;
                }
                Happening::Nothing => {}
                other => panic!("{other:?}"),
            }
            if !flows.has_more() {
                break;
            }
        }
        (messages, longest) = (messages + batch, longest.max(batch));
    }
    assert!((2..=BATCH as usize).contains(&longest), "{longest}");
    assert!(matches!(flows.next(Some(Duration::ZERO)), Ok(Happening::Nothing)));
    assert_eq!(flows.traffic().bytes_sent, FLOWS as u64);
}

#[test]
fn nothing_is_held_when_it_is_gone() {
    if !is_here() {
        return;
    }
    let (mut peers, sockets) = pairs(2);
    let wake = Wake::new().expect("wake");
    let outgoing = vec![3; crate::data::MAX_MESSAGE];
    let mut flows = UringFlows::new(&sockets, &wake, uncounted(&outgoing, 1), Wait::Block).expect("io_uring");
    // One receives, the other has a send that the kernel has not finished.
    flows.send(1).expect("sent");
    assert!(matches!(flows.next(Some(Duration::ZERO)), Ok(Happening::Nothing)));
    drop(flows);
    drop(sockets);
    for peer in &mut peers {
        let mut rest = Vec::new();
        peer.read_to_end(&mut rest).expect("the end");
        assert!(rest.len() < outgoing.len());
    }
}
