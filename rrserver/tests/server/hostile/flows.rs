//! Clients of many flows that break some of them, or never bring all.

use compat::wire::OmniRequest;

use crate::harness::{A_MINUTE, Client, Data, timed, unharmed, until_closed};

use super::assert_only;

const TERMS: &str = "flows=4 threads=2";

/// A client with so many of its four flows connected.
fn with_flows(server: std::net::SocketAddr, count: usize, request: &OmniRequest) -> (Client, Vec<Data>) {
    let mut client = Client::connect(server);
    let address = client.start_on(TERMS, request);
    (client, (0..count).map(|_| Data::connect(address, request)).collect())
}

#[test]
fn a_flow_that_breaks_leaves_the_others_served_and_is_told() {
    let log = unharmed(|server| {
        let (mut client, mut flows) = with_flows(server.address(), 4, &until_closed());
        client.receive();
        flows[3].send(1);
        flows[3].hear();
        flows.pop().expect("four").reset();
        for flow in &mut flows {
            flow.transact(5);
            flow.finish();
            assert_eq!(flow.rest().expect("an orderly end"), b"");
        }
        assert_eq!(client.results().transactions, 16);
    });
    assert_only(&log, "reset");
}

#[test]
fn a_client_that_leaves_takes_all_its_flows_along() {
    for count in [0, 2, 4] {
        let log = unharmed(|server| {
            let (client, mut flows) = with_flows(server.address(), count, &timed(A_MINUTE));
            drop(client);
            assert!(flows.iter_mut().all(Data::ends), "{count}");
        });
        assert_only(&log, "went away");
    }
}

#[test]
fn a_client_that_asks_for_the_next_thing_has_ended_its_test() {
    unharmed(|server| {
        let (mut client, mut flows) = with_flows(server.address(), 4, &timed(A_MINUTE));
        client.receive();
        flows[0].transact(3);
        client.send(until_closed().encode().as_bytes());
        assert_eq!(client.results().transactions, 3);
        assert!(flows.iter_mut().all(Data::ends));
    });
}

#[test]
fn a_client_that_never_reads_costs_nobody_anything() {
    unharmed(|server| {
        let request = OmniRequest { response_size: 1 << 20, ..timed(A_MINUTE) };
        let (mut client, mut flows) = with_flows(server.address(), 4, &request);
        client.receive();
        // More responses than any buffer holds; nobody takes them.
        flows[0].send(1000);
        flows[1].transact(2);
        drop(flows);
        drop(client);
    });
}
