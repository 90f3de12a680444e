//! A counted run makes exactly as many transactions as it was asked for.

use crate::support::{Client, Pairing, RoundTrips, Sample, Server, ServerKind, rrgen, run};

const COUNTS: [u64; 3] = [1, 7, 1000];

fn counted(server: ServerKind, test_options: &[&str]) {
    let Some((_, server)) = (Pairing { client: Client::Rrgen, server }).start("127.0.0.1", &[]) else { return };
    for count in COUNTS {
        let mut command = rrgen();
        command.args(["-H", "127.0.0.1", "-p", &server.port(), "-v", "2", "-l", &format!("-{count}")]);
        let finished = run(command.args(test_options));
        assert_eq!(finished.code(), 0, "{finished}");
        assert_eq!(RoundTrips::read(&finished.stderr).transactions, count, "{finished}");
    }
}

#[test]
fn one_at_a_time() {
    counted(ServerKind::Rrserver, &[]);
    counted(ServerKind::Netserver, &[]);
}

/// The burst is larger than one of the counts.
#[test]
fn with_further_requests_in_flight() {
    counted(ServerKind::Rrserver, &["--", "-b", "4"]);
    counted(ServerKind::Netserver, &["--", "-b", "4"]);
}

/// `-D 0` prints a line for every transaction once the first guess is used up: none is lost between the threads.
#[test]
fn every_interim_line_is_printed() {
    let server = Server::rrserver(&[]);
    let sample = Sample::load("c2-D0");
    let finished = run(rrgen().args(sample.arguments(&["-p", &server.port()])));
    assert_eq!(finished.stdout.lines().count(), sample.stdout.lines().count(), "{finished}");
}
