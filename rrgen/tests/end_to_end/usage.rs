//! Command lines that cannot be carried out.

use std::fs::File;

use crate::support::{Client, Finished, Sample, assert_advised, assert_failed_like, rrgen, rrserver, run};

fn refused(options: &[&str]) -> Finished {
    let finished = run(rrgen().args(options));
    assert_eq!((finished.code(), finished.stdout.as_str()), (1, ""), "{finished}");
    finished
}

/// getopt's message is netperf's; the usage text after it is not ours to repeat.
#[test]
fn an_unknown_option_and_a_missing_argument() {
    for name in ["84-bad-global", "86-missing-arg"] {
        let mut sample = Sample::load(name).replace("netperf: ", "rrgen: ");
        let end = sample.stderr.find('\n').expect("a line");
        sample.stderr.truncate(end + 1);
        assert_failed_like(&sample, &run(rrgen().args(sample.arguments(&[]))), "--help");
    }
}

#[test]
fn an_unknown_test_is_told_which_there_are() {
    let sample = Sample::load("82-unknown-test");
    assert_failed_like(&sample, &run(rrgen().args(sample.arguments(&[]))), "TCP_RR");
}

/// Stock netperf hangs on the first, and uses other ports than it was asked for.
#[test]
fn values_out_of_range_are_refused_with_what_is_allowed() {
    let options: [&[&str]; 4] = [&["--", "-r", "0"], &["--", "-r", "1,0"], &["-p", "99999"], &["--", "-P", ",65536"]];
    for words in options {
        let finished = refused(words);
        assert_advised(&finished.stderr, "", "allowed: ");
        let option = words[words.len() - 2];
        assert!(finished.stderr.starts_with(&format!("rrgen: {option}: ")), "{finished}");
    }
}

#[test]
fn as_netperf_it_refuses_in_that_name() {
    let options: [&[&str]; 7] = [
        &["--", "-r", "17M"],
        &["--", "-b", "2000000"],
        &["--", "-P", "65536,"],
        &["--", "-K", "sixteen-letters-"],
        &["-p", "99999"],
        &["-s", "-1"],
        &["-i", "-1"],
    ];
    for words in options {
        let mut command = Client::RrgenAsNetperf.command().expect("always there");
        let refused = run(command.args(["-t", "TCP_RR"]).args(words));
        assert_eq!((refused.code(), refused.stdout.as_str()), (1, ""), "{refused}");
        assert!(refused.stderr.starts_with("netperf: ") && !refused.stderr.contains("rrgen"), "{refused}");
    }
}

#[test]
fn an_error_that_cannot_be_told_is_its_status_all_the_same() {
    for (mut command, words) in [(rrgen(), ["-p", "99999"]), (rrserver("127.0.0.1"), ["-Z", ""])] {
        let full = File::create("/dev/full").expect("a device that is always full");
        let status = command.args(words).stderr(full).status().expect("it runs");
        assert_eq!(status.code(), Some(1), "{command:?}");
    }
}
