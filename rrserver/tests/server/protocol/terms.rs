//! Terms of a test beyond netperf's request: how the server waits, when measuring begins, and its report.

use compat::wire::{Message, OmniRequest};
use rrserver::extension::{LoadRequest, Reply};
use rrserver::load::LoadReport;
use rrserver::{EndReport, LoadTerms};

use crate::harness::{Client, Data, Process, counted, until_closed};

/// Sets terms that the server must accept.
fn set(client: &mut Client, terms: &str) {
    let terms: LoadTerms = terms.parse().expect("terms");
    client.send(LoadRequest::Terms(terms).encode().as_bytes());
    assert!(matches!(answer(client), Reply::Done(_)));
}

fn answer(client: &mut Client) -> Reply {
    Reply::decode(&client.receive()).expect("a reply")
}

fn report_from(offset: usize) -> Message {
    LoadRequest::Report { offset: offset as u32 }.encode()
}

/// The report of the last test, part by part.
fn report(client: &mut Client) -> EndReport {
    let mut json = String::new();
    loop {
        client.send(report_from(json.len()).as_bytes());
        let Reply::Part { total, text } = answer(client) else { panic!("no part after '{json}'") };
        json.push_str(&text);
        if json.len() == total as usize {
            return LoadReport::from_json(json.as_bytes()).expect("a report").end;
        }
    }
}

#[test]
fn however_the_server_waits_the_test_is_the_same_and_is_reported() {
    let server = Process::start(&[]);
    let mut client = Client::connect(server.address());
    for (index, wait) in ["block", "spin", "busy-poll:20"].into_iter().enumerate() {
        let count = 10 + index as u32;
        set(&mut client, &format!("wait={wait}"));
        let results =
            client.run(&OmniRequest { request_size: 100_000, response_size: 300_000, ..counted(count) }, count);
        let report = report(&mut client);
        let counts = (report.transactions, report.bytes_received, report.bytes_sent);
        assert_eq!(counts, (count.into(), results.bytes_received, results.bytes_sent), "{wait}");
        let tcp = report.tcp.as_ref().expect("a connection");
        assert!(!tcp.congestion_control.is_empty() && tcp.max_segment.is_some() && tcp.rtt_ns > 0, "{tcp:?}");
        assert!(report.cpu.is_some_and(|cpu| cpu.cpus > 0) && report.elapsed_ns > 0, "{report:?}");
        assert_eq!(report.shortfall.is_some(), wait.starts_with("busy-poll"), "no queue on loopback: {report:?}");
    }
    assert_eq!(server.stop(), [""; 0]);
}

#[test]
fn many_flows_report_for_all_their_threads() {
    let server = Process::start(&[]);
    let mut client = Client::connect(server.address());
    set(&mut client, "flows=3 threads=2 wait=spin");
    let response = client.ask(&until_closed());
    let address = client.data_address(&response);
    let mut flows: Vec<_> = (0..3).map(|_| Data::connect(address, &until_closed())).collect();
    assert!(matches!(answer(&mut client), Reply::Done(_)), "all flows are there");
    for (count, flow) in (1..).zip(&mut flows) {
        flow.transact(count);
    }
    client.send(LoadRequest::Measure.encode().as_bytes());
    flows.iter_mut().for_each(|flow| flow.transact(1));
    flows.iter().for_each(Data::finish);
    assert_eq!(client.results().transactions, 9);
    let report = report(&mut client);
    assert_eq!((report.transactions, report.bytes_sent), (9, 9));
    assert!(report.threads.cpu_ns > 0 && report.tcp.is_some(), "{report:?}");
}

#[test]
fn before_the_first_test_there_is_no_report() {
    let server = Process::start(&[]);
    let mut client = Client::connect(server.address());
    set(&mut client, "wait=spin");
    client.send(report_from(0).as_bytes());
    assert!(matches!(answer(&mut client), Reply::Refused(_)));
}

#[test]
fn the_word_that_measuring_begins_is_not_answered_and_does_not_end_the_test() {
    let server = Process::start(&[]);
    let mut client = Client::connect(server.address());
    // A server that is busy hears of it later: more transactions give it more time.
    let is_left_out = [4, 400, 40_000].into_iter().any(|count| {
        set(&mut client, "wait=block");
        let mut data = client.start(&until_closed());
        data.transact(3);
        client.send(LoadRequest::Measure.encode().as_bytes());
        data.transact(count);
        data.finish();
        let (results, report) = (client.results(), report(&mut client));
        assert_eq!((results.transactions, report.transactions), (count + 3, u64::from(count) + 3));
        (report.elapsed_ns as f32) < results.elapsed * 1e9
    });
    assert!(is_left_out, "what is spent begins with the word");
    assert_eq!(client.run(&counted(2), 2).transactions, 2);
    assert_eq!(server.stop(), [""; 0]);
}

#[test]
fn said_twice_it_ends_the_test_like_any_other_word() {
    let server = Process::start(&[]);
    let mut client = Client::connect(server.address());
    let mut data = client.start(&until_closed());
    data.transact(3);
    client.send([LoadRequest::Measure.encode().as_bytes().as_slice(); 2].concat().as_slice());
    assert!(data.ends());
    assert_eq!(client.results().transactions, 3);
}

#[test]
fn a_spinning_thread_ends_with_its_client_and_with_its_server() {
    let server = Process::start(&[]);
    let mut client = Client::connect(server.address());
    set(&mut client, "wait=spin");
    let mut data = client.start(&until_closed());
    data.transact(3);
    drop(client);
    assert!(data.ends());
    let mut client = Client::connect(server.address());
    set(&mut client, "wait=spin");
    let mut data = client.start(&until_closed());
    data.transact(1);
    server.stop();
    assert!(data.ends());
}

#[test]
fn connections_are_waited_for_asleep_or_not_at_all() {
    let server = Process::start(&[]);
    let mut client = Client::connect(server.address());
    set(&mut client, "wait=spin");
    let connections = OmniRequest { connection_test: true, ..counted(1) };
    assert_eq!(client.ask(&connections).errno, libc::EOPNOTSUPP);
    assert_eq!(client.run(&counted(2), 2).transactions, 2, "the terms were for that test alone");
}
