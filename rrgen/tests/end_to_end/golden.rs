//! Every captured command again, in three pairings: stdout, stderr and exit status are the capture's, numbers masked.
//!
//! The few that differ are the rows of compat/DEVIATIONS.md, each with the test that holds it; nothing else may.

use std::fs;
use std::path::Path;

use crate::deviations::deviations;
use crate::support::{Pairing, Sample, free_port, run, without_figures};

/// A length that takes no time, for every run that shows no interim results.
const COUNTED: &str = "-200";

/// Runs without a length of their own or with one that must stay.
const KEPT: &[&str] = &["-D", "timeout"];

/// Data ports of the captures, which somebody else may have here.
const DATA_PORTS: [&str; 3] = ["40011", "40012", "40021"];

/// Those that need another server than one that simply serves; each is held by the test named.
const ELSEWHERE: &[(&str, &str)] = &[
    ("36-ipv6", "interop.rs"),
    ("37-ipv6-noH", "interop.rs"),
    ("80-noserver", "failures.rs"),
    ("81-noserver-default-host", "failures.rs"),
    ("83-unknown-host", "failures.rs"),
    ("93-unknown-data-host", "failures.rs"),
    ("94-Z-missing", "failures.rs"),
    ("94-Z-right", "interop.rs"),
    ("94-Z-wrong", "failures.rs"),
    ("a8-hostname", "a name of the capturing machine"),
    ("b1-remote-err-998", "server_errors.rs"),
    ("b2-remote-err-98", "server_errors.rs"),
    ("b3-results-err-22", "server_errors.rs"),
    ("b4-short-response", "server_errors.rs"),
    ("b5-server-closes", "server_errors.rs"),
    ("b6-data-refused", "failures.rs"),
    ("bo-P-taken", "rrserver: a_taken_data_port_is_replaced_as_netserver_does"),
    ("bs-sigint-l10", "signals.rs"),
    ("bt-l0-sigint", "signals.rs"),
    ("97-ns-h", "netserver.rs"),
    ("98-ns-V", "netserver.rs"),
    ("99-ns-inuse", "netserver.rs"),
];

fn every_command(pairing: Pairing) {
    let Some((_, server)) = pairing.start("127.0.0.1", &[]) else { return };
    let names = Sample::names();
    let port = server.port();
    let deviations = deviations();
    let ports = DATA_PORTS.map(|captured| (captured, free_port().to_string()));
    let mut wrong = Vec::new();
    for name in &names {
        if ELSEWHERE.iter().any(|(other, _)| other == name) || deviations.contains(&format!("`{name}`")) {
            continue;
        }
        let mut command = pairing.client.command().expect("was there a moment ago");
        let sample = Sample::load(name);
        let mut further = vec!["-p", &port];
        if !KEPT.iter().any(|word| sample.has(word)) {
            further.extend(["-l", COUNTED]);
        }
        command.current_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("../compat/tests/samples"));
        let here = |word: String| ports.iter().fold(word, |word, (captured, free)| word.replace(captured, free));
        let finished = run(command.args(sample.arguments(&further).into_iter().map(here)));
        let added = format!(" {}", further.join(" "));
        let there = |text: String| ports.iter().fold(text, |text, (captured, free)| text.replace(free, captured));
        let printed = comparable(&there(finished.stdout.replace(&added, "")));
        let expected = comparable(&sample.stdout);
        if (finished.code(), &printed, &finished.stderr) != (sample.status, &expected, &sample.stderr) {
            wrong.push(format!("== {name}: status {}\n{expected}\n-- but: {finished}\n{printed}", sample.status));
        }
    }
    assert!(wrong.is_empty(), "{pairing:?}: {} of {}:\n{}", wrong.len(), names.len(), wrong.join("\n"));
}

/// Numbers masked; and without the block that says a confidence was not reached, which is as it happens.
pub(crate) fn comparable(stdout: &str) -> String {
    let mut text = stdout.to_owned();
    if let Some(start) = text.find("!!! WARNING")
        && let Some(end) = text[start..].find("\n\n")
    {
        text.replace_range(start..start + end + 2, "");
    }
    without_figures(&text.replace(&congestion_control(), "bbr"))
}

/// The algorithm of this machine, where the capturing machine had another.
fn congestion_control() -> String {
    let name = fs::read_to_string("/proc/sys/net/ipv4/tcp_congestion_control").expect("the default algorithm");
    name.trim().to_owned()
}

#[test]
fn rrgen_as_netperf_against_netserver() {
    every_command(Pairing::AS_NETPERF_NETSERVER);
}

#[test]
fn rrgen_as_netperf_against_rrserver() {
    every_command(Pairing::AS_NETPERF_RRSERVER);
}

#[test]
fn netperf_against_rrserver() {
    every_command(Pairing::NETPERF_RRSERVER);
}
