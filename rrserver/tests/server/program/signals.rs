//! SIGTERM and SIGINT: running tests end with results, everyone else is let go, the program exits with 0.

use std::thread::{self, JoinHandle};
use std::time::Instant;

use compat::wire::{MESSAGE_LEN, OmniRequest};
use rrserver::Limits;
use rrserver::data::MAX_MESSAGE;
use rustix::process::Signal;

use crate::harness::{A_MINUTE, Client, Data, Process, counted, timed, until_closed};

/// A client that runs transactions until the server ends the test; its count and the server's.
struct Busy(JoinHandle<(u32, u32)>);

impl Busy {
    fn start(server: &Process, request: &OmniRequest) -> Self {
        let mut client = Client::connect(server.address());
        let mut data = client.start(request);
        data.transact(1);
        Self(thread::spawn(move || {
            let mut done = 1;
            while data.try_transact() {
                done += 1;
            }
            (done, client.results().transactions)
        }))
    }

    fn assert_ended_with_results(self) {
        let (ours, servers) = self.0.join().expect("a client with results");
        assert!((ours..=ours + 1).contains(&servers), "{ours} transactions, the server counts {servers}");
    }
}

/// A client whose test stands still in one of the ways a test can.
struct Waiting {
    client: Client,
    _data: Option<Data>,
    transactions: u32,
}

impl Waiting {
    fn for_a_request(server: &Process) -> Self {
        let mut client = Client::connect(server.address());
        let mut data = client.start(&until_closed());
        data.transact(3);
        Self { client, _data: Some(data), transactions: 3 }
    }

    fn for_a_data_connection(server: &Process) -> Self {
        let mut client = Client::connect(server.address());
        assert_eq!(client.ask(&timed(A_MINUTE)).errno, 0);
        Self { client, _data: None, transactions: 0 }
    }

    fn for_the_clients_close(server: &Process) -> Self {
        let mut client = Client::connect(server.address());
        let mut data = client.start(&counted(4));
        data.transact(4);
        assert_eq!(data.rest().expect("an orderly end"), b"");
        Self { client, _data: Some(data), transactions: 4 }
    }

    fn for_responses_to_be_read(server: &Process) -> Self {
        let mut client = Client::connect(server.address());
        // Larger than what two socket buffers take: the server cannot get rid of its first response.
        let request = OmniRequest { response_size: MAX_MESSAGE as i32, ..until_closed() };
        let mut data = client.start(&request);
        data.send(1);
        data.hear();
        Self { client, _data: Some(data), transactions: 0 }
    }

    fn assert_ended_with_results(mut self) {
        let results = self.client.results();
        assert_eq!((results.errno, results.transactions), (0, self.transactions));
        assert!(self.client.is_dismissed());
    }
}

fn ends_in_order(signal: Signal) {
    let server = Process::start(&[]);
    let busy: Vec<Busy> = [timed(A_MINUTE), counted(i32::MAX.unsigned_abs()), until_closed()]
        .iter()
        .map(|request| Busy::start(&server, request))
        .collect();
    let waiting = [Waiting::for_a_request(&server), Waiting::for_a_data_connection(&server)];
    let mut idle = Client::connect(server.address());
    idle.run(&counted(5), 5);
    let mut halfway = Client::connect(server.address());
    halfway.send(&[0; MESSAGE_LEN / 2]);

    let signalled = Instant::now();
    let log = server.end(signal);
    assert!(signalled.elapsed() < Limits::default().drain / 2, "{:?} is not prompt", signalled.elapsed());
    busy.into_iter().for_each(Busy::assert_ended_with_results);
    waiting.into_iter().for_each(Waiting::assert_ended_with_results);
    assert!(idle.is_dismissed());
    assert!(halfway.is_dismissed());
    assert_eq!(log, [""; 0], "an orderly end is nothing to warn of");
}

#[test]
fn sigterm_ends_running_tests_with_results() {
    ends_in_order(Signal::TERM);
}

#[test]
fn sigint_ends_running_tests_with_results() {
    ends_in_order(Signal::INT);
}

#[test]
fn a_client_that_keeps_a_test_from_ending_does_not_delay_the_exit() {
    let server = Process::start(&[]);
    let stuck = [Waiting::for_the_clients_close(&server), Waiting::for_responses_to_be_read(&server)];
    let signalled = Instant::now();
    server.end(Signal::TERM);
    assert!(signalled.elapsed() < Limits::default().drain / 2, "{:?} is not prompt", signalled.elapsed());
    stuck.into_iter().for_each(Waiting::assert_ended_with_results);
}

#[test]
fn a_server_without_clients_just_ends() {
    for signal in [Signal::TERM, Signal::INT] {
        assert_eq!(Process::start(&[]).end(signal), [""; 0]);
    }
}
