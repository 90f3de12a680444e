//! However a test ends, its hook ends with it.

use std::thread;

use hooks::spec::{AttachPoint, HookSpec};
use rustix::process::Signal;

use crate::bed::{Bed, HookServer, good_ledger, is_possible};
use crate::traces::{Traces, are_loaded, eventually, is_in_kernel, programs_of};

/// Nobody waits for it.
const LENGTH: &str = "3600";

/// Where a hook sits.
fn attach_point(hook: &str) -> AttachPoint {
    hook.parse::<HookSpec>().expect("a hook").attach
}

/// Runs `test` with a hook of each kind, all at once.
fn with_each_hook(test: impl Fn(&'static str) + Sync) {
    if !is_possible() {
        return;
    }
    let test = &test;
    thread::scope(|scope| {
        for hook in ["lua@message", "ebpf@socket", "ebpf@xdp", "null@tcx-egress", "lua@nfqueue"] {
            scope.spawn(move || test(hook));
        }
    });
}

/// The hook is seen where it should be, so that it is also seen when it stays; the programs that it is made of.
fn assert_attached(bed: &Bed, before: &[Traces; 2], server: &HookServer, hook: &str) -> Vec<u32> {
    let attach = attach_point(hook);
    let is_visible = attach.is_on_interface() || attach == AttachPoint::Nfqueue;
    assert_eq!(bed.traces() != *before, is_visible, "{hook}");
    let programs = programs_of(server.process());
    assert_eq!(are_loaded(&programs), is_in_kernel(attach), "{hook}");
    programs
}

#[test]
fn ctrl_c_ends_the_hook_on_either_side() {
    with_each_hook(|hook| {
        for side in ["target", "client"] {
            let bed = Bed::veth();
            let server = bed.serve();
            let before = bed.traces();
            let running = bed.measuring(&server, &["-l", LENGTH, "--hook", hook, "--hook-side", side]);
            running.signal(Signal::INT);
            let ledger = good_ledger(&running.finish());
            assert!(ledger.calls > 0, "{ledger:?}");
            bed.assert_clean(&before, &server);
            server.finish_content();
        }
    });
}

#[test]
fn a_client_that_vanishes_takes_its_hook_along() {
    with_each_hook(|hook| {
        let bed = Bed::veth();
        let server = bed.serve();
        let before = bed.traces();
        let running = bed.measuring(&server, &["-l", LENGTH, "--hook", hook]);
        let programs = assert_attached(&bed, &before, &server, hook);
        running.signal(Signal::KILL);
        eventually("its hook is still there", || bed.traces() == before && programs_of(server.process()).is_empty());
        eventually("its program is still loaded", || !are_loaded(&programs));
        good_ledger(&bed.run(&server, &["-l", "-5", "--hook", hook]));
    });
}

#[test]
fn a_killed_server_leaves_no_program_and_rules_only_until_the_next_start() {
    with_each_hook(|hook| {
        let bed = Bed::veth();
        let server = bed.serve();
        let before = bed.traces();
        let running = bed.measuring(&server, &["-l", LENGTH, "--hook", hook]);
        let programs = assert_attached(&bed, &before, &server, hook);
        server.kill();
        let finished = running.finish();
        assert_eq!(finished.code(), 1, "{finished}");
        eventually("its program is still loaded", || !are_loaded(&programs));
        // The kernel removes links; nobody else's rules.
        let is_left = attach_point(hook) == AttachPoint::Nfqueue;
        eventually("its links are still there", || (bed.traces() == before) != is_left);
        // It cleans up whatever it allows its own clients.
        let plain = bed.serve_with(&[]);
        bed.assert_clean(&before, &plain);
        plain.finish_content();
        let server = bed.serve();
        good_ledger(&bed.run(&server, &["-l", "-5", "--hook", hook]));
        bed.assert_clean(&before, &server);
    });
}
