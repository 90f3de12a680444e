//! A kernel, or a sandbox, that has no time-outs of epoll in nanoseconds: an open loop works there, too.

use std::fs;

use tempfile::TempDir;

use crate::support::{Server, rrgen, run, strace};

const THREADS: usize = 2;

#[test]
fn an_open_loop_asks_once_for_what_an_old_kernel_has_not() {
    for refusal in ["ENOSYS", "EPERM"] {
        let Some(mut strace) = strace() else { return };
        let server = Server::rrserver(&[]);
        let folder = TempDir::new().expect("a folder");
        let mut client = rrgen();
        client.args(["-H", "127.0.0.1", "-p", &server.port(), "--flows", "4", "--threads", "2,1", "-v", "2"]);
        client.args(["--rate", "400", "-l", "-200"]);
        strace.args(["-D", "-ff", "-e", "trace=epoll_pwait2,ppoll,epoll_wait,sendto", "-o"]);
        strace.arg(folder.path().join("thread")).args(["-e", &format!("inject=epoll_pwait2:error={refusal}")]);
        let finished = run(strace.arg(client.get_program()).args(client.get_args()));
        assert_eq!(finished.code(), 0, "{finished}");
        assert!(finished.stderr.contains("round trip (us, 200 transactions)"), "{finished}");
        let traces = fs::read_dir(folder.path()).expect("a folder").map(|entry| fs::read_to_string(entry?.path()));
        let traces = traces.map(|trace| trace.expect("a trace")).filter(|trace| trace.contains("epoll_pwait2("));
        let threads = traces.map(|trace| assert_sleeps(&trace)).count();
        assert_eq!(threads, THREADS, "{finished}");
    }
}

/// A thread asked for nanoseconds once, and then slept by other means: it did not ask the kernel over and over.
fn assert_sleeps(trace: &str) {
    let count = |call: &str| trace.lines().filter(|line| line.starts_with(call)).count();
    let [refused, slept, taken, sent] = ["epoll_pwait2(", "ppoll(", "epoll_wait(", "sendto("].map(count);
    assert_eq!(refused, 1, "{trace}");
    // Three for every transaction that comes alone: until the answer is there, what it is, until the next arrival.
    assert!(slept >= 1 && slept + taken <= 6 * sent, "{trace}");
}
