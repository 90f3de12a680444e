//! Clients that go away in the middle of a test, in every order their sockets can.

use compat::wire::{MESSAGE_LEN, OmniRequest};

use crate::harness::{A_MINUTE, Client, Data, Process, counted, timed, unharmed, until_closed};

use super::{assert_one_line, assert_only};

/// A client in the middle of a test, with a request under way.
fn amid_a_test(server: &Process) -> (Client, Data) {
    let mut client = Client::connect(server.address());
    let mut data = client.start(&timed(A_MINUTE));
    data.transact(5);
    data.send(1);
    (client, data)
}

#[test]
fn a_client_killed_is_one_line() {
    // The kernel closes a dead process' sockets in the order they were opened, and resets those with bytes unread.
    let log = unharmed(|server| {
        let (client, data) = amid_a_test(server);
        client.reset();
        data.reset();
    });
    assert_one_line(&log);
}

#[test]
fn a_client_killed_data_first_is_one_line() {
    let log = unharmed(|server| {
        let (client, data) = amid_a_test(server);
        data.reset();
        client.reset();
    });
    assert_one_line(&log);
}

#[test]
fn a_client_that_just_closes_is_at_most_one_line() {
    // The server may take it for a client that ended its test and did not want the results.
    let log = unharmed(|server| drop(amid_a_test(server)));
    assert!(log.len() <= 1, "{log:#?}");
}

#[test]
fn a_data_connection_does_not_outlive_its_control_connection() {
    let log = unharmed(|server| {
        for request in [timed(A_MINUTE), counted(100), until_closed()] {
            let mut client = Client::connect(server.address());
            let mut data = client.start(&request);
            data.transact(5);
            drop(client);
            assert!(data.ends(), "{request:?}");
        }
    });
    assert_eq!(log.len(), 3, "{log:#?}");
    assert!(log.iter().all(|line| line.contains("went away")), "{log:#?}");
}

#[test]
fn a_reset_of_the_data_connection_alone_is_results_and_one_line() {
    let log = unharmed(|server| {
        let (mut client, data) = amid_a_test(server);
        data.reset();
        assert!((5..=6).contains(&client.results().transactions));
        assert_eq!(client.run(&counted(5), 5).transactions, 5);
    });
    assert_only(&log, "data connection");
}

#[test]
fn a_data_connection_never_made_is_freed_with_the_control_connection() {
    for request in [timed(A_MINUTE), counted(100), until_closed()] {
        let log = unharmed(|server| {
            let mut client = Client::connect(server.address());
            assert_eq!(client.ask(&request).errno, 0);
        });
        assert_only(&log, "went away");
    }
}

/// A client that asks for the next thing is done with its test.
#[test]
fn a_client_that_sends_ahead_ends_its_test() {
    for (ahead, line) in [(1, "stopped after 1 of"), (MESSAGE_LEN, "unknown request")] {
        let log = unharmed(|server| {
            let mut client = Client::connect(server.address());
            let mut data = client.start(&until_closed());
            data.transact(5);
            client.send(&[0; MESSAGE_LEN][..ahead]);
            drop(client);
            assert!(data.ends(), "{ahead} bytes ahead");
        });
        assert_only(&log, line);
    }
}

#[test]
fn a_client_that_never_reads_a_response_is_freed_when_it_goes() {
    let log = unharmed(|server| {
        let mut client = Client::connect(server.address());
        let mut data = client.start(&OmniRequest { response_size: 1 << 20, ..until_closed() });
        // More responses than any two socket buffers take.
        data.send(100);
        drop(client);
        assert!(data.ends());
    });
    assert_only(&log, "went away");
}
