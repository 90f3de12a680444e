//! The binary, run with its streams in files: nothing it writes can block it, and all of it can be read at any time.

use std::fs::{self, File};
use std::process::{Child, Command, ExitStatus, Stdio};

use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;

use super::eventually;

/// A running rrserver, killed at the latest when this value goes.
#[derive(Debug)]
pub(crate) struct Program {
    child: Child,
    streams: TempDir,
}

const STDOUT: &str = "stdout";
const STDERR: &str = "stderr";

impl Program {
    /// Runs rrserver with these options.
    pub(crate) fn run(options: &[&str]) -> Self {
        let streams = TempDir::new().expect("temporary directory");
        let stream = |name| File::create(streams.path().join(name)).expect("temporary file");
        let child = Command::new(env!("CARGO_BIN_EXE_rrserver"))
            .args(options)
            .stdin(Stdio::null())
            .stdout(stream(STDOUT))
            .stderr(stream(STDERR))
            .spawn()
            .expect("rrserver runs");
        Self { child, streams }
    }

    /// What it has written to stdout so far.
    pub(crate) fn stdout(&self) -> String {
        self.stream(STDOUT)
    }

    /// What it has written to stderr so far.
    pub(crate) fn stderr(&self) -> String {
        self.stream(STDERR)
    }

    fn stream(&self, name: &str) -> String {
        fs::read_to_string(self.streams.path().join(name)).expect("what rrserver wrote")
    }

    /// Its process number.
    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// Sends it a signal.
    pub(crate) fn signal(&self, signal: Signal) {
        kill_process(Pid::from_child(&self.child), signal).expect("rrserver is running");
    }

    /// Whether it has not ended yet.
    pub(crate) fn is_running(&mut self) -> bool {
        self.exit_status().is_none()
    }

    /// Waits for it to end; its exit code, or `None` if a signal ended it.
    pub(crate) fn exit_code(&mut self) -> Option<i32> {
        let mut status = None;
        eventually("rrserver ends", || {
            status = self.exit_status();
            status.is_some()
        });
        status.and_then(|status| status.code())
    }

    fn exit_status(&mut self) -> Option<ExitStatus> {
        self.child.try_wait().expect("rrserver is our child")
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        // One that has ended already needs no killing.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
