//! A program under test: followed line by line, never waited for without limit, never left behind.

use std::fmt;
use std::io::{BufRead, BufReader, Read};
use std::os::unix::process::ExitStatusExt;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

/// What a program gets for its next line or its end before it counts as hanging: many times what any run here takes.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);

/// Runs a program to its end.
pub(crate) fn run(command: &mut Command) -> Finished {
    Running::start(command).finish()
}

/// A program that ended by itself.
#[derive(Debug)]
pub(crate) struct Finished {
    pub(crate) stdout: String,
    pub(crate) stderr: String,
    status: ExitStatus,
}

impl Finished {
    /// Its exit status.
    pub(crate) fn code(&self) -> i32 {
        self.status.code().unwrap_or_else(|| panic!("ended by signal {:?}\n{self}", self.status.signal()))
    }
}

impl fmt::Display for Finished {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}\n-- stdout:\n{}\n-- stderr:\n{}", self.status, self.stdout, self.stderr)
    }
}

/// A line of one of the two streams.
enum Line {
    Stdout(String),
    Stderr(String),
}

/// A program that runs.
pub(crate) struct Running {
    child: Child,
    lines: Receiver<Line>,
    stdout: String,
    stderr: String,
}

impl Running {
    /// Starts `command` and follows both its streams.
    pub(crate) fn start(command: &mut Command) -> Self {
        Self::start_with_stdout(command, Stdio::piped())
    }

    /// Starts `command` with a stdout of the caller's, who may close the other end of it.
    pub(crate) fn start_with_stdout(command: &mut Command, stdout: impl Into<Stdio>) -> Self {
        command.stdin(Stdio::null()).stdout(stdout).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap_or_else(|e| panic!("{command:?}: {e}"));
        let (sender, lines) = channel();
        if let Some(stdout) = child.stdout.take() {
            follow(stdout, sender.clone(), Line::Stdout);
        }
        follow(child.stderr.take().expect("a pipe"), sender, Line::Stderr);
        Self { child, lines, stdout: String::new(), stderr: String::new() }
    }

    /// Waits for a line of either stream that begins so.
    pub(crate) fn wait_for(&mut self, beginning: &str) -> String {
        let deadline = Instant::now() + PATIENCE;
        loop {
            if let Some(line) = self.stdout.lines().chain(self.stderr.lines()).find(|line| line.starts_with(beginning))
            {
                return line.to_owned();
            }
            assert!(self.hear(deadline), "ended without '{beginning}':\n{}\n{}", self.stdout, self.stderr);
        }
    }

    /// Sends a signal.
    pub(crate) fn signal(&self, signal: Signal) {
        kill_process(self.process(), signal).expect("a process of our own");
    }

    /// Its number.
    pub(crate) fn process(&self) -> Pid {
        Pid::from_child(&self.child)
    }

    /// Whether it has ended by now.
    pub(crate) fn has_ended(&mut self) -> bool {
        self.child.try_wait().expect("a child of our own").is_some()
    }

    /// Waits for the program's end.
    pub(crate) fn finish(mut self) -> Finished {
        let deadline = Instant::now() + PATIENCE;
        while self.hear(deadline) {}
        let status = self.child.wait().expect("a child of our own");
        Finished { stdout: std::mem::take(&mut self.stdout), stderr: std::mem::take(&mut self.stderr), status }
    }

    /// Takes in the next line; `false` when both streams have ended.
    fn hear(&mut self, deadline: Instant) -> bool {
        match self.lines.recv_timeout(deadline.saturating_duration_since(Instant::now())) {
            Ok(Line::Stdout(line)) => self.stdout.push_str(&line),
            Ok(Line::Stderr(line)) => self.stderr.push_str(&line),
            Err(RecvTimeoutError::Disconnected) => return false,
            Err(RecvTimeoutError::Timeout) => {
                panic!("hangs; so far:\n-- stdout:\n{}\n-- stderr:\n{}", self.stdout, self.stderr)
            }
        }
        true
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // Only a test that failed leaves something to kill.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Forwards a stream line by line, the last one with or without its newline.
fn follow(stream: impl Read + Send + 'static, lines: Sender<Line>, name: fn(String) -> Line) {
    thread::spawn(move || {
        let mut stream = BufReader::new(stream);
        let mut line = Vec::new();
        while matches!(stream.read_until(b'\n', &mut line), Ok(1..)) {
            // Nobody listens any more when the test has failed.
            let _ = lines.send(name(String::from_utf8_lossy(&line).into_owned()));
            line.clear();
        }
    });
}
