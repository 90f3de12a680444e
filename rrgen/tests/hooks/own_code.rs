//! The operator's own script and own eBPF object, from the hook host's folder.

use std::fs;
use std::path::Path;
use std::process::Command;

use hooks::engine::Script;
use tempfile::TempDir;

use crate::bed::{Bed, is_possible};
use crate::ledger::Ledger;
use crate::support::is_installed;

const TRANSACTIONS: u64 = 1000;
const LENGTH: &str = "-1000";
const SCRIPT: &str = "function on_packet(pkt)\n  return pkt:len() > 0 and PASS or DROP\nend\n";
/// The C program that the tests of the loader use, too.
const SOURCE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../hooks/tests/ebpf_attach/foreign.c");

/// The ledger of a run with a hook from `folder`, which left nothing behind.
fn ledger_of(folder: &Path, hook: &str) -> Ledger {
    let bed = Bed::loopback("127.0.0.1");
    let folder = folder.to_str().expect("a path of ours");
    let options = ["--allow-hook", hook.split(':').next().expect("a hook"), "--hook-scope", "host"];
    let server = bed.serve_with(&[&options[..], &["--hook-dir", folder]].concat());
    let before = bed.traces();
    let finished = bed.run(&server, &["-l", LENGTH, "--hook", hook]);
    assert_eq!(finished.code(), 0, "{finished}");
    bed.assert_clean(&before, &server);
    let ledger = Ledger::read(&finished.stderr);
    assert_eq!((ledger.hook.as_str(), ledger.errors), (hook, 0), "{finished}");
    ledger
}

#[test]
fn a_script_runs_on_messages_and_in_netfilter() {
    if !is_possible() {
        return;
    }
    let folder = TempDir::new().expect("a folder");
    fs::write(folder.path().join("mine.lua"), SCRIPT).expect("a script");
    for hook in ["lua@message:script=mine.lua", "lua@nfqueue:script=mine.lua"] {
        let ledger = ledger_of(folder.path(), hook);
        assert_eq!(ledger.hash, Some(Script::new("mine.lua", SCRIPT).hash()));
        assert_eq!((ledger.passes, ledger.drops), (Some(ledger.calls), Some(0)));
        ledger.assert_saw(TRANSACTIONS);
    }
}

#[test]
fn an_object_compiled_by_clang_runs_on_an_interface() {
    if !is_possible() || !is_installed("clang") {
        return;
    }
    let folder = TempDir::new().expect("a folder");
    let mut clang = Command::new("clang");
    clang.args(["-O2", "-g", "-target", "bpf", "-c", SOURCE, "-o"]).arg(folder.path().join("mine.o"));
    assert!(clang.status().expect("clang").success());
    for hook in ["ebpf@xdp-generic:object=mine.o,program=pass_all", "ebpf@tcx-ingress:object=mine.o"] {
        let ledger = ledger_of(folder.path(), hook);
        assert_eq!((ledger.passes, ledger.drops), (None, None), "the object has no counters");
        ledger.assert_saw(2 * TRANSACTIONS);
    }
}
