//! Where the thread of a netfilter queue runs: beside the data thread of the test that it serves, as a hook in the kernel
//! does, so that no packet has to wake another CPU.

use std::fs;

use rustix::process::{Pid, Signal};

use crate::bed::{Bed, good_ledger, is_possible};

/// What the thread is called.
const QUEUE: &str = "nfqueue";

/// What the kernel says in `status` of the CPUs that a thread may run on.
fn allowed(status: &str) -> Option<String> {
    let status = fs::read_to_string(status).ok()?;
    let list = status.lines().find_map(|line| line.strip_prefix("Cpus_allowed_list:"))?;
    Some(list.trim().to_owned())
}

/// The CPUs that each queue's thread of `process` may run on.
fn queues_of(process: Pid) -> Vec<String> {
    let tasks = format!("/proc/{}/task", process.as_raw_nonzero());
    let threads = fs::read_dir(tasks).expect("a process of our own").flatten().map(|thread| thread.path());
    let queues =
        threads.filter(|thread| fs::read_to_string(thread.join("comm")).is_ok_and(|name| name.trim() == QUEUE));
    queues.filter_map(|thread| allowed(thread.join("status").to_str()?)).collect()
}

#[test]
fn it_is_bound_with_the_test_unless_it_serves_others_or_would_starve() {
    if !is_possible() {
        return;
    }
    let bed = Bed::veth();
    let server = bed.serve();
    let all = allowed("/proc/self/status").expect("every Linux lists the CPUs allowed");
    let last = all.rsplit([',', '-']).next().expect("a CPU");
    let on_last = format!("{last},{last}");
    for (options, expected) in [
        (&["-T", &on_last][..], last),
        (&["-T", &on_last, "--hook-side", "client"], last),
        (&["-T", &on_last, "--hook-scope", "host"], &all),
        (&["-T", &on_last, "--wait", "block,spin"], &all),
        (&[], &all),
    ] {
        let running = bed.measuring(&server, &[&["-l", "3600", "--hook", "null@nfqueue"], options].concat());
        let host = if options.contains(&"client") { running.process() } else { server.process() };
        assert_eq!(queues_of(host), [expected], "{options:?}");
        running.signal(Signal::INT);
        good_ledger(&running.finish());
    }
}
