//! Many flows in one test: asked for by terms, announced, served, reported.

use compat::wire::{OmniRequest, SocketType};
use rrserver::LoadReport;
use rrserver::extension::{LoadRequest, Reply};

use crate::harness::{A_MINUTE, Client, Data, Process, counted, timed, until_closed};

const FLOWS: usize = 10;

/// All flows of a test that was granted, once the server says that it has them.
fn flows(client: &mut Client, terms: &str, request: &OmniRequest) -> Vec<Data> {
    let address = client.start_on(terms, request);
    let flows = (0..FLOWS).map(|_| Data::connect(address, request)).collect();
    assert!(matches!(Reply::decode(&client.receive()), Ok(Reply::Done(_))));
    flows
}

fn end(flows: Vec<Data>) {
    for mut flow in flows {
        flow.finish();
        assert_eq!(flow.rest().expect("an orderly end"), b"");
    }
}

#[test]
fn every_flow_is_served_and_all_is_added_up() {
    let server = Process::start(&[]);
    let mut client = Client::connect(server.address());
    for (terms, threads) in [("flows=10", 1), ("flows=10 threads=3", 3)] {
        let request = OmniRequest { request_size: 30, response_size: 40, ..timed(A_MINUTE) };
        let mut flows = flows(&mut client, terms, &request);
        for flow in &mut flows {
            flow.send(3);
        }
        for flow in &mut flows {
            flow.receive(3);
        }
        end(flows);
        let results = client.results();
        assert_eq!((results.errno, results.transactions), (0, 30), "{terms}");
        assert_eq!((results.bytes_received, results.bytes_sent), (30 * 30, 30 * 40), "{terms}");
        let Reply::Part { text, .. } = client.extend(&LoadRequest::Report { offset: 0 }.encode()) else {
            panic!("no report")
        };
        let report = LoadReport::from_json(text.as_bytes()).expect("report");
        assert_eq!((report.flows, report.threads.len(), report.transactions()), (10, threads, 30), "{report:?}");
        assert_eq!(report.threads.iter().map(|thread| thread.flows).sum::<u32>(), 10, "{report:?}");
    }
}

#[test]
fn how_a_count_is_spread_over_flows_is_the_clients_business() {
    let server = Process::start(&[]);
    let mut client = Client::connect(server.address());
    let mut flows = flows(&mut client, "flows=10 threads=2", &counted(20));
    flows[4].transact(19);
    flows[9].transact(1);
    end(flows);
    assert_eq!(client.results().transactions, 20);
}

#[test]
fn messages_of_many_segments_go_both_ways_on_every_flow() {
    const LARGE: i32 = 1 << 20;
    let server = Process::start(&[]);
    let mut client = Client::connect(server.address());
    let request = OmniRequest { request_size: LARGE, response_size: LARGE, ..until_closed() };
    let mut flows = flows(&mut client, "flows=10", &request);
    for flow in &mut flows {
        flow.transact(2);
    }
    end(flows);
    let results = client.results();
    assert_eq!((results.transactions, results.bytes_received, results.bytes_sent), (20, 20 << 20, 20 << 20));
}

#[test]
fn terms_are_for_the_next_test_alone() {
    let server = Process::start(&[]);
    let mut client = Client::connect(server.address());
    let many = flows(&mut client, "flows=10", &until_closed());
    end(many);
    assert_eq!(client.results().transactions, 0);
    assert_eq!(client.run(&counted(7), 7).transactions, 7);
}

#[test]
fn what_cannot_be_is_refused_with_a_reason() {
    let server = Process::start(&[]);
    let mut client = Client::connect(server.address());
    // Longer than what is there, which is what cutting a text makes of it.
    let mut terms = LoadRequest::Terms("flows=9".parse().expect("terms")).encode().as_bytes().to_owned();
    terms[16..24].copy_from_slice(b"colour=9");
    client.send(&terms);
    let refusal = Reply::decode(&client.receive()).expect("reply");
    assert!(matches!(&refusal, Reply::Refused(reason) if reason.contains("colour")), "{refusal:?}");
    client.extend(&LoadRequest::Terms("flows=9".parse().expect("terms")).encode());
    let datagrams = OmniRequest { socket_type: SocketType::Datagram, protocol: 17, ..until_closed() };
    assert_eq!(client.ask(&datagrams).errno, libc::EOPNOTSUPP);
}
