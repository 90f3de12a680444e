//! What data threads have cost so far: their time on a CPU, and how often they left one.
//!
//! Read from /proc and not by getrusage, because the control plane reads the counters of threads that it must not disturb.

use std::fs;
use std::ops::{Add, Sub};
use std::sync::{Mutex, MutexGuard, PoisonError};

use rustix::thread::gettid;
use serde::{Deserialize, Serialize};

/// Counters of one thread, or sums over several. Unknown ones are 0.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ThreadUsage {
    /// Time on a CPU, ns; all zero on a kernel that does not keep it (without CONFIG_SCHED_INFO).
    pub cpu_ns: u64,
    /// Context switches because there was nothing to do.
    pub voluntary_switches: u64,
    /// Context switches because somebody else had to run.
    pub involuntary_switches: u64,
}

/// A thread of this process.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ThreadId(i32);

/// The data threads of a test, for whoever wants to know what they have cost while they run.
#[derive(Debug, Default)]
pub struct Threads(Mutex<Vec<ThreadId>>);

impl Threads {
    /// The calling thread is one of them.
    pub fn enter(&self) {
        self.ids().push(ThreadId::current());
    }

    /// What they have cost since each began; those that have ended are missing.
    #[must_use]
    pub fn usage(&self) -> ThreadUsage {
        self.ids().iter().fold(ThreadUsage::default(), |sum, thread| sum + thread.usage())
    }

    fn ids(&self) -> MutexGuard<'_, Vec<ThreadId>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl ThreadId {
    /// The calling thread.
    #[must_use]
    pub fn current() -> Self {
        Self(gettid().as_raw_nonzero().get())
    }

    /// What it has cost since it began; nothing if it has ended.
    #[must_use]
    pub fn usage(self) -> ThreadUsage {
        let read = |file| fs::read_to_string(format!("/proc/self/task/{}/{file}", self.0)).unwrap_or_default();
        parse(&read("schedstat"), &read("status"))
    }
}

/// The counters in the kernel's `schedstat` and `status` of a thread (proc(5)).
fn parse(schedstat: &str, status: &str) -> ThreadUsage {
    let number = |text: &str| text.trim().parse().unwrap_or_default();
    let counter = |name: &str| {
        let line = status.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
        line.map_or(0, number)
    };
    ThreadUsage {
        cpu_ns: schedstat.split_ascii_whitespace().next().map_or(0, number),
        voluntary_switches: counter("voluntary_ctxt_switches"),
        involuntary_switches: counter("nonvoluntary_ctxt_switches"),
    }
}

impl Add for ThreadUsage {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        self.with(other, u64::saturating_add)
    }
}

impl Sub for ThreadUsage {
    type Output = Self;

    fn sub(self, earlier: Self) -> Self {
        self.with(earlier, u64::saturating_sub)
    }
}

impl ThreadUsage {
    fn with(self, other: Self, combine: fn(u64, u64) -> u64) -> Self {
        Self {
            cpu_ns: combine(self.cpu_ns, other.cpu_ns),
            voluntary_switches: combine(self.voluntary_switches, other.voluntary_switches),
            involuntary_switches: combine(self.involuntary_switches, other.involuntary_switches),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::sync::mpsc::{RecvTimeoutError, channel};
    use std::thread;
    use std::time::Duration;

    #[test]
    fn the_kernels_words_are_read_and_differences_never_wrap() {
        let status = "Name:\tx\nvoluntary_ctxt_switches:\t17\nnonvoluntary_ctxt_switches:\t5\n";
        let usage = parse("8123 99 3\n", status);
        assert_eq!(usage, ThreadUsage { cpu_ns: 8123, voluntary_switches: 17, involuntary_switches: 5 });
        assert_eq!((usage + usage) - usage, usage);
        assert_eq!(usage - (usage + usage), ThreadUsage::default());
        assert_eq!(parse("", ""), ThreadUsage::default());
    }

    #[test]
    fn a_thread_that_sleeps_is_seen_to_leave_its_cpu_also_by_another() {
        let (told, who) = channel();
        let (enough, end) = channel::<()>();
        let sleeper = thread::spawn(move || {
            told.send(ThreadId::current()).expect("told");
            while end.recv_timeout(Duration::from_millis(1)).is_err_and(|e| e == RecvTimeoutError::Timeout) {}
        });
        let sleeper_id = who.recv().expect("a thread");
        let before = sleeper_id.usage();
        while (sleeper_id.usage() - before).voluntary_switches == 0 {
            thread::yield_now();
        }
        drop(enough);
        sleeper.join().expect("ended");
    }

    proptest! {
        #[test]
        fn no_text_is_too_strange(schedstat in "\\PC{0,40}", status in "((non)?voluntary_ctxt_switches)?:\\PC{0,40}") {
            let _ = parse(&schedstat, &status);
        }
    }
}
