//! On which addresses a server serves, for control and for data.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpStream};

use compat::wire::{Family, OmniRequest};

use crate::harness::{Client, Process, counted, free_port, ipv6};

/// Loopback too, but not where anything connects unless told to.
const SECOND_LOOPBACK: Ipv4Addr = Ipv4Addr::new(127, 0, 0, 2);

fn assert_data_only_on(address: Ipv4Addr, client: &mut Client, request: OmniRequest) {
    let request = OmniRequest { data_port: free_port(), ..request };
    let response = client.ask(&request);
    assert_eq!((response.errno, response.data_port), (0, request.data_port));
    for other in [Ipv4Addr::LOCALHOST, SECOND_LOOPBACK].into_iter().filter(|&other| other != address) {
        assert!(TcpStream::connect((other, response.data_port)).is_err(), "data port open on {other}");
    }
    TcpStream::connect((address, response.data_port)).expect("data port open where it was asked for");
}

#[test]
fn a_data_socket_is_bound_to_the_address_asked_for() {
    let server = Process::start(&[]);
    for address in [SECOND_LOOPBACK, Ipv4Addr::LOCALHOST] {
        let request = OmniRequest { server_address: Some(address.into()), ..counted(1) };
        assert_data_only_on(address, &mut Client::connect(server.address()), request);
    }
}

#[test]
fn a_server_confined_to_an_address_keeps_its_data_sockets_there() {
    let server = Process::start(&["-L", &SECOND_LOOPBACK.to_string(), "-p", &free_port().to_string()]);
    assert_eq!(server.announced().ip(), SECOND_LOOPBACK);
    let elsewhere = SocketAddr::new(Ipv4Addr::LOCALHOST.into(), server.announced().port());
    assert!(TcpStream::connect(elsewhere).is_err(), "control port open elsewhere");
    assert_data_only_on(SECOND_LOOPBACK, &mut Client::connect(server.address()), counted(1));
}

#[test]
fn data_may_travel_over_ipv6() {
    if !ipv6() {
        return;
    }
    let server = Process::start(&[]);
    let control = SocketAddr::new(Ipv6Addr::LOCALHOST.into(), server.address().port());
    let mut client = Client::connect(control);
    let explicit = Some(IpAddr::from(Ipv6Addr::LOCALHOST));
    for server_address in [None, explicit] {
        let request = OmniRequest { family: Family::Inet6, server_address, ..counted(5) };
        assert_eq!(client.run(&request, 5).transactions, 5);
    }
}

#[test]
fn tos_is_read_back_over_ipv6() {
    if !ipv6() {
        return;
    }
    const TOS: u32 = 0x10;
    let server = Process::start(&["-6"]);
    let request = OmniRequest { family: Family::Inet6, tos: Some(TOS), ..counted(1) };
    assert_eq!(Client::connect(server.address()).ask(&request).tos.cast_unsigned(), TOS);
}

#[test]
fn an_unspecified_family_is_that_of_the_control_connection() {
    let server = Process::start(&[]);
    let loopbacks = [Some(IpAddr::from(Ipv4Addr::LOCALHOST)), ipv6().then_some(Ipv6Addr::LOCALHOST.into())];
    for loopback in loopbacks.into_iter().flatten() {
        let mut client = Client::connect(SocketAddr::new(loopback, server.address().port()));
        let request = OmniRequest { family: Family::Unspecified, ..counted(5) };
        assert_eq!(client.run(&request, 5).transactions, 5, "{loopback}");
    }
}
