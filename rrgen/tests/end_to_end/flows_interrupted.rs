//! Many flows that are interrupted before anything is measured, whatever comes before it.

use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::sync::mpsc::{Sender, channel};

use compat::wire::OmniResults;
use rustix::process::Signal;

use crate::support::{Mock, PATIENCE, Running, data_listener, read_message, rrgen};

const FLOWS: usize = 3;

/// Serves one flow as a netserver does, and says of every request that it came.
fn serve(mut control: TcpStream, came: &Sender<()>) -> io::Result<()> {
    read_message(&mut control)?;
    let (listener, response) = data_listener();
    control.write_all(response.as_bytes())?;
    let (mut data, _client) = listener.accept()?;
    let mut request = [0];
    while data.read(&mut request)? > 0 {
        let _ = came.send(());
        data.write_all(&request)?;
    }
    control.write_all(OmniResults::default().encode().as_bytes())
}

/// rrgen's words for so many flows with control connections of their own.
fn words(port: &str) -> [String; 7] {
    ["-H", "127.0.0.1", "-p", port, "--flows", &FLOWS.to_string(), "--control-per-flow"].map(str::to_owned)
}

#[test]
fn a_run_that_is_interrupted_before_its_test_has_no_result() {
    for before in [&["--warmup", "3600s"][..], &["--ramp", "3600s"], &["--threads", "2,", "--warmup", "2000000000"]] {
        let (came, coming) = channel();
        let server = Mock::start_many(FLOWS, move |control| serve(control, &came));
        let running = Running::start(rrgen().args(words(&server.port())).args(before));
        coming.recv_timeout(PATIENCE).expect("the first request");
        running.signal(Signal::INT);
        let finished = running.finish();
        assert_eq!(finished.code(), 1, "{before:?}: {finished}");
        assert!(finished.stderr.contains("\nrrgen: the run ended in its warm-up"), "{before:?}: {finished}");
    }
}
