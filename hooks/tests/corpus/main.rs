//! The committed frames are the ones described here, and the native walk reads each as its name says.

mod cases;
mod frames;

use cases::{Outcome, cases};
use hooks::packet::find_tcp;
use hooks::testing::{Frame, corpus};

/// Set to rewrite the committed file from the descriptions.
const BLESS: &str = "RRGEN_BLESS";

fn described() -> String {
    let hex = |bytes: &[u8]| bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    cases().iter().map(|case| format!("{} {}\n", case.name, hex(&case.frame))).collect()
}

#[test]
fn the_committed_frames_are_the_described_ones() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/corpus/frames.txt");
    if std::env::var_os(BLESS).is_some() {
        std::fs::write(path, described()).unwrap();
    }
    assert_eq!(std::fs::read_to_string(path).unwrap(), described(), "run once with {BLESS}=1");
}

#[test]
fn the_loader_reads_every_frame() {
    let described: Vec<_> =
        cases().into_iter().map(|case| Frame { name: case.name.to_owned(), bytes: case.frame }).collect();
    assert_eq!(corpus(), described);
}

#[test]
fn the_walk_reads_every_case_as_described() {
    for case in cases() {
        let found = find_tcp(&case.frame)
            .map(|tcp| Outcome::Tcp { source_port: tcp.source_port, payload_len: tcp.payload.len() });
        assert_eq!(found.unwrap_or(Outcome::NoTcp), case.outcome, "{}", case.name);
    }
}
