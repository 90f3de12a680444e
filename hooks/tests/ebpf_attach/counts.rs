//! The ledger fits the traffic, at every attach point and in every mode.

use hooks::attach::interface::carrying;
use hooks::attach::kernel::{KernelHook, ProgramClock};
use hooks::engine::ebpf::EbpfProgram;
use hooks::ledger::{CostSource, Ledger};

use crate::netns::Namespace;
use crate::support::is_root;
use crate::traffic::Connection;
use crate::{attach, eventually, hooks_on};

const TRANSACTIONS: u64 = 200;
/// Packets of set-up, tear-down and neighbour discovery, and acknowledgements sent late on a busy machine.
const EXTRA: u64 = TRANSACTIONS / 2;

/// Checks a ledger of [`TRANSACTIONS`] transactions, of which the hook saw `directions`.
#[track_caller]
fn check(ledger: &Ledger, attached: &str, directions: u64) {
    let expected = TRANSACTIONS * directions..=(TRANSACTIONS + EXTRA) * directions;
    assert!(expected.contains(&ledger.calls), "{ledger}");
    assert_eq!((ledger.passes, ledger.drops, ledger.errors), (Some(ledger.calls), Some(0), 0));
    assert_eq!(ledger.attached, attached);
    let cost = ledger.cost.expect("the kernel keeps statistics while a hook is attached");
    assert!(cost.samples >= ledger.calls && cost.ns_per_call > 0.0, "{cost:?}");
    assert_eq!(cost.source, CostSource::Kernel);
    assert_eq!(ledger.hash.as_ref().map(String::len), Some(64));
}

/// Runs the transactions over a veth pair with the hook on the server's side.
fn on_veth(spec: &str, attached: &str) {
    if !is_root() {
        return;
    }
    let (client, server) = Namespace::pair();
    let before = hooks_on(&server, "far0");
    let hook = attach(&server, spec, "far0").unwrap();
    assert_ne!(hooks_on(&server, "far0"), before, "nothing shows that a hook is attached");
    Connection::new(&client, &server, "10.0.0.2").transact(TRANSACTIONS);
    let ledger = hook.detach().unwrap();
    check(&ledger, attached, 1);
    assert!(ledger.tcp.is_none_or(|tcp| tcp >= TRANSACTIONS), "{ledger:?}");
    eventually("the hook is still there", || hooks_on(&server, "far0") == before);
}

#[test]
fn xdp_takes_the_driver_where_it_can() {
    on_veth("ebpf@xdp", "xdp-native on far0");
}

#[test]
fn xdp_native() {
    on_veth("ebpf@xdp-native:filter=payload", "xdp-native on far0");
}

#[test]
fn xdp_generic() {
    on_veth("ebpf@xdp-generic:filter=parse", "xdp-generic on far0");
}

#[test]
fn tcx_ingress() {
    on_veth("ebpf@tcx-ingress", "tcx-ingress on far0");
}

#[test]
fn tcx_egress() {
    on_veth("ebpf@tcx-egress:filter=payload", "tcx-egress on far0");
}

#[test]
fn null_programs_are_counted_by_the_kernel() {
    on_veth("null@xdp", "xdp-native on far0");
    on_veth("null@tcx-ingress", "tcx-ingress on far0");
}

#[test]
fn xdp_falls_back_to_generic_on_loopback() {
    if !is_root() {
        return;
    }
    let host = Namespace::new();
    let hook = attach(&host, "ebpf@xdp", "lo").unwrap();
    Connection::new(&host, &host, "127.0.0.1").transact(TRANSACTIONS);
    check(&hook.detach().unwrap(), "xdp-generic on lo", 2);
}

#[test]
fn a_socket_hook_sees_its_connection_only() {
    if !is_root() {
        return;
    }
    let host = Namespace::new();
    for (spec, address) in [("ebpf@socket:filter=payload", "127.0.0.1"), ("ebpf@socket", "::1"), ("null@socket", "::1")]
    {
        let mut watched = Connection::new(&host, &host, address);
        let mut other = Connection::new(&host, &host, address);
        let program = EbpfProgram::load(&spec.parse().unwrap(), None).unwrap();
        let hook = KernelHook::on_socket(program, &watched.server).unwrap();
        watched.transact(TRANSACTIONS);
        other.transact(TRANSACTIONS);
        let ledger = hook.detach().unwrap();
        check(&ledger, "socket", 1);
        assert!(ledger.tcp.is_none_or(|tcp| tcp == ledger.calls), "{ledger:?}");
    }
}

/// Statistics are the host's, so another test's hook may keep them on: what is sure is that counting goes on.
#[test]
fn counting_does_not_need_statistics() {
    if !is_root() {
        return;
    }
    let host = Namespace::new();
    let program = EbpfProgram::load(&"ebpf@xdp".parse().unwrap(), None).unwrap().untimed();
    let hook = host.run(|| KernelHook::on_interface(program, &"lo".parse().unwrap())).unwrap();
    let mut connection = Connection::new(&host, &host, "127.0.0.1");
    let clock = ProgramClock::start().unwrap();
    connection.transact(1);
    let sample = hook.ledger().unwrap();
    drop(clock);
    connection.transact(TRANSACTIONS);
    let counted = hook.ledger().unwrap();
    assert!(counted.calls >= sample.calls + 2 * TRANSACTIONS, "{counted}");
    let clock = ProgramClock::start().unwrap();
    connection.transact(1);
    let timed = |ledger: &Ledger| ledger.cost.map(|cost| cost.samples);
    assert!(timed(&hook.detach().unwrap()) > timed(&counted));
    drop(clock);
}

#[test]
fn the_interface_of_a_connection_is_found() {
    if !is_root() {
        return;
    }
    let (_client, server) = Namespace::pair();
    let [near, far] = ["10.0.0.1", "10.0.0.2"].map(|address| address.parse().unwrap());
    let carrier = |peer| server.run(move || carrying(far, peer)).unwrap().unwrap();
    assert_eq!(carrier(near).as_str(), "far0");
    assert_eq!(carrier(far).as_str(), "lo");
}
