//! How a test ends: by its count, by the client's close, by the backstop.

use std::time::Duration;

use rrserver::Limits;

use crate::harness::{A_MINUTE, Client, Data, Library, Process, counted, timed, until_closed};

#[test]
fn a_counted_test_stops_by_itself() {
    let server = Process::start(&[]);
    let mut client = Client::connect(server.address());
    let mut data = client.start(&counted(10));
    data.transact(10);
    // The client has not closed its side: that the server closes its own is the server's decision.
    assert_eq!(data.rest().expect("an orderly end"), b"");
    drop(data);
    assert_eq!(client.results().transactions, 10);
    assert_eq!(server.stop(), [""; 0]);
}

#[test]
fn a_burst_clients_extra_requests_are_drained_without_a_reset() {
    const BURST: u32 = 1000;
    let server = Process::start(&[]);
    let mut client = Client::connect(server.address());
    let mut data = client.start(&counted(100));
    data.send(100 + BURST);
    data.receive(100);
    assert_eq!(data.rest().expect("no reset"), b"");
    // After the server's last word, too.
    data.send(BURST);
    data.finish();
    let results = client.results();
    assert_eq!((results.transactions, results.bytes_received, results.bytes_sent), (100, 100, 100));
    assert_eq!(server.stop(), [""; 0]);
}

#[test]
fn timed_and_unlimited_tests_end_when_the_client_closes() {
    let server = Process::start(&[]);
    let mut client = Client::connect(server.address());
    for request in [timed(A_MINUTE), timed(i32::MAX.unsigned_abs()), until_closed()] {
        let mut data = client.start(&request);
        data.transact(3);
        assert!(client.has_heard_nothing(), "results before the end");
        data.finish();
        assert_eq!(client.results().transactions, 3);
    }
}

#[test]
fn the_backstop_ends_what_the_client_does_not_and_stays_out_of_elapsed() {
    const SECONDS: u32 = 1;
    const BACKSTOP: Duration = Duration::from_secs(1);
    let server = Library::start(Limits { backstop: BACKSTOP, ..Limits::default() });
    let mut client = Client::connect(server.address());
    let mut data = client.start(&timed(SECONDS));
    data.transact(5);
    let results = client.results();
    assert_eq!((results.errno, results.transactions), (0, 5));
    let tolerance = BACKSTOP.as_secs_f32() / 2.0;
    assert!((results.elapsed - SECONDS as f32).abs() < tolerance, "{} s", results.elapsed);
    assert_eq!(data.rest().expect("an orderly end"), b"");
    assert_eq!(client.run(&counted(5), 5).transactions, 5);
}

#[test]
fn a_test_whose_data_connection_never_comes_ends() {
    let server = Library::start(Limits { idle: Duration::from_millis(300), ..Limits::default() });
    let mut client = Client::connect(server.address());
    let request = timed(1);
    let response = client.ask(&request);
    let results = client.results();
    assert_eq!((results.errno, results.transactions, results.elapsed), (0, 0, 0.0));
    assert_eq!(client.run(&counted(5), 5).transactions, 5);
    assert_ne!(response.data_port, 0);
}

#[test]
fn a_second_data_connection_does_not_disturb_the_first() {
    let server = Process::start(&[]);
    let mut client = Client::connect(server.address());
    let request = until_closed();
    let address = client.ask(&request);
    let address = client.data_address(&address);
    let mut first = Data::connect(address, &request);
    first.transact(1);
    let mut second = Data::connect(address, &request);
    second.send(1);
    first.transact(10);
    first.finish();
    assert_eq!(client.results().transactions, 11);
    assert!(second.ends(), "the second connection is over with the test");
    assert_eq!(server.stop(), [""; 0]);
}
