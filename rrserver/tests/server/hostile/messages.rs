//! Bytes on the control connection that are no message, or only half of one.

use compat::wire::{ERRNO_UNKNOWN_REQUEST, MESSAGE_LEN, Message};

use crate::harness::{Client, counted, unharmed};

use super::{assert_one_line, assert_only};

/// What an HTTP client would fill a message with.
const GARBAGE: u8 = b'G';

#[test]
fn garbage_is_answered_with_an_error_and_the_connection_goes_on() {
    let log = unharmed(|server| {
        let mut client = Client::connect(server.address());
        client.send(&[GARBAGE; MESSAGE_LEN]);
        assert_eq!(client.receive().errno(), ERRNO_UNKNOWN_REQUEST);
        assert_eq!(client.run(&counted(5), 5).transactions, 5);
    });
    assert_only(&log, "unknown request");
}

#[test]
fn garbage_and_a_reset_is_one_line() {
    let log = unharmed(|server| {
        let mut client = Client::connect(server.address());
        client.send(&[GARBAGE; MESSAGE_LEN]);
        client.reset();
    });
    assert_only(&log, "unknown request");
}

#[test]
fn half_a_message_and_a_close_is_one_line() {
    let log = unharmed(|server| Client::connect(server.address()).send(&[GARBAGE; MESSAGE_LEN / 2]));
    assert_only(&log, "stopped after 328 of 656 bytes");
}

#[test]
fn half_a_message_and_a_reset_is_one_line() {
    let log = unharmed(|server| {
        let mut client = Client::connect(server.address());
        client.send(&[GARBAGE; MESSAGE_LEN / 2]);
        client.reset();
    });
    assert_one_line(&log);
}

#[test]
fn a_connection_without_a_byte_is_nothing_to_log() {
    assert_eq!(unharmed(|server| drop(Client::connect(server.address()))), [""; 0]);
}

#[test]
fn a_message_may_come_in_pieces() {
    let log = unharmed(|server| {
        let mut client = Client::connect(server.address());
        for piece in counted(5).encode().as_bytes().chunks(100) {
            client.send(piece);
        }
        assert_eq!(client.receive().errno(), 0);
    });
    assert_only(&log, "went away");
}

#[test]
fn a_request_that_says_nonsense_ends_the_session_with_one_line() {
    // Field numbers of a request, and words that mean nothing there.
    const FAMILY: (usize, u32) = (21, 7);
    const PORT: (usize, u32) = (20, 65_536);
    const CONGESTION_CONTROL: (usize, u32) = (38, u32::MAX);
    for (field, word) in [FAMILY, PORT, CONGESTION_CONTROL] {
        let log = unharmed(|server| {
            let mut client = Client::connect(server.address());
            client.send(with_field(&counted(5).encode(), field, word).as_bytes());
            assert!(client.is_dismissed());
        });
        assert_only(&log, "malformed request");
    }
}

/// `message` with another word in a field.
fn with_field(message: &Message, field: usize, word: u32) -> Message {
    const WORD_LEN: usize = size_of::<u32>();
    const HEADER_WORDS: usize = 2;
    let mut bytes = *message.as_bytes();
    let start = (HEADER_WORDS + field) * WORD_LEN;
    bytes[start..start + WORD_LEN].copy_from_slice(&word.to_be_bytes());
    Message::from_bytes(bytes)
}
