//! Clients that hold a place and do nothing with it, against limits short enough to wait for.

use std::net::SocketAddr;
use std::time::Duration;

use compat::wire::{MESSAGE_LEN, OmniRequest};
use rrserver::Limits;

use crate::harness::{Client, Library, counted, timed, unharmed_within};

use super::assert_only;

/// Long enough for a client in order on a busy machine, short enough to wait for.
const SHORT: Duration = Duration::from_millis(300);

/// A message of a type that is answered (debug on).
const ANSWERED: [u8; MESSAGE_LEN] = {
    let mut message = [0; MESSAGE_LEN];
    message[3] = 1;
    message
};

#[test]
fn a_client_that_says_nothing_is_dismissed_with_one_line() {
    let log = unharmed_within(Limits { message: SHORT, ..Limits::default() }, |server| {
        assert!(Client::connect(server).is_dismissed());
    });
    assert_only(&log, &format!("no message within {SHORT:?}"));
}

#[test]
fn half_a_message_and_silence_is_dismissed_with_one_line() {
    let log = unharmed_within(Limits { message: SHORT, ..Limits::default() }, |server| {
        let mut client = Client::connect(server);
        client.send(&ANSWERED[..100]);
        assert!(client.is_dismissed());
    });
    assert_only(&log, "stopped after 100 of 656 bytes");
}

#[test]
fn a_client_idle_after_its_test_is_dismissed_with_one_line() {
    let log = unharmed_within(Limits { idle: SHORT, ..Limits::default() }, |server| {
        let mut client = Client::connect(server);
        assert_eq!(client.run(&counted(5), 5).transactions, 5);
        assert!(client.is_dismissed());
    });
    assert_only(&log, &format!("no message within {SHORT:?}"));
}

#[test]
fn an_idle_client_may_be_slower_than_a_message() {
    let server = Library::start(Limits { message: SHORT, ..Limits::default() });
    let mut client = Client::connect(server.address());
    client.run(&counted(5), 5);
    // Somebody else's dismissal is the clock: the time of a message has passed since our test.
    assert!(Client::connect(server.address()).is_dismissed());
    assert_eq!(client.run(&counted(5), 5).transactions, 5);
}

#[test]
fn a_client_that_never_reads_a_response_meets_the_backstop() {
    let limits = Limits { backstop: SHORT, ..Limits::default() };
    unharmed_within(limits, |server| {
        let mut client = Client::connect(server);
        let mut data = client.start(&OmniRequest { response_size: 1 << 20, ..timed(1) });
        // More responses than any two socket buffers take.
        data.send(100);
        let results = client.results();
        assert_eq!(results.errno, 0);
        assert!(results.transactions < 100);
    });
}

#[test]
fn a_client_that_takes_no_answer_is_dismissed_with_one_line() {
    let log = unharmed_within(Limits { message: SHORT, ..Limits::default() }, |server| {
        Client::connect(server).flood(&ANSWERED);
    });
    assert_only(&log, &format!("did not take a control message within {SHORT:?}"));
}

/// A client that has asked so much without reading an answer that the server waits for it to read.
fn stuck(server: SocketAddr) -> Client {
    let mut witness = Client::connect(server);
    let mut client = Client::connect(server);
    let mut sent = 0;
    loop {
        let before = sent;
        while let Some(more) = client.send_without_waiting(&ANSWERED[sent % MESSAGE_LEN..]) {
            sent += more;
        }
        if sent == before {
            return client;
        }
        // A server with time for this many tests of others, and none for our questions, waits for us.
        for _ in 0..50 {
            witness.run(&counted(5), 5);
        }
    }
}

#[test]
fn a_shutdown_waits_for_a_stuck_client_no_longer_than_the_drain() {
    let server = Library::start(Limits { drain: SHORT, ..Limits::default() });
    let _stuck = stuck(server.address());
    let log = server.stop();
    assert_only(&log, &format!("1 clients did not finish within {SHORT:?}"));
}
