//! `rrgen compare` as a program: started, followed, interrupted, and what it saved.

use std::io::Read;
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;

/// How long anything may take that has to happen.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);

pub(crate) fn compare(words: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_rrgen"));
    command.arg("compare").args(words).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

pub(crate) fn run(words: &[&str]) -> (String, String) {
    let Output { status, stdout, stderr } = compare(words).output().unwrap();
    let [stdout, stderr] = [stdout, stderr].map(|text| String::from_utf8(text).unwrap());
    assert!(status.success(), "{words:?}: {stderr}");
    (stdout, stderr)
}

/// A comparison in progress, which ends with the test at the latest.
pub(crate) struct Running(Child);

impl Running {
    pub(crate) fn spawn(words: &[&str]) -> Self {
        Self::start(compare(words))
    }

    pub(crate) fn start(mut command: Command) -> Self {
        Self(command.spawn().unwrap())
    }

    /// Waits until the first round is finished.
    pub(crate) fn past_its_first_round(self) -> Self {
        let (running, line) = self.past_a_round();
        assert!(line.starts_with("round 1 of "), "{line}");
        running
    }

    /// Waits until a round is finished, and what it says then.
    pub(crate) fn past_a_round(mut self) -> (Self, String) {
        let mut line = String::new();
        let told = self.0.stderr.as_mut().unwrap();
        while !line.ends_with('\n') {
            let mut byte = [0];
            told.read_exact(&mut byte).unwrap();
            line.push(byte[0].into());
        }
        (self, line)
    }

    pub(crate) fn process(&self) -> Pid {
        Pid::from_child(&self.0)
    }

    pub(crate) fn signal(&self, signal: Signal) {
        kill_process(self.process(), signal).unwrap();
    }

    /// The processes that it has started and that have not ended.
    pub(crate) fn children(&self) -> Vec<String> {
        let threads = std::fs::read_dir(format!("/proc/{}/task", self.0.id())).unwrap();
        let of_thread = |thread: std::fs::DirEntry| std::fs::read_to_string(thread.path().join("children"));
        let children: String = threads.flatten().filter_map(|thread| of_thread(thread).ok()).collect();
        children.split_whitespace().map(str::to_owned).collect()
    }

    /// The exit status, what was printed, and what was told.
    pub(crate) fn finish(mut self) -> (ExitStatus, String, String) {
        await_that(|| self.0.try_wait().unwrap().is_some(), "the end of the comparison");
        let (mut printed, mut told) = (String::new(), String::new());
        self.0.stdout.take().unwrap().read_to_string(&mut printed).unwrap();
        self.0.stderr.take().unwrap().read_to_string(&mut told).unwrap();
        (self.0.wait().unwrap(), printed, told)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Waits for something that has to happen.
pub(crate) fn await_that(happened: impl FnMut() -> bool, what: &str) {
    await_within(PATIENCE, happened, what);
}

/// Waits for something that has to happen within `patience`.
pub(crate) fn await_within(patience: Duration, mut happened: impl FnMut() -> bool, what: &str) {
    let deadline = Instant::now() + patience;
    while !happened() {
        assert!(Instant::now() < deadline, "still waiting for {what}");
        thread::sleep(Duration::from_millis(10));
    }
}

pub(crate) fn path(directory: &TempDir) -> &str {
    directory.path().to_str().unwrap()
}

pub(crate) fn lines(directory: &TempDir) -> Vec<String> {
    let text = std::fs::read_to_string(directory.path().join("results.jsonl")).unwrap();
    text.lines().map(str::to_owned).collect()
}
