//! Limits of the process that its operator has set: each is named, with what to do about it, before anything is lost.

use std::ffi::OsStr;
use std::process::Command;

use crate::support::{Server, rrgen, rrserver, run};

/// `command` as a shell starts it that has set a limit of its own process and its children (`ulimit`).
fn under(limit: &str, command: &Command) -> Command {
    let mut shell = Command::new("sh");
    let words = [OsStr::new("sh"), command.get_program()].into_iter().chain(command.get_args());
    shell.arg("-c").arg(format!("ulimit {limit} && exec \"$@\"")).args(words);
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

#[test]
fn a_soft_limit_is_raised() {
    let mut local = rrgen();
    local.args(["--local", "-l", "-10"]);
    let finished = run(&mut under("-S -n 8", &local));
    assert_eq!((finished.code(), finished.stderr.as_str()), (0, ""), "{finished}");
}
