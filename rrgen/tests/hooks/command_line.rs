//! Hooks that nobody could run, and the list of those that this host can.

use hooks::capability::Host;
use hooks::named::Named;
use hooks::spec::{AttachPoint, Engine};

use crate::bed::assert_refused;
use crate::support::{rrgen, run};

#[test]
fn the_list_is_what_this_host_can_do() {
    let finished = run(rrgen().arg("hooks"));
    assert_eq!((finished.code(), finished.stderr.as_str()), (0, ""), "{finished}");
    assert_eq!(finished.stdout, Host::probe().describe());
    let begins_a_line = |name: &str| finished.stdout.lines().any(|line| line.split_whitespace().next() == Some(name));
    assert!(AttachPoint::ALL.iter().all(|attach| begins_a_line(attach.name())), "{finished}");
    assert!(Engine::ALL.iter().all(|engine| begins_a_line(engine.name())), "{finished}");
}

#[test]
fn what_is_no_hook_is_told_what_would_be_one() {
    for (hook, advice) in [
        ("perl", "one of null, native, lua, ebpf"),
        ("lua@disk", "one of message, socket, "),
        ("lua@xdp", "engines there: null, ebpf"),
        ("lua:colour=red", "one of filter, port, "),
        ("lua:", "is not KEY=VALUE"),
        ("lua:port=65536", "port=65536: "),
        ("lua:port=5,port=6", "port= is given twice"),
    ] {
        let finished = run(rrgen().args(["--local", "-l", "-5", "--hook", hook]));
        assert_refused(&finished, advice);
        assert!(finished.stderr.ends_with("rrgen: `rrgen hooks` lists what this host can do\n"), "{finished}");
    }
}

#[test]
fn none_is_no_hook() {
    let finished = run(rrgen().args(["--local", "-l", "-5", "--hook", "none"]));
    assert_eq!((finished.code(), finished.stderr.as_str()), (0, ""), "{finished}");
    assert!(!finished.stdout.contains("hook"), "{finished}");
}
