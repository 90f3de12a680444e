//! A filter that drops the test's own packets: the test ends, soon and with a reason.

use std::thread;

use crate::bed::{Bed, is_possible};
use crate::ledger::Ledger;
use crate::support::Finished;
use crate::support::mask::is_row;

/// Longer than anything here waits.
const LENGTH: &str = "60";

/// The run failed because of its hook, which it says, with a way out.
fn assert_explained(finished: &Finished) {
    assert_eq!(finished.code(), 1, "{finished}");
    let ledger = Ledger::read(&finished.stderr);
    let (passes, drops) = ledger.passes.zip(ledger.drops).expect("counts");
    assert!(drops > 0 && ledger.calls == passes + drops, "{finished}");
    assert!(!finished.stdout.lines().any(is_row), "no row of zeros: {finished}");
    assert!(finished.stderr.contains("rrgen: the hook dropped "), "{finished}");
    assert!(
        finished.stderr.contains("choose another port=, or ports of the test by `-- -P LOCAL,REMOTE`"),
        "{finished}"
    );
}

/// Runs a test from the port that its hook drops.
fn drop_own_port(hook: &str) {
    let bed = Bed::veth();
    let server = bed.serve();
    let before = bed.traces();
    let port = bed.free_client_port();
    let options = ["-l", LENGTH, "--hook", &format!("{hook}:port={port}"), "--", "-P", &format!("{port},")];
    assert_explained(&bed.run(&server, &options));
    bed.assert_clean(&before, &server);
}

#[test]
fn a_test_that_its_hook_drops_is_ended_and_told_why() {
    if !is_possible() {
        return;
    }
    thread::scope(|scope| {
        for hook in ["native@message", "lua@nfqueue", "ebpf@xdp", "ebpf@tcx-ingress", "ebpf@socket"] {
            scope.spawn(move || drop_own_port(hook));
        }
    });
}
