//! What clients do that are broken, killed, or mean no good; afterwards the server must be as it was before.

mod crowd;
mod departures;
mod flows;
mod impatience;
mod messages;
mod noise;
mod requests;

/// Checks that the log is one line.
fn assert_one_line(log: &[String]) {
    assert_eq!(log.len(), 1, "{log:#?}");
}

/// Checks that the log is one line, and that it says `what`.
fn assert_only(log: &[String], what: &str) {
    assert!(matches!(log, [line] if line.contains(what)), "one line with '{what}' expected: {log:#?}");
}
