//! Limits of the process that its operator has set: each is named, with what to do about it, before anything is lost.

use std::process::Command;

use crate::support::{Running, Server, listening_port, rrgen, rrserver, run};

/// `command` as a shell starts it that has set a limit of its own process (`ulimit`).
fn under(limit: &str, command: &Command) -> Command {
    in_shell(&format!("ulimit {limit} && exec \"$@\""), command)
}

/// A shell with `line`, in which `"$@"` is `command`.
fn in_shell(line: &str, command: &Command) -> Command {
    let mut shell = Command::new("sh");
    shell.args(["-c", line, "sh"]).arg(command.get_program()).args(command.get_args());
    shell
}

#[test]
fn too_few_open_files_are_told_before_the_start() {
    let server = Server::rrserver(&[]);
    let mut alone = rrgen();
    alone.args(["-H", "127.0.0.1", "-p", &server.port(), "-l", "-10"]);
    let mut local = rrgen();
    local.args(["--local", "-l", "-10"]);
    let mut compare = rrgen();
    compare.args(["compare", "--topology", "loopback", "--hooks", "none", "--rounds", "1", "-l", "0.01"]);
    for limit in [6, 7, 8, 10, 16] {
        for command in [&alone, &local, &compare, &rrserver("127.0.0.1")] {
            let finished = run(&mut under(&format!("-n {limit}"), command));
            let told = format!("the hard limit of this process is {limit}; raise it: `ulimit -Hn ");
            assert!(finished.stderr.contains(&told), "{command:?}: {finished}");
            assert_eq!((finished.code(), finished.stdout.as_str(), finished.stderr.lines().count()), (1, "", 1));
        }
    }
}

/// Where the server is inside, it has its end of every flow in the same process; and every thread waits by a descriptor.
#[test]
fn too_few_open_files_for_many_flows_are_told_before_the_start() {
    for (limit, flows) in [(300, &["--flows", "150"][..]), (700, &["--flows", "256", "--threads", "256"])] {
        let mut local = rrgen();
        let finished = run(&mut under(&format!("-n {limit}"), local.args(["--local", "-l", "-1000"]).args(flows)));
        let told = format!("the hard limit of this process is {limit}; raise it: `ulimit -Hn ");
        assert!(finished.stderr.contains(&told), "{finished}");
        assert_eq!((finished.code(), finished.stdout.as_str()), (1, ""), "{finished}");
    }
}

#[test]
fn a_comparison_says_how_many_files_its_variants_take() {
    let mut compare = rrgen();
    compare.args([
        "compare",
        "--topology",
        "loopback",
        "--hooks",
        "none,null,native,lua",
        "--rounds",
        "1",
        "-l",
        "0.01",
    ]);
    let finished = run(&mut under("-n 80", &compare));
    assert!(finished.stderr.contains("and the hard limit of this process is 80; raise it"), "{finished}");
    assert_eq!((finished.code(), finished.stdout.as_str()), (1, ""));
}

/// The connections that it cannot accept were made by the kernel: the client would wait for its answer.
#[test]
fn a_server_that_runs_out_of_files_in_mid_run_turns_clients_away() {
    // A client takes a few descriptors; it is the limit that says which of them is the first to be missing.
    for limit in 197..=200 {
        let mut server = Running::start(&mut under(&format!("-n {limit}"), &rrserver("127.0.0.1")));
        let port = listening_port(&server.wait_for("rrserver: listening")).to_string();
        let many = ["--flows", "200", "--control-per-flow", "-l", "1"];
        let finished = run(rrgen().args(["-H", "127.0.0.1", "-p", &port]).args(many));
        assert!(finished.code() != 0 && !finished.stdout.contains("Local /Remote"), "{limit}: {finished}");
        let one = run(rrgen().args(["-H", "127.0.0.1", "-p", &port, "-l", "-10"]));
        assert_eq!(one.code(), 0, "it serves on: {one}");
    }
}

#[test]
fn a_soft_limit_is_raised() {
    let mut local = rrgen();
    local.args(["--local", "-l", "-10"]);
    let finished = run(&mut under("-S -n 8", &local));
    assert_eq!((finished.code(), finished.stderr.as_str()), (0, ""), "{finished}");
}

/// A run that the signal kills (SIGXFSZ, 153 as a shell counts) says nothing.
#[test]
fn a_file_that_may_not_grow_is_named() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = |name: &str| folder.path().join(name).to_str().expect("a path in ASCII").to_owned();
    let [log, out, page] = ["log", "out", "page.html"].map(path);
    let compare = ["compare", "--topology", "loopback", "--hooks", "none", "--rounds", "1", "-l", "0.01"];
    for (words, file) in [
        (&["--local", "-l", "-2000", "-D", "-0.001", "--hdr-log", &log][..], &log),
        (&[&compare[..], &["--out", &out]].concat(), &out),
        (&[&compare[..], &["--report", &page]].concat(), &page),
    ] {
        let mut command = rrgen();
        let finished = run(&mut under("-f 1", command.args(words)));
        assert!(finished.stderr.contains("File too large") && finished.stderr.contains(file), "{finished}");
        assert_eq!(finished.code(), 1, "{finished}");
    }
}

#[test]
fn a_server_whose_log_is_full_serves() {
    let mut server = Running::start(&mut in_shell("exec \"$@\" 2>/dev/full", rrserver("127.0.0.1").args(["-v", "3"])));
    let port = listening_port(&server.wait_for("rrserver: listening")).to_string();
    for _ in 0..2 {
        let finished = run(rrgen().args(["-H", "127.0.0.1", "-p", &port, "-l", "-10"]));
        assert_eq!(finished.code(), 0, "{finished}");
    }
}
