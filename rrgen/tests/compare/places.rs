//! Wherever variants are compared, there is a report.

use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::process::Command;

use rrgen::local::LocalServer;
use rustix::process::geteuid;

use crate::possible::without_namespaces;
use crate::program::{compare, run};

/// The user and the group that own nothing.
const NOBODY: u32 = 65534;

#[test]
fn every_place_gives_a_report() {
    let places = ["direct", "router", "loopback"];
    let possible = if without_namespaces() { &places[2..] } else { &places };
    for place in possible {
        let (report, progress) = run(&["--topology", place, "--rounds", "8", "-l", "0.02", "--margin", "50"]);
        let row = report.lines().find(|line| line.starts_with("baseline' / baseline  ")).unwrap();
        assert!(row.contains("] %"), "{place}: {report}");
        assert!(
            report.contains("\ndesign   lock-step in blocks of 2ms, at least 50 transactions; 8 rounds of 20ms"),
            "{report}"
        );
        assert_eq!(progress.lines().count(), 8, "{progress}");
    }
}

#[test]
fn a_running_server_is_used() {
    let server = LocalServer::start(false, None, None).unwrap();
    let port = server.address().port().to_string();
    for options in [&["-l", "0.02"][..], &["--design", "slots", "-l", "1", "-r", "64,128"]] {
        let (report, _) = run(&[&["-H", "127.0.0.1", "-p", &port, "--rounds", "2"], options].concat());
        assert!(report.contains(&format!("the server at 127.0.0.1, port {port}")), "{report}");
    }
}

#[test]
fn without_ip_there_is_still_the_loopback_device() {
    let output = compare(&["--rounds", "1", "-l", "0.02"]).env("PATH", "").output().unwrap();
    let report = String::from_utf8(output.stdout).unwrap();
    assert!(report.contains("\nplace    the loopback device\n"), "{report}");
    assert!(report.contains("\nskipped  test-bed of namespaces: "), "{report}");
}

/// As anybody but root; whoever is not root has run the other tests so.
#[test]
fn users_get_the_test_bed_in_a_user_namespace() {
    if !geteuid().is_root() {
        return;
    }
    let namespaces = std::fs::read_to_string("/proc/sys/user/max_user_namespaces").unwrap_or_default();
    if without_namespaces() || namespaces.trim() == "0" {
        eprintln!("skipped: the kernel gives users no namespaces");
        return;
    }
    // Where a build ends up, others may not look.
    let directory = tempfile::tempdir().unwrap();
    std::fs::set_permissions(directory.path(), Permissions::from_mode(0o755)).unwrap();
    let program = directory.path().join("rrgen");
    std::fs::copy(env!("CARGO_BIN_EXE_rrgen"), &program).unwrap();
    let words = ["compare", "--topology", "router", "--rounds", "1", "-l", "0.02"];
    let output = Command::new(program).args(words).uid(NOBODY).gid(NOBODY).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert!(String::from_utf8(output.stdout).unwrap().contains("\nplace    three network namespaces"));
}

#[test]
fn what_is_wrong_is_told_before_anything_runs() {
    for (words, message) in [
        (&["--topology", "loopback", "-T", "100000"][..], "-T: CPU 100000 is out of range"),
        (&["--flows", "0"], "0 is not in 1..=65536"),
        (&["--flows", "4", "--threads", "2"], "--threads: a comparison has one data thread at each end"),
        (&["--flows", "4", "--control-per-flow"], "--control-per-flow: the flows of a variant are one test"),
        (&["--topology", "loopback", "--flows", "4", "--hook", "null@socket"], "a hook on a socket sits on one flow"),
        (
            &["--topology", "loopback", "--flows", "4", "--hook", "lua@nfqueue"],
            "lua@nfqueue cannot be had: a queue is kept to one connection: leave out --flows, or let it see all traffic by \
             --hook-scope host",
        ),
        (&["--resume", "/nonexistent", "--flows", "4"], "cannot be used with '--flows"),
        (&["--topology", "loopback", "--", "-b", "4"], "-b: lock-step has one request in flight"),
        (&["--topology", "loopback", "--design", "slots", "-l", "0.5"], "-l takes whole seconds"),
        (&["--topology", "loopback", "-r", "99999999"], "-r: a request of 99999999 bytes is too large"),
        (&["--resume", "/nonexistent"], "/nonexistent/results.jsonl: cannot read it: "),
        (&["-H", "127.0.0.1", "-p", "1", "-l", "0.01"], "start `rrserver` there"),
        (&["--topology", "loopback", "--format", "record"], "the record format needs results of the slot design"),
        (&["--topology", "loopback", "-l", "61"], "takes at most 60 s a round; measure more rounds"),
        (&["-Z", "secret"], "-Z: the test-bed has a passphrase of its own"),
        (&["-L", "10.0.0.1"], "required arguments were not provided"),
        (&["-H", "127.0.0.1", "-p", "5,6"], "one port of our own is not enough"),
        (&["--report", "/nonexistent/page.html"], "--report: cannot write /nonexistent/page.html: "),
        (&["--report", "/dev/null"], "--report: /dev/null is no regular file; choose another name"),
        (&["-l", "0"], "not between 0.01 and 3600"),
        (&["--hook", "perl"], "perl"),
        (&["--topology", "loopback", "--hook", "ebpf", "--design", "lockstep"], "ebpf@xdp "),
        (&["--topology", "loopback", "--hook", "lua", "--hooks", "none,lua"], "lua@message is named twice"),
    ] {
        let output = compare(words).output().unwrap();
        let told = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(1), "{words:?}");
        assert!(told.contains(message), "{words:?}: {told}");
    }
}
