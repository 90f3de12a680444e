//! The binary as a server in use: where it listens, what it holds, and what it logged once it is over.

use std::fs;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::PathBuf;

use rustix::process::Signal;

use super::{Program, eventually};

/// What a server calls the threads that serve a test.
const DATA_THREAD: &str = "rr-data";

/// An rrserver that is listening.
#[derive(Debug)]
pub(crate) struct Process {
    program: Program,
    announcement: String,
}

/// What clients make a server hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Footprint {
    /// Open file descriptors.
    pub(crate) descriptors: usize,
    /// Threads, its own one included.
    pub(crate) threads: usize,
}

impl Process {
    /// Starts rrserver with these options, on a port that the kernel chooses unless they say otherwise.
    pub(crate) fn start(options: &[&str]) -> Self {
        let mut program = Program::run(&[&["-p", "0"], options].concat());
        let mut announcement = String::new();
        eventually("rrserver says where it listens", || {
            announcement = program.stdout();
            assert!(program.is_running(), "{}", program.stderr());
            announcement.ends_with('\n')
        });
        Self { program, announcement }
    }

    /// The line that says where it listens.
    pub(crate) fn announcement(&self) -> &str {
        &self.announcement
    }

    /// The address it says it listens on.
    pub(crate) fn announced(&self) -> SocketAddr {
        let address = self.announcement.split_whitespace().nth(3).expect("an address");
        address.parse().unwrap_or_else(|e| panic!("{}: {e}", self.announcement))
    }

    /// An address to reach it at from this host.
    pub(crate) fn address(&self) -> SocketAddr {
        let announced = self.announced();
        let ip: IpAddr = match announced.ip() {
            ip if !ip.is_unspecified() => ip,
            _ if self.announcement.ends_with("(IPv6)\n") => Ipv6Addr::LOCALHOST.into(),
            _ => Ipv4Addr::LOCALHOST.into(),
        };
        SocketAddr::new(ip, announced.port())
    }

    /// What it holds at the moment.
    pub(crate) fn footprint(&self) -> Footprint {
        let count = |entry| fs::read_dir(self.proc(entry)).expect("a running program").count();
        Footprint { descriptors: count("fd"), threads: count("task") }
    }

    /// Waits until it holds what it held `before`, and no thread serves a test.
    pub(crate) fn returns_to(&self, before: Footprint) {
        eventually("rrserver frees what a client made it hold", || {
            self.footprint() == before && self.data_threads().is_empty()
        });
    }

    /// The CPUs that each of its data threads may run on, as the kernel lists them.
    pub(crate) fn data_cpus(&self) -> Vec<String> {
        self.data_threads().into_iter().filter_map(|thread| allowed_cpus(thread.join("status"))).collect()
    }

    /// The CPUs that the program as a whole may run on.
    pub(crate) fn cpus(&self) -> String {
        allowed_cpus(self.proc("status")).expect("a running program")
    }

    fn data_threads(&self) -> Vec<PathBuf> {
        let threads = fs::read_dir(self.proc("task")).expect("its threads");
        let threads = threads.map(|thread| thread.expect("a thread").path());
        // A thread that has ended since it was listed has no name any more.
        let is_data =
            |thread: &PathBuf| fs::read_to_string(thread.join("comm")).is_ok_and(|name| name.trim_end() == DATA_THREAD);
        threads.filter(is_data).collect()
    }

    fn proc(&self, entry: &str) -> PathBuf {
        format!("/proc/{}/{entry}", self.program.id()).into()
    }

    /// Sends it a signal that ends it: it must exit with status 0, having said nothing more on stdout.
    /// What it logged, line by line.
    pub(crate) fn end(mut self, signal: Signal) -> Vec<String> {
        self.program.signal(signal);
        assert_eq!(self.program.exit_code(), Some(0), "{}", self.program.stderr());
        assert_eq!(self.program.stdout(), self.announcement, "one line on stdout");
        self.program.stderr().lines().map(str::to_owned).collect()
    }

    /// Ends it as an operator does.
    pub(crate) fn stop(self) -> Vec<String> {
        self.end(Signal::TERM)
    }
}

/// `Cpus_allowed_list` of a thread; `None` when it has ended.
fn allowed_cpus(status: PathBuf) -> Option<String> {
    let status = fs::read_to_string(status).ok()?;
    let list = status.lines().find_map(|line| line.strip_prefix("Cpus_allowed_list:"));
    Some(list.expect("every Linux lists the CPUs allowed").trim().to_owned())
}
