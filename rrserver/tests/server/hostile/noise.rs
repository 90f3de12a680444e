//! Hundreds of messages from a seeded generator, several connections at a time.

use std::net::SocketAddr;
use std::thread;

use compat::wire::{ERRNO_UNKNOWN_REQUEST, MESSAGE_LEN};
use fastrand::Rng;

use crate::harness::{Client, counted, unharmed};

const CONNECTIONS: u64 = 4;
const MESSAGES: usize = 100;

/// Runs `client` several times at once, each time with numbers of its own that are the same in every run.
fn at_once(server: SocketAddr, client: impl Fn(SocketAddr, Rng) + Copy + Send) {
    thread::scope(|scope| {
        for seed in 0..CONNECTIONS {
            scope.spawn(move || client(server, Rng::with_seed(seed)));
        }
    });
}

#[test]
fn pure_noise_gets_one_error_and_one_line_a_message() {
    let log = unharmed(|server| {
        at_once(server.address(), |server, mut random| {
            let mut client = Client::connect(server);
            for _ in 0..MESSAGES {
                let mut noise = [0; MESSAGE_LEN];
                random.fill(&mut noise);
                client.send(&noise);
                assert_eq!(client.receive().errno(), ERRNO_UNKNOWN_REQUEST);
            }
        });
    });
    assert_eq!(log.len(), CONNECTIONS as usize * MESSAGES);
    assert!(log.iter().all(|line| line.contains("unknown request")), "{log:#?}");
}

#[test]
fn damaged_requests_are_carried_out_or_refused_and_no_bug_shows() {
    /// Past these bytes a request says nothing.
    const USED: usize = 208;
    let log = unharmed(|server| {
        at_once(server.address(), |server, mut random| {
            for _ in 0..MESSAGES {
                let mut request = *counted(5).encode().as_bytes();
                for _ in 0..random.usize(1..8) {
                    request[random.usize(..USED)] = random.u8(..);
                }
                let mut client = Client::connect(server);
                client.send(&request);
                // Any answer will do, and none: all of these clients leave in the middle of it.
                client.try_receive();
            }
        });
    });
    for line in &log {
        assert!(line.contains(" WARN ") && !line.contains("bug"), "{line}");
    }
    assert!(!log.is_empty());
}
