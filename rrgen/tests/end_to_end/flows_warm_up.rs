//! `--warmup` with `--flows`: what goes before the test is in no result of any flow, whoever the server is.

use crate::flows::{assert_sound, flows};
use crate::support::{Finished, Server, ServerKind};

/// The value of `key` in the output of `-k`.
fn value(finished: &Finished, key: &str) -> f64 {
    let line = finished.stdout.lines().find_map(|line| line.strip_prefix(key)?.strip_prefix('='));
    line.and_then(|value| value.parse().ok()).unwrap_or_else(|| panic!("no {key} in {finished}"))
}

/// Runs 12 flows in two threads with `options`: served by rrserver at once, and one by one by each kind of server.
fn against_each(options: &[&str], check: impl Fn(&Finished)) {
    let ours = Server::rrserver(&[]);
    let stock = Server::start(ServerKind::Netserver, "127.0.0.1", &[]);
    let twelve = ["--flows", "12", "--threads", "2,3"];
    let one_by_one = ["--flows", "12", "--control-per-flow", "--threads", "2,"];
    let servers = [(Some(&ours), &twelve[..]), (Some(&ours), &one_by_one), (stock.as_ref(), &one_by_one)];
    for (server, flows_of) in servers {
        let Some(server) = server else { continue };
        let finished = flows(&server.port(), &[flows_of, options].concat());
        assert_eq!(finished.code(), 0, "{options:?}: {finished}");
        check(&finished);
    }
}

#[test]
fn a_counted_test_measures_its_count_whatever_went_before() {
    for warm_up in ["1", "500", "40ms"] {
        for burst in ["0", "4"] {
            let options = ["-l", "-1200", "--warmup", warm_up, "--", "-b", burst];
            against_each(&options, |finished| assert_sound(finished, 12, 2, 1200));
        }
    }
}

/// A request of 64 and a response of 128 bytes, of both of which every end tells how many it moved.
#[test]
fn bytes_of_the_warm_up_do_not_count_at_either_end() {
    let chosen = "LOCAL_BYTES_SENT,LOCAL_BYTES_RECVD,REMOTE_BYTES_SENT,REMOTE_BYTES_RECVD";
    let options = ["-l", "-240", "--warmup", "250", "--", "-r", "64,128", "-k", chosen];
    against_each(&options, |finished| {
        let sent = [value(finished, "LOCAL_BYTES_SENT"), value(finished, "REMOTE_BYTES_RECVD")];
        let received = [value(finished, "LOCAL_BYTES_RECVD"), value(finished, "REMOTE_BYTES_SENT")];
        assert_eq!((sent, received), ([15_360.0; 2], [30_720.0; 2]), "{finished}");
    });
}

#[test]
fn what_the_servers_threads_answered_is_told_without_the_warm_up() {
    let server = Server::rrserver(&[]);
    let finished = flows(&server.port(), &["--flows", "6", "--threads", "1,3", "-l", "-600", "--warmup", "250"]);
    let line = finished.stderr.lines().find(|line| line.contains("server: 6 flows")).expect("a line");
    let threads = line.split("; a thread").skip(1).map(|thread| {
        let count = thread.trim_end_matches(" transactions").rsplit(' ').next().expect("a count");
        count.parse::<u64>().expect("a count")
    });
    assert_eq!(threads.sum::<u64>(), 600, "{finished}");
}

#[test]
fn a_timed_test_and_its_interim_results_begin_at_the_end_of_the_warm_up() {
    for warm_up in ["500ms", "700"] {
        let options = ["-l", "1", "--warmup", warm_up, "-D", "-0.25", "-P", "0", "--", "-k", "THROUGHPUT,ELAPSED_TIME"];
        against_each(&options, |finished| {
            let elapsed = value(finished, "ELAPSED_TIME");
            let numbers = |key: &str| {
                let number = |line: &str| line.strip_prefix(key)?.split_once("]=")?.1.parse::<f64>().ok();
                finished.stdout.lines().filter_map(number).collect::<Vec<_>>()
            };
            let (rates, seconds) = (numbers("NETPERF_INTERIM_RESULT["), numbers("NETPERF_INTERVAL["));
            let units: f64 = rates.iter().zip(&seconds).map(|(rate, seconds)| rate * seconds).sum();
            let transactions = value(finished, "THROUGHPUT") * elapsed;
            // Rates have two decimals and times three.
            assert!((units / transactions - 1.0).abs() < 0.02, "{units} of {transactions}: {finished}");
            assert!(elapsed >= 1.0, "the deadline is exact: {finished}");
        });
    }
}

#[test]
fn every_iteration_has_its_own() {
    let server = Server::rrserver(&[]);
    let options = ["--flows", "6", "-l", "-600", "--warmup", "60", "-i", "3,3", "-I", "99,99"];
    let finished = flows(&server.port(), &options);
    assert!(finished.stderr.contains("(us, 1800 transactions)"), "{finished}");
}
