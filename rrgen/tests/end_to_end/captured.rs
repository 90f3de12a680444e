//! The rest of netperf's captured runs that rrgen can do: options that change little, but change the text.

use crate::support::{RoundTrips, Sample, Server, mask, rrgen, run};

/// What all of these are cut to.
const LENGTH: &str = "-100";

#[rustfmt::skip]
const SAMPLES: &[&str] = &[
    "01-default", "11-P0", "12-P0v0", "20-j", "24-T0c", "25-Tc1", "34-B-headers", "35-v0-P0-B", "78-fB", "78-fG",
    "78-fK", "78-fM", "78-fb", "78-fg", "78-fm", "78-ft", "78-fu", "78-fx", "85-bad-test-opt",
    "92-kdirty", "95-testopt-i", "96-posarg", "a9-Linet", "aa-dataHL", "ad-4", "ae-Hcomma4", "ag-r1,0", "ah-f-bad",
    "ai-lowercase", "aj-H-unk-family", "aq-v-neg",
];

/// Those that ask for details, and so for rrgen's line on stderr.
const DETAILED: &[&str] = &["21-j-v2", "79-fm-v2", "a2-v3", "ba-align-v2", "bb-b4-v2"];

#[test]
fn a_captured_run_done_again_prints_the_same() {
    let server = Server::rrserver(&[]);
    for name in [SAMPLES, DETAILED].concat() {
        let sample = Sample::load(name).replace("netperf: ", "rrgen: ");
        let finished = run(rrgen().args(sample.arguments(&["-p", &server.port(), "-l", LENGTH])));
        assert_eq!(finished.code(), sample.status, "{name}: {finished}");
        assert_eq!(mask(&finished.stdout), mask(&sample.stdout), "{name}: {finished}");
        if DETAILED.contains(&name) {
            RoundTrips::read(&finished.stderr).assert_consistent();
        } else {
            assert_eq!(finished.stderr, sample.stderr, "{name}");
        }
    }
}

#[test]
fn a_cpu_that_is_not_there_is_netperfs_text_and_a_remark() {
    let server = Server::rrserver(&[]);
    let sample = Sample::load("b7-T-badcpu");
    let finished = run(rrgen().args(sample.arguments(&["-p", &server.port()])));
    assert_eq!(finished.code(), sample.status, "{finished}");
    assert_eq!(mask(&finished.stdout), mask(&sample.stdout), "{finished}");
    assert!(finished.stderr.starts_with("rrgen: -T: cannot bind to CPU 500"), "{finished}");
    let of_server = "rrgen: -T: the server cannot bind to CPU 500; a data thread of its ran unbound";
    assert_eq!(finished.stderr.lines().skip(1).collect::<Vec<_>>(), [of_server], "{finished}");
}

#[test]
fn a_cpu_that_is_not_at_the_server_is_told_by_the_client_of_one_flow_and_of_many() {
    let server = Server::rrserver(&[]);
    for (cpus, further) in [(",1023", &[][..]), (",1023", &["--json"]), (",0+1023", &["--flows", "4"])] {
        let words = ["-H", "127.0.0.1", "-p", &server.port(), "-l", "-200", "-T", cpus];
        let finished = run(rrgen().args(words).args(further));
        assert_eq!(finished.code(), 0, "{finished}");
        let told = "-T: the server cannot bind to CPU 1023; a data thread of its ran unbound";
        assert_eq!(finished.stderr.matches(told).count(), 1, "{finished}");
        assert_eq!(finished.stdout.contains(told), further == ["--json"], "{finished}");
    }
}
