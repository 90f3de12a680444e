//! Comparisons that end before their end: interrupted, killed, and gone on with.

use rustix::process::Signal;

use crate::program::{Running, await_that, lines, path, run};

#[test]
fn an_interrupt_reports_what_was_measured() {
    let directory = tempfile::tempdir().unwrap();
    let page = directory.path().join("page.html");
    let common = ["--topology", "loopback", "--hooks", "none,lua", "--rounds", "1000", "-l", "0.05"];
    let words = [&common[..], &["--report", page.to_str().unwrap()]].concat();
    let running = Running::spawn(&words).past_its_first_round();
    running.signal(Signal::INT);
    let (status, printed, told) = running.finish();
    assert!(status.success());
    assert!(told.contains("rrgen compare: interrupted after ") && told.contains(" of 1000 rounds"), "{told}");
    assert!(printed.starts_with("variant "), "{printed}");
    let page = std::fs::read_to_string(page).unwrap();
    assert!(page.contains("The comparison was not finished") && page.contains(" of 1000 rounds were measured"));
}

/// The run of a slot is a process of its own, which must not be waited for to the end of its ten minutes.
#[test]
fn an_interrupted_slot_ends_at_once() {
    let words = ["--topology", "loopback", "--hooks", "none", "--design", "slots", "-l", "600", "--rounds", "2"];
    let running = Running::spawn(&words);
    await_that(|| !running.children().is_empty(), "the run of the first slot");
    running.signal(Signal::INT);
    let (_, _, told) = running.finish();
    assert!(told.contains("rrgen compare: interrupted after 0 of 2 rounds"), "{told}");
}

/// A comparison that was killed goes on, with the orders that it would have had.
#[test]
fn a_killed_comparison_is_gone_on_with() {
    let directory = tempfile::tempdir().unwrap();
    let common =
        ["--topology", "loopback", "--hooks", "none,lua", "--rounds", "12", "-l", "0.02", "--seed", "7", "--out"];
    let running = Running::spawn(&[&common[..], &[path(&directory)]].concat()).past_its_first_round();
    running.signal(Signal::KILL);
    running.finish();
    let before = lines(&directory);
    run(&["--resume", path(&directory)]);
    let after = lines(&directory);
    assert!((2..=13).contains(&before.len()) && after.starts_with(&before), "{}", before.len());
    assert_eq!(after.len(), 13);
    let whole = tempfile::tempdir().unwrap();
    run(&[&common[..], &[path(&whole)]].concat());
    let paths = |lines: &[String]| -> Vec<String> {
        let drawn = |line: &String| line.split_once("\"client_cpus\"").map(|(before, _)| before.to_owned());
        lines.iter().filter_map(drawn).collect()
    };
    assert_eq!(paths(&after), paths(&lines(&whole)));
}
