//! One hook per place, and nothing left behind, however the process that attached it ends.

use std::io::{BufRead, BufReader, Read};
use std::process::{Child, Command, Stdio};

use aya::programs::{Xdp, XdpMode, loaded_programs};
use hooks::attach::kernel::KernelHook;
use hooks::engine::ebpf::{EbpfError, EbpfProgram, Object};

use crate::netns::Namespace;
use crate::support::is_root;
use crate::traffic::Connection;
use crate::{attach, eventually, hooks_on};

/// Tells the test below that it is the child that will be killed.
const CHILD: &str = "RRGEN_TEST_ATTACH_AND_WAIT";
/// What the child says when its hook is attached.
const ATTACHED: &str = "attached";
#[test]
fn the_second_hook_at_a_place_gets_a_clear_error() {
    if !is_root() {
        return;
    }
    let host = Namespace::new();
    for (first, second) in [
        ("null@xdp", "ebpf@xdp-native"),
        ("null@tcx-ingress", "ebpf@tcx-ingress"),
        ("null@tcx-egress", "null@tcx-egress"),
    ] {
        let hook = attach(&host, first, "lo").unwrap();
        let refused = attach(&host, second, "lo").err().unwrap();
        assert!(
            matches!(refused, EbpfError::Occupied { .. }) && refused.to_string().starts_with("lo already has a hook")
        );
        drop(hook);
        drop(attach(&host, first, "lo").unwrap());
    }
}

#[test]
fn hooks_at_different_places_of_an_interface_live_together() {
    if !is_root() {
        return;
    }
    let host = Namespace::new();
    let hooks = ["ebpf@xdp", "ebpf@tcx-ingress", "ebpf@tcx-egress"].map(|spec| attach(&host, spec, "lo").unwrap());
    Connection::new(&host, &host, "127.0.0.1").transact(1);
    for hook in hooks {
        assert!(hook.detach().unwrap().calls > 0);
    }
}

#[test]
fn an_xdp_program_of_someone_else_is_left_alone() {
    if !is_root() {
        return;
    }
    let host = Namespace::new();
    let other = host.run(|| {
        let mut other = aya::Ebpf::load(Object::prebuilt().bytes()).unwrap();
        let program: &mut Xdp = other.program_mut("xdp_null").unwrap().try_into().unwrap();
        program.load().unwrap();
        program.attach("lo", XdpMode::Skb).unwrap();
        other
    });
    let before = hooks_on(&host, "lo");
    for spec in ["ebpf@xdp", "ebpf@xdp-native", "ebpf@xdp-generic"] {
        let refused = attach(&host, spec, "lo").err().unwrap();
        assert!(!matches!(refused, EbpfError::NotPermitted), "{refused}");
        assert_eq!(hooks_on(&host, "lo"), before);
    }
    assert!(matches!(attach(&host, "ebpf@xdp", "lo"), Err(EbpfError::Occupied { .. })));
    drop(other);
    drop(attach(&host, "ebpf@xdp", "lo").unwrap());
}

#[test]
fn wrong_places_are_named() {
    if !is_root() {
        return;
    }
    let host = Namespace::new();
    for point in ["xdp", "tcx-ingress"] {
        let error = attach(&host, &format!("null@{point}"), "nosuch0").err().unwrap();
        assert!(matches!(error, EbpfError::NoInterface(_)), "{error:?}");
    }
    assert!(matches!(attach(&host, "null@socket", "lo"), Err(EbpfError::Misplaced(_))));
    let connection = Connection::new(&host, &host, "127.0.0.1");
    let program = EbpfProgram::load(&"null@xdp".parse().unwrap(), None).unwrap();
    assert!(matches!(KernelHook::on_socket(program, &connection.server), Err(EbpfError::Misplaced(_))));
}

#[test]
fn a_dropped_hook_leaves_no_program_in_the_kernel() {
    if !is_root() {
        return;
    }
    let host = Namespace::new();
    let connection = Connection::new(&host, &host, "127.0.0.1");
    let program = EbpfProgram::load(&"ebpf@socket".parse().unwrap(), None).unwrap();
    let id = program.id().unwrap();
    let is_loaded = || loaded_programs().any(|info| info.is_ok_and(|info| info.id() == id));
    let hook = KernelHook::on_socket(program, &connection.server).unwrap();
    assert!(is_loaded());
    drop(hook);
    // The connection is still open: the program is not kept by the socket either.
    eventually("the program is still loaded", || !is_loaded());
}

#[test]
fn the_kernel_cleans_up_after_a_killed_process() {
    if !is_root() {
        return;
    }
    let host = Namespace::new();
    if std::env::var_os(CHILD).is_some() {
        attach_and_wait();
    }
    let before = hooks_on(&host, "lo");
    let mut child = host.run(spawn_child);
    let mut said = String::new();
    let mut lines = BufReader::new(child.stdout.take().unwrap());
    while !said.contains(ATTACHED) {
        assert_ne!(lines.read_line(&mut said).unwrap(), 0, "the child ended early: {said}");
    }
    let with_child = hooks_on(&host, "lo");
    assert!(with_child.contains("xdpgeneric") && with_child.contains("tc_null"), "{with_child}");
    child.kill().unwrap();
    child.wait().unwrap();
    eventually("hooks of the killed process are left", || hooks_on(&host, "lo") == before);
    drop(attach(&host, "null@tcx-ingress", "lo").unwrap());
}

fn spawn_child() -> Child {
    Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "lifetime::the_kernel_cleans_up_after_a_killed_process", "--nocapture"])
        .env(CHILD, "1")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap()
}

/// The child: attaches in the namespace that it was born in, and waits for its end.
fn attach_and_wait() -> ! {
    let hooks = ["ebpf@xdp", "null@tcx-ingress"].map(|spec| {
        let program = EbpfProgram::load(&spec.parse().unwrap(), None).unwrap();
        KernelHook::on_interface(program, &"lo".parse().unwrap()).unwrap()
    });
    println!("{ATTACHED}");
    // Ends also when the parent does.
    let _ = std::io::stdin().read(&mut [0]);
    drop(hooks);
    std::process::exit(0);
}
