//! Tests that run at the same time: a hook disturbs nobody but its own.

use std::process::Command;

use rustix::process::Signal;

use crate::bed::{Bed, assert_failed, good_ledger, is_possible};
use crate::support::{Running, Server, netperf, rrgen, run};

/// Until it is interrupted: another test comes and goes in the middle of it, however long that takes.
const LENGTH: &str = "0";

#[test]
fn the_second_hook_of_an_interface_is_refused_and_the_first_goes_on() {
    if !is_possible() {
        return;
    }
    for (first, second) in [("ebpf@xdp", "null@xdp-generic"), ("ebpf@tcx-ingress", "null@tcx-ingress")] {
        let bed = Bed::veth();
        let server = bed.serve();
        let before = bed.traces();
        let mut running = bed.measuring(&server, &["-l", LENGTH, "--hook", first]);
        let refused = bed.run(&server, &["-l", "-5", "--hook", second]);
        assert_failed(&refused, "far0 already has a hook at ");
        assert!(!running.has_ended());
        running.signal(Signal::INT);
        let finished = running.finish();
        assert!(good_ledger(&finished).attached.ends_with(" on far0"), "{finished}");
        bed.assert_clean(&before, &server);
    }
}

#[test]
fn netperf_is_served_while_another_client_has_a_hook() {
    let Some(mut netperf) = netperf() else { return };
    let server = Server::rrserver(&[]);
    let port = server.port();
    let to_server = |command: &mut Command| {
        command.args(["-H", "127.0.0.1", "-p", &port, "-t", "TCP_RR"]);
    };
    let mut hooked = rrgen();
    to_server(&mut hooked);
    let mut running = Running::start(hooked.args(["-l", LENGTH, "-D", "-0.05", "--hook", "lua"]));
    running.wait_for("Interim result:");
    to_server(&mut netperf);
    let finished = run(netperf.args(["-l", "-500"]));
    assert_eq!((finished.code(), finished.stderr.as_str()), (0, ""), "{finished}");
    assert!(!finished.stdout.contains("hook"), "{finished}");
    running.signal(Signal::INT);
    assert!(good_ledger(&running.finish()).calls > 0);
}
