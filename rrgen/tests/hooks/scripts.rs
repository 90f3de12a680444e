//! Scripts that go wrong: bounded, reported with their line, and no harm to the server.

use std::fs;
use std::process::Command;

use rustix::process::Signal;
use tempfile::TempDir;

use crate::bed::assert_refused;
use crate::ledger::Ledger;
use crate::support::{Finished, Running, Server, rrgen, run};

/// Each call of a script that does not end takes its time.
const TRANSACTIONS: u64 = 5;
const LENGTH: &str = "-5";

/// Keeps the first packet for ever.
const ENDLESS: &str = "function on_packet(pkt)\n  while true do end\nend\n";

/// Wants more memory than any interpreter gets.
const HUGE: &str =
    "function on_packet(pkt)\n  local huge = {}\n  for i = 1, 64 do huge[i] = string.rep('x', 1 << 20) end\nend\n";

/// A server with a folder of one script.
struct Scripted {
    server: Server,
    folder: TempDir,
}

impl Scripted {
    fn new(text: &str) -> Self {
        let folder = TempDir::new().expect("a folder");
        fs::write(folder.path().join("mine.lua"), text).expect("a script");
        let path = folder.path().to_str().expect("a path of ours");
        let server = Server::rrserver(&["--allow-hook", "lua@message", "--hook-dir", path]);
        Self { server, folder }
    }

    fn client(&self, options: &[&str]) -> Command {
        let mut client = rrgen();
        client.args(["-H", "127.0.0.1", "-p", &self.server.port(), "-l", LENGTH]).args(options);
        client
    }

    fn run(&self, hook: &[&str]) -> Finished {
        run(&mut self.client(hook))
    }

    fn run_script(&self) -> Finished {
        self.run(&["--hook", "lua:script=mine.lua"])
    }

    fn assert_alive(&self) {
        let finished = self.run(&[]);
        assert_eq!((finished.code(), finished.stderr.as_str()), (0, ""), "{finished}");
    }
}

#[test]
fn a_script_that_fails_passes_every_packet_and_is_quoted_with_its_line() {
    for (text, beginning, complaint) in [
        (ENDLESS, "mine.lua:2: ", "stopped: the call takes too long"),
        (HUGE, "mine.lua:", "not enough memory"),
        ("function on_packet(pkt)\n  error('oops')\nend\n", "mine.lua:2: ", "oops"),
        ("function on_packet(pkt)\n  return 42\nend\n", "mine.lua:1: ", "neither PASS nor DROP"),
    ] {
        let scripted = Scripted::new(text);
        let finished = scripted.run_script();
        assert_eq!(finished.code(), 0, "{finished}");
        let ledger = Ledger::read(&finished.stderr);
        assert_eq!((ledger.calls, ledger.passes, ledger.errors), (TRANSACTIONS, Some(TRANSACTIONS), TRANSACTIONS));
        let error = ledger.first_error.expect("an error");
        assert!(error.starts_with(beginning) && error.contains(complaint), "{error}");
        scripted.assert_alive();
    }
}

#[test]
fn ctrl_c_ends_a_test_whose_script_is_stuck() {
    let scripted = Scripted::new(ENDLESS);
    let folder = scripted.folder.path().to_str().expect("a path of ours");
    let on_the_client = ["--hook-side", "client", "--hook-dir", folder];
    for side in [&[][..], &on_the_client] {
        let options = [&["-l", "3600", "-D", "-0.01", "--hook", "lua:script=mine.lua"], side].concat();
        let mut running = Running::start(&mut scripted.client(&options));
        running.wait_for("Interim result:");
        running.signal(Signal::INT);
        let finished = running.finish();
        assert_eq!(finished.code(), 0, "{finished}");
        let ledger = Ledger::read(&finished.stderr);
        assert!(ledger.calls > 0 && ledger.errors == ledger.calls, "{finished}");
        scripted.assert_alive();
    }
}

#[test]
fn a_script_that_is_none_is_refused_with_its_line() {
    for (text, complaint) in [
        ("function on_packet(pkt\n  return PASS\nend\n", "mine.lua:2: "),
        ("answer = 42\n", "mine.lua:1: the script ends without having defined a function on_packet(pkt)"),
        ("while true do end\n", "mine.lua:1: stopped"),
        ("io.open('/etc/passwd')\n", "mine.lua:1: "),
    ] {
        let scripted = Scripted::new(text);
        assert_refused(&scripted.run_script(), complaint);
        scripted.assert_alive();
    }
}

#[test]
fn a_script_that_is_not_there_is_named() {
    let scripted = Scripted::new("");
    assert_refused(&scripted.run(&["--hook", "lua:script=other.lua"]), "other.lua");
    scripted.assert_alive();
}
