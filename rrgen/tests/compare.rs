//! `rrgen compare` as a user runs it: to its end, interrupted, killed, and gone on with.

use std::fs::Permissions;
use std::io::Read;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use hooks::capability::Host;
use hooks::{AttachPoint, Engine};
use rrgen::local::LocalServer;
use rrgen::testbed::Namespace;
use rustix::process::{Pid, Signal, geteuid, kill_process};
use serde_json::Value;
use tempfile::TempDir;

/// How long anything may take that has to happen.
const PATIENCE: Duration = Duration::from_secs(20);

/// The user and the group that own nothing.
const NOBODY: u32 = 65534;

fn compare(words: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_rrgen"));
    command.arg("compare").args(words).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

fn run(words: &[&str]) -> (String, String) {
    let Output { status, stdout, stderr } = compare(words).output().unwrap();
    let [stdout, stderr] = [stdout, stderr].map(|text| String::from_utf8(text).unwrap());
    assert!(status.success(), "{words:?}: {stderr}");
    (stdout, stderr)
}

/// A comparison in progress, which ends with the test at the latest.
struct Running(Child);

impl Running {
    fn spawn(words: &[&str]) -> Self {
        Self(compare(words).spawn().unwrap())
    }

    /// Waits until the first round is finished.
    fn past_its_first_round(mut self) -> Self {
        let mut line = String::new();
        let told = self.0.stderr.as_mut().unwrap();
        while !line.ends_with('\n') {
            let mut byte = [0];
            told.read_exact(&mut byte).unwrap();
            line.push(byte[0].into());
        }
        assert!(line.starts_with("round 1 of "), "{line}");
        self
    }

    fn signal(&self, signal: Signal) {
        kill_process(Pid::from_child(&self.0), signal).unwrap();
    }

    /// The exit status, what was printed, and what was told.
    fn finish(mut self) -> (ExitStatus, String, String) {
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

/// Whether this machine gives no namespaces; in CI that is a failure.
fn without_namespaces() -> bool {
    let Err(e) = Namespace::new() else { return false };
    assert!(std::env::var_os("RRGEN_CI").is_none(), "no namespaces in CI: {e}");
    eprintln!("skipped: no network namespace: {e}");
    true
}

fn path(directory: &TempDir) -> &str {
    directory.path().to_str().unwrap()
}

fn lines(directory: &TempDir) -> Vec<String> {
    let text = std::fs::read_to_string(directory.path().join("results.jsonl")).unwrap();
    text.lines().map(str::to_owned).collect()
}

#[test]
fn every_place_gives_a_report() {
    let places = ["direct", "router", "loopback"];
    let possible = if without_namespaces() { &places[2..] } else { &places };
    for place in possible {
        let (report, progress) = run(&["--topology", place, "--rounds", "8", "-l", "0.02", "--margin", "50"]);
        let row = report.lines().find(|line| line.starts_with("baseline' / baseline  ")).unwrap();
        assert!(row.contains("] %"), "{place}: {report}");
        assert!(
            report.contains("\ndesign   lock-step in blocks of 2ms, at least 50 transactions; 8 rounds of 20ms"),
            "{report}"
        );
        assert_eq!(progress.lines().count(), 8, "{progress}");
    }
}

/// Sums of what the hook of a variant counted, over the rounds in `directory`: transactions, calls, errors.
fn ledger(directory: &TempDir, variant: usize) -> [u64; 3] {
    let lines = lines(directory);
    let ledgers = lines[1..].iter().map(|line| {
        let round: Value = serde_json::from_str(line).unwrap();
        round["variants"][variant]["ledger"].clone()
    });
    ledgers.fold([0; 3], |sums, ledger| {
        let counts = ["expected_calls", "calls", "errors"].map(|count| ledger[count].as_u64().unwrap());
        std::array::from_fn(|count| sums[count] + counts[count])
    })
}

#[test]
fn hooks_on_messages_see_every_transaction_and_nothing_else() {
    let directory = tempfile::tempdir().unwrap();
    let words = ["--topology", "loopback", "--rounds", "6", "-l", "0.2", "--hook", "lua", "--hook", "native"];
    let (report, _) = run(&[&words[..], &["--out", path(&directory)]].concat());
    for (variant, name) in [(2, "lua@message"), (3, "native@message")] {
        assert!(report.contains(&format!("\n{name} / baseline  ")), "{report}");
        let [transactions, calls, errors] = ledger(&directory, variant);
        assert!(transactions > 0);
        assert_eq!((calls, errors), (transactions, 0), "{name}");
    }
}

/// Whether this process cannot have hooks in the kernel; in CI that is a failure.
fn without_kernel_hooks() -> bool {
    let host = Host::probe();
    let needed = [(Engine::Ebpf, AttachPoint::Xdp), (Engine::Lua, AttachPoint::Nfqueue)];
    let missing: Vec<_> = needed.into_iter().flat_map(|(engine, attach)| host.missing(engine, attach)).collect();
    assert!(missing.is_empty() || std::env::var_os("RRGEN_CI").is_none(), "no hooks in CI: {missing:?}");
    if !missing.is_empty() {
        eprintln!("skipped: {}", missing.join("; "));
    }
    !missing.is_empty()
}

#[test]
fn the_beds_compare_hooks_in_the_kernel_with_their_null() {
    if without_namespaces() || without_kernel_hooks() {
        return;
    }
    for topology in ["direct", "router"] {
        let directory = tempfile::tempdir().unwrap();
        let words = ["--topology", topology, "--rounds", "6", "-l", "0.2", "--out", path(&directory)];
        let (report, _) = run(&words);
        for contrast in ["null@xdp / baseline", "ebpf@xdp / null@xdp", "lua@nfqueue / null@nfqueue"] {
            assert!(report.contains(&format!("\n{contrast}  ")), "{topology}: {report}");
        }
        for variant in 2..6 {
            let [transactions, calls, errors] = ledger(&directory, variant);
            assert!(transactions > 0 && calls > transactions && errors == 0, "{topology} {variant}: {report}");
        }
        assert!(!report.contains("the ledger of "), "{topology}: {report}");
    }
}

#[test]
fn slots_run_with_their_hook() {
    let words = ["--topology", "loopback", "--design", "slots", "--rounds", "1", "-l", "1", "--hooks", "none,lua"];
    let (report, _) = run(&words);
    assert!(report.contains("\nlua@message / baseline  "), "{report}");
    assert!(report.contains("\nledger   lua@message: "), "{report}");
}

#[test]
fn a_running_server_is_used() {
    let server = LocalServer::start(false, None, None).unwrap();
    let port = server.address().port().to_string();
    for options in [&["-l", "0.02"][..], &["--design", "slots", "-l", "1", "-r", "64,128"]] {
        let (report, _) = run(&[&["-H", "127.0.0.1", "-p", &port, "--rounds", "2"], options].concat());
        assert!(report.contains(&format!("the server at 127.0.0.1, port {port}")), "{report}");
    }
}

#[test]
fn without_ip_there_is_still_the_loopback_device() {
    let output = compare(&["--rounds", "1", "-l", "0.02"]).env("PATH", "").output().unwrap();
    let report = String::from_utf8(output.stdout).unwrap();
    assert!(report.contains("\nplace    the loopback device\n"), "{report}");
    assert!(report.contains("\nskipped  test-bed of namespaces: "), "{report}");
}

/// As anybody but root; whoever is not root has run the other tests so.
#[test]
fn users_get_the_test_bed_in_a_user_namespace() {
    if !geteuid().is_root() {
        return;
    }
    let namespaces = std::fs::read_to_string("/proc/sys/user/max_user_namespaces").unwrap_or_default();
    if without_namespaces() || namespaces.trim() == "0" {
        eprintln!("skipped: the kernel gives users no namespaces");
        return;
    }
    // Where a build ends up, others may not look.
    let directory = tempfile::tempdir().unwrap();
    std::fs::set_permissions(directory.path(), Permissions::from_mode(0o755)).unwrap();
    let program = directory.path().join("rrgen");
    std::fs::copy(env!("CARGO_BIN_EXE_rrgen"), &program).unwrap();
    let words = ["compare", "--topology", "router", "--rounds", "1", "-l", "0.02"];
    let output = Command::new(program).args(words).uid(NOBODY).gid(NOBODY).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert!(String::from_utf8(output.stdout).unwrap().contains("\nplace    three network namespaces"));
}

/// Inside a round the client makes two system calls per transaction, and no other.
#[test]
fn between_packets_there_is_nothing_else() {
    let directory = tempfile::tempdir().unwrap();
    let trace = directory.path().join("trace");
    let program = env!("CARGO_BIN_EXE_rrgen");
    let words = ["compare", "--topology", "loopback", "--hooks", "none", "--rounds", "1", "-l", "0.1"];
    let strace = ["-f", "-o", trace.to_str().unwrap(), program];
    let traced = Command::new("strace").args(strace).args(words).output();
    let Ok(output) = traced else {
        assert!(std::env::var_os("RRGEN_CI").is_none(), "no strace in CI");
        eprintln!("skipped: no strace");
        return;
    };
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let calls = client_calls(&std::fs::read_to_string(trace).unwrap());
    assert!(calls.len() > 200, "{} calls", calls.len());
    let expected = ["sendto", "recvfrom"].iter().cycle();
    assert!(calls.iter().zip(expected).all(|(call, expected)| call == expected), "{calls:?}");
}

/// The names of the client thread's last calls inside the round, beginning with one to send.
fn client_calls(trace: &str) -> Vec<String> {
    const LAST: usize = 400;
    let shut = trace.lines().find(|line| line.contains("shutdown(")).unwrap();
    let thread = shut.split_once(' ').unwrap().0;
    let own = trace.lines().filter(|line| line.starts_with(thread) && !line.contains(" resumed>"));
    let calls: Vec<&str> = own.take_while(|line| *line != shut).collect();
    let names = calls[calls.len().saturating_sub(LAST)..].iter().map(|line| {
        let call = line.split_once(' ').unwrap().1.trim_start();
        call.split('(').next().unwrap().to_owned()
    });
    names.skip_while(|name| name != "sendto").collect()
}

#[test]
fn what_is_wrong_is_told_before_anything_runs() {
    for (words, message) in [
        (&["--topology", "loopback", "-T", "100000"][..], "-T: CPU 100000 is out of range"),
        (&["--flows", "4"], "--flows: a comparison is of one connection"),
        (&["--topology", "loopback", "--", "-b", "4"], "-b: lock-step has one request in flight"),
        (&["--topology", "loopback", "--design", "slots", "-l", "0.5"], "-l takes whole seconds"),
        (&["--topology", "loopback", "-r", "99999999"], "-r: a request of 99999999 bytes is too large"),
        (&["--resume", "/nonexistent"], "/nonexistent/results.jsonl: cannot read it: "),
        (&["-H", "127.0.0.1", "-p", "1", "-l", "0.01"], "start `rrserver` there"),
        (&["--topology", "loopback", "--format", "record"], "the record format needs results of the slot design"),
        (&["--topology", "loopback", "-l", "61"], "takes at most 60 s a round; measure more rounds"),
        (&["-Z", "secret"], "-Z: the test-bed has a passphrase of its own"),
        (&["-L", "10.0.0.1"], "required arguments were not provided"),
        (&["-H", "127.0.0.1", "-p", "5,6"], "one port of our own is not enough"),
        (&["-l", "0"], "not between 0.01 and 3600"),
        (&["--hook", "perl"], "perl"),
        (&["--topology", "loopback", "--hook", "ebpf", "--design", "lockstep"], "ebpf@xdp "),
        (&["--topology", "loopback", "--hook", "lua", "--hooks", "none,lua"], "lua@message is named twice"),
    ] {
        let output = compare(words).output().unwrap();
        let told = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(1), "{words:?}");
        assert!(told.contains(message), "{words:?}: {told}");
    }
}

#[test]
fn an_interrupt_reports_what_was_measured() {
    let words = ["--topology", "loopback", "--hooks", "none,lua", "--rounds", "1000", "-l", "0.05"];
    let running = Running::spawn(&words).past_its_first_round();
    running.signal(Signal::INT);
    let (status, printed, told) = running.finish();
    assert!(status.success());
    assert!(told.contains("rrgen compare: interrupted after ") && told.contains(" of 1000 rounds"), "{told}");
    assert!(printed.starts_with("variant "), "{printed}");
}

/// The run of a slot is a process of its own, which must not be waited for to the end of its ten minutes.
#[test]
fn an_interrupted_slot_ends_at_once() {
    let words = ["--topology", "loopback", "--hooks", "none", "--design", "slots", "-l", "600", "--rounds", "2"];
    let running = Running::spawn(&words);
    await_that(|| has_children(&running.0), "the run of the first slot");
    running.signal(Signal::INT);
    let (_, _, told) = running.finish();
    assert!(told.contains("rrgen compare: interrupted after 0 of 2 rounds"), "{told}");
}

fn has_children(process: &Child) -> bool {
    let threads = std::fs::read_dir(format!("/proc/{}/task", process.id())).unwrap();
    let of_thread = |thread: std::fs::DirEntry| std::fs::read_to_string(thread.path().join("children"));
    threads.flatten().any(|thread| of_thread(thread).is_ok_and(|children| !children.is_empty()))
}

/// Waits for something that has to happen.
fn await_that(mut happened: impl FnMut() -> bool, what: &str) {
    let deadline = Instant::now() + PATIENCE;
    while !happened() {
        assert!(Instant::now() < deadline, "still waiting for {what}");
        thread::sleep(Duration::from_millis(10));
    }
}

/// A comparison that was killed goes on, with the orders that it would have had.
#[test]
fn a_killed_comparison_is_gone_on_with() {
    let directory = tempfile::tempdir().unwrap();
    let common =
        ["--topology", "loopback", "--hooks", "none,lua", "--rounds", "12", "-l", "0.02", "--seed", "7", "--out"];
    let running = Running::spawn(&[&common[..], &[path(&directory)]].concat()).past_its_first_round();
    running.signal(Signal::KILL);
    running.finish();
    let before = lines(&directory);
    run(&["--resume", path(&directory)]);
    let after = lines(&directory);
    assert!((2..=13).contains(&before.len()) && after.starts_with(&before), "{}", before.len());
    assert_eq!(after.len(), 13);
    let whole = tempfile::tempdir().unwrap();
    run(&[&common[..], &[path(&whole)]].concat());
    let paths = |lines: &[String]| -> Vec<String> {
        let drawn = |line: &String| line.split_once("\"client_cpus\"").map(|(before, _)| before.to_owned());
        lines.iter().filter_map(drawn).collect()
    };
    assert_eq!(paths(&after), paths(&lines(&whole)));
}

/// A veth pair dies with either end: its end out here tells when the namespaces are gone.
#[test]
fn a_killed_comparison_leaves_no_namespace() {
    if without_namespaces() {
        return;
    }
    let outside = Namespace::new().unwrap();
    let ip = |words: &[&str]| {
        let output = outside.run(|| Command::new("ip").args(words).output()).unwrap();
        String::from_utf8(output.stdout).unwrap() + &String::from_utf8(output.stderr).unwrap()
    };
    let words = ["--topology", "router", "--rounds", "1000", "-l", "0.05"];
    let running = Running::spawn(&words).past_its_first_round();
    let inside = a_namespace_of(&running.0);
    let added = ip(&["link", "add", "probe", "type", "veth", "peer", "name", "tell", "netns", &inside]);
    assert_eq!(added, "", "the probe is in");
    running.signal(Signal::KILL);
    running.finish();
    await_that(|| !ip(&["link"]).contains("probe"), "the end of the namespace");
}

/// The path of a network namespace that a process has open.
fn a_namespace_of(child: &Child) -> String {
    let descriptors = std::fs::read_dir(format!("/proc/{}/fd", child.id())).unwrap();
    let paths = descriptors.map(|entry| entry.unwrap().path());
    let is_namespace = |path: &std::path::PathBuf| {
        std::fs::read_link(path).is_ok_and(|target| target.to_string_lossy().starts_with("net:"))
    };
    paths.into_iter().find(is_namespace).unwrap().to_str().unwrap().to_owned()
}

#[test]
fn slots_print_the_record_of_2019() {
    let common = ["--topology", "loopback", "--hooks", "none", "--design", "slots"];
    let words = [&common[..], &["--rounds", "1", "-l", "1", "--format", "record"]].concat();
    let (record, progress) = run(&words);
    let headings: Vec<&str> = record.lines().filter(|line| line.ends_with(':')).collect();
    assert_eq!(headings, ["Baseline:", "Baseline':"]);
    assert_eq!(record.matches("MIGRATED TCP REQUEST/RESPONSE TEST from ").count(), 4, "a square has two rounds");
    assert!(record.contains("\nInterim result: ") && record.contains("\nMean baseline: "), "{record}");
    assert!(record.lines().last().unwrap().starts_with("Conclusion: Baseline"), "{record}");
    assert_eq!(progress.lines().count(), 4);
}
