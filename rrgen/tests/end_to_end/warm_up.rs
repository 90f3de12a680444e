//! `--warmup`: what goes before the test is in no result, whoever the server is.

use std::io::{Read, Write};
use std::sync::mpsc::channel;

use compat::wire::OmniResults;
use rustix::process::Signal;

use crate::support::{
    Client, Finished, Mock, PATIENCE, Pairing, RoundTrips, Running, ServerKind, data_listener, read_message, rrgen, run,
};

const SERVERS: [ServerKind; 2] = [ServerKind::Rrserver, ServerKind::Netserver];

/// Runs rrgen with `words` against each kind of server that is installed.
fn against_each(words: &[&str], check: impl Fn(&Finished)) {
    for server in SERVERS {
        let Some((mut rrgen, server)) = (Pairing { client: Client::Rrgen, server }).start("127.0.0.1", &[]) else {
            continue;
        };
        let finished = run(rrgen.args(["-H", "127.0.0.1", "-p", &server.port()]).args(words));
        assert_eq!(finished.code(), 0, "{words:?}: {finished}");
        check(&finished);
    }
}

/// The value of `key` in the output of `-k`.
fn value(finished: &Finished, key: &str) -> f64 {
    let line = finished.stdout.lines().find_map(|line| line.strip_prefix(key)?.strip_prefix('='));
    line.and_then(|value| value.parse().ok()).unwrap_or_else(|| panic!("no {key} in {finished}"))
}

#[test]
fn a_counted_test_measures_its_count_whatever_went_before() {
    for warm_up in ["1", "200", "30ms"] {
        for burst in ["0", "4"] {
            against_each(&["-l", "-300", "--warmup", warm_up, "-v", "2", "--", "-b", burst], |finished| {
                assert_eq!(RoundTrips::read(&finished.stderr).transactions, 300, "{finished}");
            });
        }
    }
}

/// A request of 64 and a response of 128 bytes, of both of which every end tells how many it moved.
#[test]
fn bytes_calls_and_time_of_the_warm_up_do_not_count_at_either_end() {
    for test in ["TCP_RR", "UDP_RR", "TCP_CRR"] {
        let keys = ["LOCAL_SEND_CALLS", "LOCAL_RECV_CALLS", "REMOTE_SEND_CALLS", "REMOTE_RECV_CALLS"];
        let chosen =
            format!("{},LOCAL_BYTES_SENT,LOCAL_BYTES_RECVD,REMOTE_BYTES_SENT,REMOTE_BYTES_RECVD", keys.join(","));
        let words = ["-t", test, "-l", "-100", "--warmup", "250", "--", "-r", "64,128", "-k", &chosen];
        against_each(&words, |finished| {
            let sent = [value(finished, "LOCAL_BYTES_SENT"), value(finished, "REMOTE_BYTES_RECVD")];
            let received = [value(finished, "LOCAL_BYTES_RECVD"), value(finished, "REMOTE_BYTES_SENT")];
            assert_eq!((sent, received), ([6400.0; 2], [12800.0; 2]), "{test}: {finished}");
            assert_eq!(keys.map(|key| value(finished, key)), [100.0; 4], "{test}: {finished}");
        });
    }
}

#[test]
fn a_timed_test_lasts_its_time_from_the_end_of_the_warm_up() {
    for (test, warm_up) in [("TCP_RR", "300ms"), ("UDP_RR", "500")] {
        let words = ["-t", test, "-l", "1", "--warmup", warm_up, "-D", "-0.25", "-P", "0", "--", "-k", "ELAPSED_TIME"];
        against_each(&words, |finished| {
            let elapsed = value(finished, "ELAPSED_TIME");
            let interval = |line: &str| line.strip_prefix("NETPERF_INTERVAL[")?.split_once('=')?.1.parse::<f64>().ok();
            let covered: f64 = finished.stdout.lines().filter_map(interval).sum();
            // The deadline is exact; intervals are rounded to a millisecond, and there are no more than five.
            assert!(
                elapsed >= 1.0 && covered > 0.0 && covered <= elapsed + 0.005,
                "{covered} of {elapsed}: {finished}"
            );
        });
    }
}

#[test]
fn transactions_of_many_segments_warm_up_too() {
    against_each(&["-l", "-20", "--warmup", "5", "-v", "2", "--", "-r", "64K,1M"], |finished| {
        assert_eq!(RoundTrips::read(&finished.stderr).transactions, 20, "{finished}");
    });
}

#[test]
fn every_iteration_has_its_own() {
    let words = ["-l", "-50", "--warmup", "10", "-i", "3,3", "-I", "99,50", "-v", "2"];
    against_each(&words, |finished| {
        assert_eq!(RoundTrips::read(&finished.stderr).transactions, 150, "{finished}");
    });
}

#[test]
fn a_run_that_is_interrupted_in_its_warm_up_has_no_result() {
    let (began, beginning) = channel();
    let server = Mock::start(move |mut control| {
        let (listener, answer) = data_listener();
        read_message(&mut control)?;
        control.write_all(answer.as_bytes())?;
        let (mut data, _client) = listener.accept()?;
        data.read_exact(&mut [0])?;
        let _ = began.send(());
        // The client gives its request up.
        data.read_to_end(&mut Vec::new())?;
        control.write_all(OmniResults::default().encode().as_bytes())
    });
    let running = Running::start(rrgen().args(["-H", "127.0.0.1", "-p", &server.port(), "--warmup", "3600s"]));
    beginning.recv_timeout(PATIENCE).expect("the first request");
    running.signal(Signal::INT);
    let finished = running.finish();
    assert_eq!(finished.code(), 1, "{finished}");
    assert!(finished.stderr.starts_with("rrgen: the run ended in its warm-up"), "{finished}");
}
