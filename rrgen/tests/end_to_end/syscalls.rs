//! The promise of the data path: exactly two system calls per transaction, at either end; with many flows a share of a
//! third beside them.

use std::fs;
use std::path::Path;
use std::process::Command;

use rustix::process::Signal;
use tempfile::TempDir;

use crate::support::{Finished, Running, Server, listening_port, rrgen, rrserver, run, strace};

pub(crate) const TRANSACTIONS: usize = 500;
const FLOWS: usize = 16;

/// `program` under strace, which stands by and writes a file of system calls for each thread into `folder`.
fn traced(mut strace: Command, program: &Command, folder: &Path) -> Command {
    strace.args(["-D", "-ff", "-o"]).arg(folder.join("thread"));
    strace.arg(program.get_program()).args(program.get_args());
    strace
}

/// rrgen's command line for a run of [`TRANSACTIONS`].
fn client(port: &str) -> Command {
    let mut rrgen = rrgen();
    rrgen.args(["-H", "127.0.0.1", "-p", port, "-l", &format!("-{TRANSACTIONS}")]);
    rrgen
}

/// From the first send to the last, the thread that moved the packets did nothing but send and receive in turn.
fn assert_two_calls_each(folder: &Path) {
    let calls = between_first_and_last_send(folder);
    for (index, call) in calls.iter().enumerate() {
        let expected = if index % 2 == 0 { "sendto(" } else { "recvfrom(" };
        assert!(call.starts_with(expected), "call {index} is {call}");
    }
    assert_eq!(calls.len(), 2 * TRANSACTIONS - 1);
}

/// What the thread that moved the packets called, from its first send to its last.
fn between_first_and_last_send(folder: &Path) -> Vec<String> {
    let traces = fs::read_dir(folder).expect("a folder").map(|entry| fs::read_to_string(entry?.path()));
    let is_send = |line: &str| line.starts_with("sendto(");
    let sends = |trace: &String| trace.lines().filter(|line| is_send(line)).count();
    let trace = traces.map(|trace| trace.expect("a trace")).max_by_key(sends).expect("a thread");
    let mut calls: Vec<String> = trace.lines().skip_while(|line| !is_send(line)).map(str::to_owned).collect();
    let last = calls.iter().rposition(|line| is_send(line)).expect("a send");
    calls.truncate(last + 1);
    calls
}

/// What a thread may call to hand over its piece of an interval, and to wait for memory to go on with.
const CALLS_OF_AN_INTERVAL: usize = 12;

/// Between the first and the last send of the thread that moved the packets of many flows there was one send and one
/// receive per transaction, and no more than one question to the kernel for each; beside them what so many intervals take.
fn assert_two_calls_and_a_share(folder: &Path, intervals: usize) {
    let traces = fs::read_dir(folder).expect("a folder").map(|entry| fs::read_to_string(entry?.path()));
    let count = |trace: &str, call: &str| trace.lines().filter(|line| line.starts_with(call)).count();
    let trace = traces.map(|trace| trace.expect("a trace")).max_by_key(|trace| count(trace, "sendto("));
    let trace = trace.expect("a thread");
    let from = trace.find("sendto(").expect("a send");
    let moving = &trace[from..trace.rfind("sendto(").expect("a send") + "sendto(".len()];
    let calls = ["sendto(", "recvfrom(", "epoll_pwait2("].map(|call| count(moving, call));
    let of_intervals = ["futex(", "sched_yield("].map(|call| count(moving, call)).iter().sum::<usize>();
    assert!(of_intervals <= intervals * CALLS_OF_AN_INTERVAL, "{of_intervals} calls in {intervals} intervals");
    assert_eq!(calls[0], TRANSACTIONS);
    // Who answers the last request has received it, who sends it has not.
    assert!((TRANSACTIONS - FLOWS..=TRANSACTIONS).contains(&calls[1]), "{calls:?}");
    assert!((1..=TRANSACTIONS).contains(&calls[2]), "{calls:?}");
    assert_eq!(moving.lines().count(), calls.iter().sum::<usize>() + of_intervals, "nothing else: {calls:?}");
}

#[test]
fn many_flows_make_two_system_calls_per_transaction_and_a_share_of_a_third() {
    assert_calls_of_many_flows(&[]);
}

/// Above all no memory is taken.
#[test]
fn intervals_take_a_few_calls_each_and_none_per_transaction() {
    assert_calls_of_many_flows(&["-D", "-0.02", "--hdr-log", "/dev/null"]);
}

fn assert_calls_of_many_flows(options: &[&str]) {
    let Some(traced) = trace_both_ends(FLOWS, options) else { return };
    let intervals = traced.finished.stdout.lines().filter(|line| line.starts_with("Interim result:")).count();
    assert_eq!(intervals == 0, options.is_empty(), "{}", traced.finished);
    assert_two_calls_and_a_share(traced.near.path(), intervals);
    assert_two_calls_and_a_share(traced.far.path(), 0);
}

/// A run whose ends were traced, each into its folder.
pub(crate) struct Traced {
    pub(crate) finished: Finished,
    pub(crate) near: TempDir,
    pub(crate) far: TempDir,
}

/// Traces both ends of a run of many flows; `None`, and a skip, where nothing can be traced.
pub(crate) fn trace_both_ends(flows: usize, options: &[&str]) -> Option<Traced> {
    let (strace, server_strace) = (strace()?, self::strace()?);
    let [near, far] = [TempDir::new(), TempDir::new()].map(|folder| folder.expect("a folder"));
    let mut server = Running::start(&mut traced(server_strace, &rrserver("127.0.0.1"), far.path()));
    let port = listening_port(&server.wait_for("rrserver: listening")).to_string();
    let mut client = client(&port);
    client.args(["--flows", &flows.to_string()]).args(options);
    let finished = run(&mut traced(strace, &client, near.path()));
    assert_eq!(finished.code(), 0, "{finished}");
    server.signal(Signal::TERM);
    assert_eq!(server.finish().code(), 0);
    Some(Traced { finished, near, far })
}

#[test]
fn the_client_makes_two_system_calls_per_transaction() {
    let Some(strace) = strace() else { return };
    let server = Server::rrserver(&[]);
    let folder = TempDir::new().expect("a folder");
    let finished = run(&mut traced(strace, &client(&server.port()), folder.path()));
    assert_eq!(finished.code(), 0, "{finished}");
    assert_two_calls_each(folder.path());
}

#[test]
fn the_server_makes_two_system_calls_per_transaction() {
    let Some(strace) = strace() else { return };
    let folder = TempDir::new().expect("a folder");
    let mut server = Running::start(&mut traced(strace, &rrserver("127.0.0.1"), folder.path()));
    let port = listening_port(&server.wait_for("rrserver: listening"));
    let finished = run(&mut client(&port.to_string()));
    assert_eq!(finished.code(), 0, "{finished}");
    server.signal(Signal::TERM);
    // strace keeps stderr open, too: its files are complete by then.
    let finished = server.finish();
    assert_eq!(finished.code(), 0, "{finished}");
    assert_two_calls_each(folder.path());
}

#[test]
fn a_spinning_client_never_sleeps_between_two_packets() {
    let Some(strace) = strace() else { return };
    let server = Server::rrserver(&[]);
    let folder = TempDir::new().expect("a folder");
    let mut command = client(&server.port());
    command.args(["--wait", "spin,block"]);
    let finished = run(&mut traced(strace, &command, folder.path()));
    assert_eq!(finished.code(), 0, "{finished}");
    let calls = between_first_and_last_send(folder.path());
    let is_spin = |call: &String| call.starts_with("recvfrom(") && call.contains("MSG_DONTWAIT");
    assert!(calls.iter().all(|call| call.starts_with("sendto(") || is_spin(call)), "{calls:?}");
    let answered = calls.iter().filter(|call| is_spin(call) && call.ends_with("= 1")).count();
    assert_eq!(answered, TRANSACTIONS - 1, "the last answer comes after the last request");
}
