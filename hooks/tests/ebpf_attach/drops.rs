//! A hook that drops really drops, and what it held up arrives once it is gone.

use hooks::attach::kernel::KernelHook;
use hooks::engine::ebpf::EbpfProgram;

use crate::attach;
use crate::netns::Namespace;
use crate::support::is_root;
use crate::traffic::Connection;

/// Sends `message` into a hook that must drop it, and then takes the hook away.
fn check(mut connection: Connection, hook: KernelHook, message: &[u8]) {
    connection.request(message);
    assert!(connection.is_silent(), "{}", hook.ledger().unwrap());
    let ledger = hook.detach().unwrap();
    let (passes, drops) = ledger.passes.zip(ledger.drops).unwrap();
    assert!(drops > 0 && drops + passes == ledger.calls, "{ledger}");
    connection.expect(message);
    connection.transact(1);
}

/// The client's port: the one that the server's side of an interface sees as the source.
fn port(connection: &Connection) -> u16 {
    connection.client.local_addr().unwrap().port()
}

#[test]
fn the_port_is_dropped_on_an_interface() {
    if !is_root() {
        return;
    }
    for point in ["xdp-native", "xdp-generic", "tcx-ingress"] {
        let (client, server) = Namespace::pair();
        let connection = Connection::new(&client, &server, "10.0.0.2");
        let hook = attach(&server, &format!("ebpf@{point}:port={}", port(&connection)), "far0").unwrap();
        check(connection, hook, b"request");
    }
}

#[test]
fn the_port_is_dropped_on_the_way_out() {
    if !is_root() {
        return;
    }
    let (client, server) = Namespace::pair();
    let connection = Connection::new(&client, &server, "10.0.0.2");
    let hook = attach(&client, &format!("ebpf@tcx-egress:port={}", port(&connection)), "near0").unwrap();
    check(connection, hook, b"request");
}

/// On loopback the payload of a segment lies in fragments, out of reach of a pointer.
#[test]
fn the_payload_is_found_in_fragments() {
    if !is_root() {
        return;
    }
    for point in ["xdp-generic", "tcx-ingress", "tcx-egress"] {
        let host = Namespace::new();
        let mut connection = Connection::new(&host, &host, "127.0.0.1");
        let hook = attach(&host, &format!("ebpf@{point}:filter=payload,payload=needle"), "lo").unwrap();
        connection.transact(1);
        check(connection, hook, b"a needle in a haystack");
    }
}

#[test]
fn a_socket_hook_finds_port_and_payload() {
    if !is_root() {
        return;
    }
    let host = Namespace::new();
    for address in ["127.0.0.1", "::1"] {
        for message in [&b"a needle in a haystack"[..], b"request"] {
            let mut connection = Connection::new(&host, &host, address);
            let by_port = message == b"request";
            connection.transact(1);
            let port = if by_port { port(&connection) } else { 1 };
            let spec = format!("ebpf@socket:filter=payload,port={port},payload=needle");
            let program = EbpfProgram::load(&spec.parse().unwrap(), None).unwrap();
            let hook = KernelHook::on_socket(program, &connection.server).unwrap();
            if !by_port {
                connection.transact(1);
            }
            check(connection, hook, message);
        }
    }
}
