//! The promise of `--engine uring`: a share of one system call per transaction at either end, and waits that count as idle.

use std::fs;
use std::path::Path;

use crate::engines::has_uring;
use crate::syscalls::{TRANSACTIONS, trace_both_ends};

const FLOWS: usize = 64;

/// What a call to the kernel handed over and waited for.
#[derive(Debug)]
struct Enter<'a> {
    submitted: usize,
    awaited: usize,
    flags: &'a str,
}

/// Reads `io_uring_enter(FD, SUBMITTED, AWAITED, FLAGS, ...`.
fn enter(line: &str) -> Option<Enter<'_>> {
    let mut words = line.strip_prefix("io_uring_enter(")?.split(", ").skip(1);
    let mut number = || words.next()?.parse().ok();
    Some(Enter { submitted: number()?, awaited: number()?, flags: words.next()? })
}

/// Whether the running kernel is so new.
fn is_kernel(major: u32, minor: u32) -> bool {
    let release = fs::read_to_string("/proc/sys/kernel/osrelease").expect("a release");
    let mut numbers = release.split(['.', '-']).map_while(|number| number.parse().ok());
    (numbers.next(), numbers.next()) >= (Some(major), Some(minor))
}

/// From the first batch to the last the thread that moved the packets did nothing but ask the ring, once for several
/// messages, and its waits were none for I/O where the kernel can be told.
fn assert_a_share_of_a_call(folder: &Path) {
    let traces = fs::read_dir(folder).expect("a folder").map(|entry| fs::read_to_string(entry?.path()));
    let enters = |trace: &String| trace.lines().filter_map(enter).count();
    let trace = traces.map(|trace| trace.expect("a trace")).max_by_key(enters).expect("a thread");
    let lines: Vec<&str> = trace.lines().collect();
    let is_batch = |line: &&str| enter(line).is_some_and(|enter| enter.submitted > 0 && enter.awaited > 0);
    let first = lines.iter().position(is_batch).expect("a batch");
    let last = lines.iter().rposition(is_batch).expect("a batch");
    let moving: Vec<Enter> = lines[first..=last].iter().map(|line| enter(line).expect(line)).collect();
    assert!((TRANSACTIONS / FLOWS..TRANSACTIONS / 2).contains(&moving.len()), "{moving:?}");
    for wait in moving.iter().filter(|enter| enter.awaited > 0) {
        let is_idle = ["0x80", "NO_IOWAIT"].iter().any(|name| wait.flags.contains(name));
        assert_eq!(is_idle, is_kernel(6, 15), "{wait:?}");
    }
}

#[test]
fn io_uring_makes_a_share_of_one_system_call_per_transaction() {
    if !has_uring() {
        return;
    }
    let Some(traced) = trace_both_ends(FLOWS, &["--engine", "uring"]) else { return };
    assert_a_share_of_a_call(traced.near.path());
    assert_a_share_of_a_call(traced.far.path());
}
