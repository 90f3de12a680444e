//! A network namespace of the test's own, so that no test sees another's hooks, nor the host any of them.

use std::io;
use std::process::Command;
use std::sync::mpsc::{Sender, channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// How long the kernel may take to bring an interface up.
const PATIENCE: Duration = Duration::from_secs(10);

type Job = Box<dyn FnOnce() + Send>;

/// A thread that lives in a namespace of its own. The kernel removes the namespace, with all interfaces in it, when
/// this is dropped and the last socket from it is closed.
pub(crate) struct Namespace {
    jobs: Option<Sender<Job>>,
    thread: Option<JoinHandle<()>>,
    /// By this the kernel finds the namespace.
    thread_id: libc::pid_t,
}

impl Namespace {
    /// A new namespace in which the loopback interface is up.
    pub(crate) fn new() -> Namespace {
        let (jobs, inbox) = channel::<Job>();
        let (ready, is_ready) = channel();
        let thread = std::thread::spawn(move || {
            // SAFETY: changes the network namespace of this thread only, which runs nothing but this test's jobs.
            let left = unsafe { libc::unshare(libc::CLONE_NEWNET) };
            assert_eq!(left, 0, "unshare: {}", io::Error::last_os_error());
            // SAFETY: takes nothing and cannot fail.
            ready.send(unsafe { libc::gettid() }).unwrap();
            inbox.iter().for_each(|job| job());
        });
        let thread_id = is_ready.recv().expect("the thread has entered its namespace");
        let namespace = Namespace { jobs: Some(jobs), thread: Some(thread), thread_id };
        namespace.ip("link set lo up");
        namespace
    }

    /// Two namespaces joined by a veth pair: 10.0.0.1 on `near0` in one, 10.0.0.2 on `far0` in the other.
    pub(crate) fn pair() -> (Namespace, Namespace) {
        let (near, far) = (Namespace::new(), Namespace::new());
        near.ip(&format!("link add near0 type veth peer name far0 netns {}", far.thread_id));
        for (namespace, interface, address) in [(&near, "near0", "10.0.0.1"), (&far, "far0", "10.0.0.2")] {
            namespace.ip(&format!("address add {address}/24 dev {interface}"));
            namespace.ip(&format!("link set {interface} up"));
        }
        near.await_carrier("near0");
        far.await_carrier("far0");
        (near, far)
    }

    /// Runs `job` inside.
    pub(crate) fn run<T: Send + 'static>(&self, job: impl FnOnce() -> T + Send + 'static) -> T {
        let (done, result) = channel();
        let job = Box::new(move || drop(done.send(job())));
        self.jobs.as_ref().expect("open until dropped").send(job).expect("the thread takes jobs");
        result.recv().expect("the job did not panic")
    }

    /// Runs `ip` inside and returns what it prints.
    pub(crate) fn ip(&self, arguments: &str) -> String {
        self.output("ip", arguments)
    }

    /// Runs a program inside and returns what it prints.
    pub(crate) fn output(&self, program: &'static str, arguments: &str) -> String {
        let arguments: Vec<String> = arguments.split(' ').map(str::to_owned).collect();
        let output = self.run(move || Command::new(program).args(arguments).output()).unwrap();
        assert!(output.status.success(), "{program}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    }

    /// Waits until an interface has a carrier, which the kernel notices in its own time.
    pub(crate) fn await_carrier(&self, interface: &str) {
        let start = Instant::now();
        while !self.ip(&format!("link show {interface}")).contains("state UP") {
            assert!(start.elapsed() < PATIENCE, "{interface} does not come up");
            std::thread::yield_now();
        }
    }
}

impl Drop for Namespace {
    fn drop(&mut self) {
        drop(self.jobs.take());
        // A job that panicked has been reported where it was sent.
        let _ = self.thread.take().map(JoinHandle::join);
    }
}
