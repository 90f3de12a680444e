//! What must hold after every abuse: nothing is held, the next client is served, and the server ends in order.

use std::net::SocketAddr;

use rrserver::Limits;

use super::{Client, Library, Process, counted};

/// Transactions of the test that shows a server to be in order.
const PROOF: u32 = 10;

/// Runs `abuse` against a server program and checks that it left no trace. What the server logged.
pub(crate) fn unharmed(abuse: impl FnOnce(&Process)) -> Vec<String> {
    let server = Process::start(&[]);
    let before = server.footprint();
    abuse(&server);
    server.returns_to(before);
    assert_serves(server.address());
    server.returns_to(before);
    server.stop()
}

/// Runs `abuse` against a server that has room for one client within `limits`: the next one can only be served
/// once the server let go of the one before. What the server logged.
pub(crate) fn unharmed_within(limits: Limits, abuse: impl FnOnce(SocketAddr)) -> Vec<String> {
    let server = Library::start(Limits { sessions: 1, ..limits });
    abuse(server.address());
    assert_serves(server.address());
    server.stop()
}

fn assert_serves(server: SocketAddr) {
    let results = Client::connect(server).run(&counted(PROOF), PROOF);
    assert_eq!((results.errno, results.transactions), (0, PROOF));
}
