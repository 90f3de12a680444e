//! Who is served, and when: the passphrase and the serial server.

use compat::wire::{Message, passphrase_message};

use crate::harness::{Client, Process, counted};

const PASSPHRASE: &str = "open sesame";

fn phrase(text: &str) -> Message {
    passphrase_message(text, None).expect("a passphrase that fits")
}

#[test]
fn the_right_passphrase_opens_the_connection_for_every_test_on_it() {
    let server = Process::start(&["-Z", PASSPHRASE]);
    let mut client = Client::connect(server.address());
    client.send(phrase(PASSPHRASE).as_bytes());
    for _ in 0..2 {
        assert_eq!(client.run(&counted(5), 5).transactions, 5);
    }
    drop(client);
    assert_eq!(server.stop(), [""; 0]);
}

#[test]
fn anything_else_is_dismissed_in_silence_and_logged() {
    let longer = format!("{PASSPHRASE}!");
    let first_messages = [phrase("wrong"), phrase(""), phrase(&PASSPHRASE[..4]), phrase(&longer), counted(5).encode()];
    for message in first_messages {
        let server = Process::start(&["-Z", PASSPHRASE]);
        let before = server.footprint();
        let mut client = Client::connect(server.address());
        client.send(message.as_bytes());
        assert!(client.is_dismissed(), "{message:?}");
        server.returns_to(before);
        let log = server.stop();
        assert!(matches!(&log[..], [line] if line.contains("passphrase")), "{message:?}: {log:?}");
        assert!(!log[0].contains(PASSPHRASE), "the log is no place for a passphrase");
    }
}

#[test]
fn a_server_without_a_passphrase_takes_any_anywhere_without_an_answer() {
    let server = Process::start(&[]);
    let mut client = Client::connect(server.address());
    for _ in 0..2 {
        client.send(phrase(PASSPHRASE).as_bytes());
        // The next thing to arrive is the response to the request, not to the passphrase.
        assert_eq!(client.run(&counted(5), 5).transactions, 5);
    }
}

#[test]
fn a_serial_server_takes_one_client_after_the_other() {
    let server = Process::start(&["-f"]);
    let mut first = Client::connect(server.address());
    first.run(&counted(5), 5);
    let mut second = Client::connect(server.address());
    second.send(counted(5).encode().as_bytes());
    // Whole tests later, on a control plane that handles events in the order they come, there was time to answer.
    for _ in 0..20 {
        first.run(&counted(5), 5);
    }
    assert!(second.has_heard_nothing(), "two clients at once");
    drop(first);
    assert_eq!(second.receive().errno(), 0);
}

#[test]
fn other_servers_take_clients_side_by_side() {
    let server = Process::start(&[]);
    let mut first = Client::connect(server.address());
    let mut data = first.start(&counted(10));
    data.transact(5);
    assert_eq!(Client::connect(server.address()).run(&counted(5), 5).transactions, 5);
    data.transact(5);
    data.finish();
    assert_eq!(first.results().transactions, 10);
}
