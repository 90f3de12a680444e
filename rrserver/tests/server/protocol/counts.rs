//! The results message: what went over the data connection.

use compat::wire::OmniRequest;

use crate::harness::{A_MINUTE, Client, Process, counted, timed, until_closed};

#[test]
fn one_byte_each_way_is_one_call_each_way() {
    let server = Process::start(&[]);
    let results = Client::connect(server.address()).run(&until_closed(), 50);
    assert_eq!(results.transactions, 50);
    assert_eq!((results.bytes_received, results.bytes_sent), (50, 50));
    assert_eq!((results.recv_calls, results.send_calls), (50, 50));
}

#[test]
fn sizes_differ_by_direction() {
    let server = Process::start(&[]);
    let request = OmniRequest { request_size: 64, response_size: 128, ..counted(20) };
    let results = Client::connect(server.address()).run(&request, 20);
    assert_eq!((results.bytes_received, results.bytes_sent), (20 * 64, 20 * 128));
}

#[test]
fn a_message_that_takes_many_calls_is_one_transaction() {
    // More than any socket buffer hands over at once.
    const LARGE: i32 = 8 << 20;
    let server = Process::start(&[]);
    let request = OmniRequest { request_size: LARGE, response_size: LARGE, ..counted(2) };
    let results = Client::connect(server.address()).run(&request, 2);
    assert_eq!((results.transactions, results.bytes_received, results.bytes_sent), (2, 2 << 23, 2 << 23));
    assert!(results.recv_calls > 2, "{} calls", results.recv_calls);
}

#[test]
fn a_request_in_flight_at_the_end_is_answered_and_counted() {
    let server = Process::start(&[]);
    let mut client = Client::connect(server.address());
    for in_flight in [0, 1] {
        let mut data = client.start(&timed(A_MINUTE));
        data.transact(10);
        data.send(in_flight);
        data.finish();
        assert_eq!(data.rest().expect("an orderly end").len(), in_flight as usize);
        assert_eq!(client.results().transactions, 10 + in_flight);
    }
}

#[test]
fn half_a_request_at_the_end_is_no_transaction() {
    let server = Process::start(&[]);
    let mut client = Client::connect(server.address());
    let request = OmniRequest { request_size: 10, ..until_closed() };
    let mut data = client.start(&request);
    data.transact(3);
    data.send_part(4);
    data.finish();
    let results = client.results();
    assert_eq!((results.transactions, results.bytes_received, results.bytes_sent), (3, 34, 3));
}

#[test]
fn tests_follow_each_other_on_one_control_connection() {
    let server = Process::start(&[]);
    let mut client = Client::connect(server.address());
    let requests = [timed(A_MINUTE), counted(7), until_closed(), OmniRequest { request_size: 100, ..counted(7) }];
    for request in requests {
        let results = client.run(&request, 7);
        assert_eq!((results.errno, results.transactions), (0, 7));
        assert_eq!(results.bytes_received, 7 * u64::from(request.request_size.unsigned_abs()));
    }
}
