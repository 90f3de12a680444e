//! Somebody else's object: C, compiled by clang, without a header or a map of ours.

use std::path::Path;
use std::process::Command;

use hooks::attach::kernel::KernelHook;
use hooks::engine::ebpf::{EbpfError, EbpfProgram};

use crate::netns::Namespace;
use crate::support::{is_root, skip};
use crate::traffic::Connection;

const SOURCE: &str = include_str!("foreign.c");
const OBJECT: &str = "foreign.o";
const TRANSACTIONS: u64 = 20;

/// A hook directory with the compiled object, or none where it cannot be made.
fn compiled() -> Option<tempfile::TempDir> {
    if !is_root() {
        return None;
    }
    if Command::new("clang").arg("--version").output().is_err() {
        skip("it needs clang");
        return None;
    }
    let directory = tempfile::tempdir().unwrap();
    let source = directory.path().join("foreign.c");
    std::fs::write(&source, SOURCE).unwrap();
    let mut clang = Command::new("clang");
    clang.args(["-O2", "-g", "-target", "bpf", "-c"]).arg(source).arg("-o").arg(directory.path().join(OBJECT));
    assert!(clang.status().unwrap().success());
    Some(directory)
}

fn load(directory: &Path, hook: &str) -> Result<EbpfProgram, EbpfError> {
    EbpfProgram::load(&hook.parse().unwrap(), Some(directory))
}

#[test]
fn a_foreign_program_runs_and_its_calls_are_known() {
    let Some(directory) = compiled() else { return };
    for (hook, attached) in [
        ("ebpf@xdp:object=foreign.o,program=pass_all", "xdp-generic on lo"),
        // The only one of its type needs no name.
        ("ebpf@tcx-ingress:object=foreign.o", "tcx-ingress on lo"),
    ] {
        let host = Namespace::new();
        let program = load(directory.path(), hook).unwrap();
        let hook = host.run(move || KernelHook::on_interface(program, &"lo".parse().unwrap())).unwrap();
        Connection::new(&host, &host, "127.0.0.1").transact(TRANSACTIONS);
        let ledger = hook.detach().unwrap();
        assert!(ledger.calls >= 2 * TRANSACTIONS, "{ledger}");
        assert_eq!((ledger.attached.as_str(), ledger.tcp), (attached, None));
        assert_eq!((ledger.passes, ledger.drops), (None, None), "nobody has counted them");
    }
}

#[test]
fn several_programs_are_listed_to_choose_from() {
    let Some(directory) = compiled() else { return };
    for hook in ["ebpf@xdp:object=foreign.o", "ebpf@xdp:object=foreign.o,program=nosuch"] {
        let error = load(directory.path(), hook).unwrap_err();
        assert!(error.to_string().contains("out_of_bounds, pass_all"), "{error}");
    }
    let error = load(directory.path(), "ebpf@socket:object=foreign.o,program=pass_all").unwrap_err();
    assert!(matches!(error, EbpfError::NoProgram { .. }), "{error}");
}

#[test]
fn the_verifiers_words_are_shown() {
    let Some(directory) = compiled() else { return };
    let error = load(directory.path(), "ebpf@xdp:object=foreign.o,program=out_of_bounds").unwrap_err();
    assert!(error.to_string().contains("invalid access to packet"), "{error}");
}

#[test]
fn parameters_need_a_map_to_go_to() {
    let Some(directory) = compiled() else { return };
    let error = load(directory.path(), "ebpf@xdp:object=foreign.o,program=pass_all,port=7").unwrap_err();
    assert!(matches!(error, EbpfError::NoMap("PARAMS")), "{error}");
}
