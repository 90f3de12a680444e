//! Many flows in one process, against our server and against stock ones.

use std::fs;

use rustix::process::{Pid, Resource, Signal, getrlimit};
use rustix::thread::{CpuSet, sched_getaffinity};

use crate::engines::has_uring;
use crate::support::{
    Finished, Mock, RoundTrips, Running, Server, ServerKind, listening_port, read_message, rows, rrgen, rrserver, run,
    skip,
};

/// rrgen against the server at `port`, with these options.
pub(crate) fn flows(port: &str, options: &[&str]) -> Finished {
    run(rrgen().args(["-H", "127.0.0.1", "-p", port, "-v", "2"]).args(options))
}

/// The line about flows, taken apart: how many, in how many threads, slowest, median and fastest.
fn fairness(finished: &Finished) -> (usize, usize, [f64; 3]) {
    let line = finished.stderr.lines().find(|line| line.contains(" flows in ")).unwrap_or_else(|| panic!("{finished}"));
    let words: Vec<&str> = line.split(' ').collect();
    let number = |after: &str| {
        let at = words.iter().position(|word| *word == after).unwrap_or_else(|| panic!("no {after} in {line}"));
        words[at + 1].parse().expect("a rate")
    };
    let count = |at: usize| words[at].parse().expect("a count");
    (count(1), count(4), ["slowest", "median", "fastest"].map(number))
}

/// All that a run of so many transactions over so many flows says fits together.
pub(crate) fn assert_sound(finished: &Finished, of: usize, threads: usize, transactions: u64) {
    assert_eq!(finished.code(), 0, "{finished}");
    let round_trips = finished.stderr.lines().find(|line| line.contains("round trip")).expect("a line");
    let round_trips = RoundTrips::read(&format!("{round_trips}\n"));
    round_trips.assert_consistent();
    assert_eq!(round_trips.transactions, transactions, "{finished}");
    let (count, in_threads, rates) = fairness(finished);
    assert_eq!((count, in_threads), (of, threads), "{finished}");
    assert!(rates[0] > 0.0 && rates.is_sorted(), "{finished}");
}

#[test]
fn a_thousand_flows_are_one_result() {
    let server = Server::rrserver(&[]);
    let finished = flows(&server.port(), &["--flows", "1000", "--threads", "2", "-l", "-20000"]);
    assert_sound(&finished, 1000, 2, 20_000);
    assert!(finished.stderr.contains("server: 1000 flows"), "{finished}");
    assert_eq!(finished.stderr.matches("kernel's rtt (us, of the first flow)").count(), 2, "{finished}");
    let row = &rows(&finished.stdout)[0];
    assert_eq!(row[2..4], ["1", "1"], "{finished}");
}

#[test]
fn bursts_large_messages_and_cpus_go_with_many_flows() {
    let server = Server::rrserver(&[]);
    for options in [
        &["--flows", "16", "-l", "-800", "--", "-b", "4"][..],
        &["--flows", "5", "--threads", "2,3", "-l", "-800", "--", "-r", "200000,100000"],
        &["--flows", "8", "-T", "0,0", "-l", "-800", "--", "-D"],
    ] {
        let of = options[1].parse().expect("a count");
        let threads = if options.contains(&"2,3") { 2 } else { 1 };
        assert_sound(&flows(&server.port(), options), of, threads, 800);
    }
}

#[test]
fn the_round_trip_that_netperf_derives_from_the_rate_is_that_of_a_flow() {
    let server = Server::rrserver(&[]);
    let finished =
        flows(&server.port(), &["--flows", "8", "-l", "-800", "--", "-b", "1", "-k", "RT_LATENCY,THROUGHPUT"]);
    let value = |name: &str| {
        let line = finished.stdout.lines().find_map(|line| line.strip_prefix(name));
        line.and_then(|text| text.parse::<f64>().ok()).unwrap_or_else(|| panic!("no {name}: {finished}"))
    };
    let in_flight = value("RT_LATENCY=") * value("THROUGHPUT=") / 1e6;
    assert!((in_flight - 16.0).abs() < 0.01, "{in_flight}: {finished}");
}

#[test]
fn interim_lines_add_up_to_the_whole() {
    let server = Server::rrserver(&[]);
    let finished = flows(&server.port(), &["--flows", "20", "--threads", "2", "-l", "1", "-D", "0.1"]);
    assert_eq!(finished.code(), 0, "{finished}");
    let interim = finished.stdout.lines().filter_map(|line| line.strip_prefix("Interim result: "));
    let units: f64 = interim
        .map(|line| {
            let words: Vec<&str> = line.split_whitespace().collect();
            let number = |at: usize| words[at].parse::<f64>().expect("a number");
            number(0) * number(3)
        })
        .sum();
    let transactions: f64 =
        finished.stderr.split("(us, ").nth(1).and_then(|rest| rest.split(' ').next()?.parse().ok()).expect("a count");
    // Rates have two decimals and times three.
    assert!((units / transactions - 1.0).abs() < 0.02, "{units} of {transactions}: {finished}");
}

#[test]
fn repeated_tests_have_their_flows_each_time() {
    let server = Server::rrserver(&[]);
    let finished = flows(&server.port(), &["--flows", "6", "-l", "-600", "-i", "3,3", "-I", "99,99"]);
    assert_eq!(finished.code(), 0, "{finished}");
    assert!(finished.stderr.contains("(us, 1800 transactions)"), "{finished}");
}

#[test]
fn a_hook_sees_every_message_of_every_flow_at_either_end() {
    let server = Server::rrserver(&[]);
    for side in ["target", "client"] {
        let hook = ["--flows", "12", "-l", "-600", "--hook", "native", "--hook-side", side];
        let finished = flows(&server.port(), &hook);
        assert_sound(&finished, 12, 1, 600);
        assert!(finished.stderr.contains(": 600 calls, 600 passes"), "{side}: {finished}");
    }
}

#[test]
fn a_stock_netserver_is_told_apart_and_serves_a_flow_per_control_connection() {
    let Some(server) = Server::start(ServerKind::Netserver, "127.0.0.1", &[]) else { return };
    let refused = flows(&server.port(), &["--flows", "4", "-l", "-100"]);
    assert_eq!((refused.code(), rows(&refused.stdout).len()), (1, 0), "{refused}");
    assert!(refused.stderr.contains("stock netserver") && refused.stderr.contains("--control-per-flow"), "{refused}");
    let per_flow = ["--flows", "4", "--control-per-flow", "--threads", "2,1"];
    assert_sound(&flows(&server.port(), &[&per_flow[..], &["-l", "-400"]].concat()), 4, 2, 400);
    assert_eq!(flows(&server.port(), &[&per_flow[..], &["-l", "1"]].concat()).code(), 0);
}

#[test]
fn our_server_takes_control_connections_per_flow_too() {
    let server = Server::rrserver(&[]);
    let finished = flows(&server.port(), &["--flows", "9", "--control-per-flow", "-l", "-900", "--warmup", "9", "-C"]);
    assert_sound(&finished, 9, 1, 900);
    assert!(finished.stderr.contains("-C: the server knows of no warm-up"), "{finished}");
}

#[test]
fn sigint_ends_many_flows_and_prints_their_results() {
    let server = Server::rrserver(&[]);
    for length in ["0", "3600", "-2000000000"] {
        let options = ["--flows", "64", "--threads", "2", "-l", length, "-D", "-0.05"];
        let mut running = Running::start(rrgen().args(["-H", "127.0.0.1", "-p", &server.port()]).args(options));
        running.wait_for("Interim result:");
        running.signal(Signal::INT);
        let finished = running.finish();
        assert_eq!(finished.code(), 0, "{finished}");
        assert_eq!(fairness(&finished).0, 64, "{finished}");
    }
}

#[test]
fn a_server_that_dies_is_no_success() {
    let mut server = Server::rrserver(&[]);
    let options = ["-p", &server.port(), "--flows", "64", "--threads", "2", "-l", "0", "-D", "-0.05"];
    let mut running = Running::start(rrgen().args(["-H", "127.0.0.1"]).args(options));
    running.wait_for("Interim result:");
    server.kill();
    let finished = running.finish();
    assert!(finished.code() != 0 && !finished.stdout.contains("Local /Remote"), "{finished}");
    assert!(finished.stderr.contains("rrgen: ") || finished.stdout.contains("rrgen: "), "{finished}");
}

#[test]
fn a_server_that_is_told_to_end_leaves_what_was_measured_until_then() {
    let Crowd { client, server } = Crowd::of(&["--flows", "64", "--threads", "2", "--warmup", "10"]);
    server.signal(Signal::TERM);
    let finished = client.finish();
    assert_eq!((finished.code(), fairness(&finished).0), (1, 64), "{finished}");
    assert!(finished.stdout.contains("Local /Remote"), "{finished}");
    assert!(finished.stderr.contains("closed the data connection early"), "{finished}");
    assert_eq!(server.finish().code(), 0);
}

#[test]
fn a_server_that_leaves_when_asked_for_flows_is_told() {
    let server = Mock::start(|mut control| read_message(&mut control));
    let finished = flows(&server.port(), &["--flows", "4", "-l", "1"]);
    assert!(finished.code() != 0, "{finished}");
    assert!(finished.stderr.contains("closed the control connection"), "{finished}");
}

/// A run of many flows with its server, each in a process of its own, in the middle of the test.
struct Crowd {
    client: Running,
    server: Running,
}

impl Crowd {
    fn of(load: &[&str]) -> Self {
        let mut server = Running::start(&mut rrserver("127.0.0.1"));
        let port = listening_port(&server.wait_for("rrserver: listening")).to_string();
        let options = ["-H", "127.0.0.1", "-p", &port, "-l", "0", "-D", "-0.5"];
        let mut client = Running::start(rrgen().args(options).args(load));
        client.wait_for("Interim result:");
        Self { client, server }
    }

    /// Resident memory of client and server, KiB; both end.
    fn memory(self) -> [u64; 2] {
        let memory = [&self.client, &self.server].map(|program| resident(program.process()));
        self.client.signal(Signal::INT);
        let finished = self.client.finish();
        assert!(finished.stdout.contains("Local /Remote"), "{finished}");
        memory
    }
}

/// The memory of a process that is in RAM, KiB.
fn resident(process: Pid) -> u64 {
    let status = fs::read_to_string(format!("/proc/{}/status", process.as_raw_nonzero())).expect("a process of ours");
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).expect("its memory");
    line.trim().trim_end_matches(" kB").parse().expect("KiB")
}

#[test]
fn a_flow_takes_less_than_four_kib_at_either_end() {
    const FEW: usize = 100;
    const MANY: usize = 10_000;
    if getrlimit(Resource::Nofile).maximum.is_some_and(|hard| hard < 2 * MANY as u64) {
        return skip("the hard limit of open files is too low for 10,000 flows");
    }
    for engine in if has_uring() { &["epoll", "uring"][..] } else { &["epoll"] } {
        let memory = |flows: usize| Crowd::of(&["--flows", &flows.to_string(), "--engine", engine]).memory();
        let [few, many] = [FEW, MANY].map(memory);
        for (few, many) in few.into_iter().zip(many) {
            let per_flow = many.saturating_sub(few) * 1024 / (MANY - FEW) as u64;
            assert!(per_flow <= 4096, "{engine}: {per_flow} bytes each: {few} KiB with {FEW}, {many} KiB with {MANY}");
        }
    }
}

/// The CPUs that each data thread of a process may run on, in the order of the threads' numbers.
fn cpus_of_threads(process: Pid) -> Vec<String> {
    let tasks = fs::read_dir(format!("/proc/{}/task", process.as_raw_nonzero())).expect("a process of ours");
    let mut threads: Vec<_> = tasks
        .map(|task| fs::read_to_string(task.expect("thread").path().join("status")).expect("its status"))
        .filter_map(|status| {
            let value =
                |key| status.lines().find_map(|line| line.strip_prefix(key)).map(|value| value.trim().to_owned());
            Some((value("Name:").filter(|name| name.starts_with("rr-data-"))?, value("Cpus_allowed_list:")?))
        })
        .collect();
    threads.sort();
    threads.into_iter().map(|(_, cpus)| cpus).collect()
}

#[test]
fn threads_of_either_end_run_on_the_cpus_of_its_list_in_turn() {
    let allowed = sched_getaffinity(None).expect("affinity mask");
    let allowed: Vec<String> =
        (0..CpuSet::MAX_CPU).filter(|&cpu| allowed.is_set(cpu)).take(2).map(|cpu| cpu.to_string()).collect();
    let [first, second] = &allowed[..] else { return skip("there is one CPU") };
    let lists = format!("{first}+{second},{second}+{first}+{second}");
    let Crowd { client, server } = Crowd::of(&["--flows", "6", "-T", &lists]);
    let [ours, theirs] = [&client, &server].map(|program| cpus_of_threads(program.process()));
    client.signal(Signal::INT);
    assert!(client.finish().stdout.contains("Local /Remote"));
    assert_eq!(ours, [first.as_str(), second]);
    assert_eq!(theirs, [second.as_str(), first, second]);
}
