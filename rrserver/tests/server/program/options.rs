//! Options that print something instead of serving, and those that decide how much is logged.

use compat::wire::MESSAGE_LEN;

use crate::harness::{Client, Process, Program};

/// Exit code, stdout and stderr of a run that serves nobody.
fn run(options: &[&str]) -> (Option<i32>, String, String) {
    let mut program = Program::run(options);
    (program.exit_code(), program.stdout(), program.stderr())
}

#[test]
fn the_version_names_the_program_it_stands_in_for() {
    for option in ["-V", "--version"] {
        let (code, stdout, stderr) = run(&[option]);
        assert_eq!((code, stderr.as_str()), (Some(0), ""));
        assert_eq!(stdout, format!("rrserver {}, compatible with netserver 2.7.0\n", env!("CARGO_PKG_VERSION")));
    }
}

#[test]
fn h_is_netservers_usage_and_help_is_help() {
    let (code, stdout, stderr) = run(&["-h"]);
    assert_eq!((code, stdout.as_str()), (Some(1), ""));
    let (help_code, help, help_stderr) = run(&["--help"]);
    assert_eq!((help_code, help_stderr.as_str()), (Some(0), ""));
    for text in [stderr, help] {
        for option in ["-4", "-6", "-D", "-f", "-h", "-L", "-N", "-p", "-v", "-V", "-Z"] {
            assert!(text.split_whitespace().any(|word| word.trim_end_matches(',') == option), "{option}: {text}");
        }
    }
}

#[test]
fn what_is_no_option_is_named_on_stderr() {
    for (options, named) in [
        (vec!["-q"], "-q"),
        (vec!["--no-such-option"], "--no-such-option"),
        (vec!["-p", "65536"], "65536"),
        (vec!["-p"], "--port"),
        (vec!["-Z", ""], "-Z"),
        (vec!["-L", "127.0.0.1,6"], "127.0.0.1"),
        (vec!["-L", "127.0.0.1,ipx"], "ipx"),
    ] {
        let (code, stdout, stderr) = run(&options);
        assert_eq!((code, stdout.as_str()), (Some(1), ""), "{options:?}");
        assert!(stderr.contains(named), "{options:?}: {stderr}");
    }
}

/// A client that is a warning, and nothing else, to a server with these options; the levels it logged.
fn levels(options: &[&str]) -> Vec<String> {
    let server = Process::start(options);
    let before = server.footprint();
    let mut client = Client::connect(server.address());
    client.send(&[0; MESSAGE_LEN]);
    client.receive();
    drop(client);
    server.returns_to(before);
    let word = |line: &String| line.split_whitespace().nth(1).expect("a level after the time").to_owned();
    server.stop().iter().map(word).collect()
}

#[test]
fn verbosity_decides_what_is_logged() {
    assert_eq!(levels(&[]), ["WARN"]);
    assert_eq!(levels(&["-D", "-n", "4"]), ["WARN"]);
    assert_eq!(levels(&["-N"]), [""; 0]);
    assert_eq!(levels(&["-v", "0"]), [""; 0]);
    // Connected, the warning, done, shutting down.
    assert_eq!(levels(&["-v2"]), ["INFO", "WARN", "INFO", "INFO"]);
}
