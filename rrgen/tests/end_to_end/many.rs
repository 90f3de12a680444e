//! Several clients of one server at the same time.

use crate::support::{COUNTED_LENGTH, Pairing, Running, Sample, mask};

const CLIENTS: [usize; 2] = [2, 8];

fn at_once(pairing: Pairing) {
    let Some((_, server)) = pairing.start("127.0.0.1", &[]) else { return };
    let sample = Sample::load("32-lneg1000");
    let start = || {
        let mut command = pairing.client.command().expect("was there a moment ago");
        Running::start(command.args(sample.arguments(&["-p", &server.port(), "-l", COUNTED_LENGTH])))
    };
    for count in CLIENTS {
        let running: Vec<Running> = (0..count).map(|_| start()).collect();
        for client in running {
            let finished = client.finish();
            assert_eq!((finished.code(), finished.stderr.as_str()), (0, ""), "{count}: {finished}");
            assert_eq!(mask(&finished.stdout), mask(&sample.stdout), "{count}: {finished}");
        }
    }
}

#[test]
fn rrgens_against_netserver() {
    at_once(Pairing::RRGEN_NETSERVER);
}

#[test]
fn netperfs_against_rrserver() {
    at_once(Pairing::NETPERF_RRSERVER);
}

#[test]
fn rrgens_against_rrserver() {
    at_once(Pairing::RRGEN_RRSERVER);
}
