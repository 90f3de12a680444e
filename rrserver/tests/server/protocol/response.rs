//! The response: what the kernel made of the request, and where to connect.

use std::net::{Ipv4Addr, TcpListener};

use compat::wire::{OmniRequest, OmniResponse};
use socket2::{Domain, Socket, Type};

use crate::harness::{Client, Data, Process, counted, free_port};

/// Bytes that the kernel doubles (socket(7)).
const BUFFER: u32 = 20 << 10;

fn response(request: &OmniRequest) -> OmniResponse {
    let server = Process::start(&[]);
    Client::connect(server.address()).ask(request)
}

/// What the kernel makes of the same wish on a socket of ours: the oracle for what the server must report.
fn tcp_socket() -> Socket {
    Socket::new(Domain::IPV4, Type::STREAM, None).expect("socket")
}

fn size(of_buffer: std::io::Result<usize>) -> i32 {
    of_buffer.expect("buffer size").try_into().expect("a size that netperf can express")
}

#[test]
fn a_request_without_wishes_gets_the_systems_defaults() {
    let (response, default) = (response(&counted(1)), tcp_socket());
    let expected = OmniResponse {
        recv_buffer: size(default.recv_buffer_size()),
        send_buffer: size(default.send_buffer_size()),
        data_port: response.data_port,
        ..OmniResponse::default()
    };
    assert_eq!(response, expected);
    assert_ne!(response.data_port, 0);
}

#[test]
fn buffer_sizes_are_what_the_kernel_made_of_them() {
    for (send, recv) in [(BUFFER, 2 * BUFFER), (0, 0), (i32::MAX.cast_unsigned(), i32::MAX.cast_unsigned())] {
        let request = OmniRequest { send_buffer: Some(send), recv_buffer: Some(recv), ..counted(1) };
        let (response, ours) = (response(&request), tcp_socket());
        ours.set_send_buffer_size(send as usize).expect("SO_SNDBUF");
        ours.set_recv_buffer_size(recv as usize).expect("SO_RCVBUF");
        assert_eq!(response.send_buffer, size(ours.send_buffer_size()), "send {send}");
        assert_eq!(response.recv_buffer, size(ours.recv_buffer_size()), "receive {recv}");
    }
}

#[test]
fn message_sizes_and_nodelay_are_confirmed() {
    let response = response(&OmniRequest { request_size: 64, response_size: 128, nodelay: true, ..counted(1) });
    assert_eq!((response.recv_size, response.send_size, response.nodelay), (64, 128, true));
}

#[test]
fn priority_and_tos_are_read_back() {
    const PRIORITY: u32 = 4;
    // The kernel keeps the two ECN bits of a TCP socket to itself.
    const TOS_WITH_ECN_BITS: u32 = 0x13;
    let request = OmniRequest { priority: Some(PRIORITY), tos: Some(TOS_WITH_ECN_BITS), ..counted(1) };
    let (response, ours) = (response(&request), tcp_socket());
    ours.set_tos_v4(TOS_WITH_ECN_BITS).expect("IP_TOS");
    // Setting the TOS sets a priority too (ip(7)); netperf sets the priority first and reads it back at once.
    ours.set_priority(PRIORITY).expect("SO_PRIORITY");
    assert_eq!(response.priority.cast_unsigned(), ours.priority().expect("SO_PRIORITY"));
    assert_eq!(response.tos.cast_unsigned(), ours.tos_v4().expect("IP_TOS"));
    assert_ne!(response.tos, 0);
}

#[test]
fn a_tos_of_0_counts_as_not_asked_for() {
    let response = response(&OmniRequest { priority: Some(0), tos: Some(0), ..counted(1) });
    assert_eq!((response.priority, response.tos), (0, OmniResponse::default().tos));
}

#[test]
fn a_data_port_is_granted_to_one_test_after_the_other() {
    let server = Process::start(&[]);
    let mut client = Client::connect(server.address());
    let request = OmniRequest { data_port: free_port(), ..counted(1) };
    // A client with -i asks for the same port again as soon as it has its results.
    for _ in 0..200 {
        let response = client.ask(&request);
        assert_eq!(response.data_port, request.data_port);
        let mut data = Data::connect(client.data_address(&response), &request);
        data.transact(1);
        data.finish();
        client.results();
    }
}

#[test]
fn a_data_port_that_is_taken_is_replaced() {
    let taken = TcpListener::bind((Ipv4Addr::UNSPECIFIED, 0)).expect("listener");
    let data_port = taken.local_addr().expect("address").port();
    let server = Process::start(&[]);
    let mut client = Client::connect(server.address());
    let request = OmniRequest { data_port, ..counted(1) };
    let response = client.ask(&request);
    assert_ne!(response.data_port, data_port);
    let mut data = Data::connect(client.data_address(&response), &request);
    data.transact(1);
    data.finish();
    assert_eq!(client.results().transactions, 1);
}
