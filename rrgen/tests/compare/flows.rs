//! Comparisons of many flows: all of a variant's are busy at once, are counted, and end together.

use rrgen::local::LocalServer;
use rustix::process::Signal;
use serde_json::Value;
use tempfile::TempDir;

use crate::hooked::{assert_explained, ledger};
use crate::possible::{without_kernel_hooks, without_namespaces};
use crate::program::{Running, await_that, compare, lines, path, run};
use crate::support::{Server, ServerKind};

const MANY: [&str; 4] = ["--topology", "loopback", "--flows", "8"];

/// The settings that were saved.
fn settings(directory: &TempDir) -> Value {
    let header: Value = serde_json::from_str(&lines(directory)[0]).unwrap();
    header["settings"].clone()
}

/// Without privileges, and with the hook at either end.
#[test]
fn hooks_on_messages_see_every_transaction_of_every_flow_and_nothing_else() {
    for side in ["target", "client"] {
        let directory = tempfile::tempdir().unwrap();
        let words =
            ["--hooks", "null,lua", "--rounds", "2", "-l", "0.05", "--hook-side", side, "--out", path(&directory)];
        let (report, _) = run(&[&MANY[..], &words].concat());
        assert!(report.contains("\nload     8 flows per variant, in one data thread at each end\n"), "{report}");
        assert!(report.contains("\nlua@message / null@message  "), "{report}");
        assert_eq!(settings(&directory)["flows"], 8);
        for variant in [2, 3] {
            let [transactions, calls, errors] = ledger(&directory, variant);
            assert!(transactions > 0);
            assert_eq!((calls, errors), (transactions, 0), "{side} {variant}");
        }
    }
}

#[test]
fn a_block_has_enough_transactions_for_every_flow() {
    let (report, _) =
        run(&["--topology", "loopback", "--flows", "100", "--hooks", "none", "--rounds", "1", "-l", "0.02"]);
    assert!(report.contains("\ndesign   lock-step in blocks of 2ms, at least 500 transactions; 1 rounds"), "{report}");
}

#[test]
fn the_bed_compares_programs_and_messages_and_says_what_many_flows_cannot_have() {
    if without_namespaces() || without_kernel_hooks() {
        return;
    }
    let directory = tempfile::tempdir().unwrap();
    let direct = ["--topology", "direct", "--flows", "8"];
    let named = ["--hooks", "null@message,null@xdp", "--rounds", "8", "-l", "0.05", "--out", path(&directory)];
    let (report, _) = run(&[&direct[..], &named].concat());
    assert!(report.contains("\nnull@xdp / baseline  ") && !report.contains("the ledger of "), "{report}");
    let [transactions, calls, errors] = ledger(&directory, 2);
    assert!(transactions > 0 && (calls, errors) == (transactions, 0), "{report}");
    let brief = ["--rounds", "1", "-l", "0.02"];
    let (report, _) = run(&[&direct[..], &brief].concat());
    assert!(report.contains("\nebpf@xdp / null@xdp ") && !report.contains("the ledger of "), "{report}");
    assert!(
        report.contains("\nskipped  lua@nfqueue: a queue is kept to one connection: leave out --flows"),
        "{report}"
    );
    let (report, _) = run(&[&["--topology", "router", "--flows", "8", "--hooks", "ebpf"][..], &brief].concat());
    assert!(report.contains("\nebpf@xdp / baseline ") && !report.contains("the ledger of "), "{report}");
}

/// A queue that sees all flows of its host sees those of the other variants, too.
#[test]
fn a_queue_for_many_flows_has_its_turn_in_slots() {
    if without_namespaces() || without_kernel_hooks() {
        return;
    }
    let directory = tempfile::tempdir().unwrap();
    let words = ["--topology", "direct", "--flows", "8", "--hook-scope", "host", "--hook", "null@nfqueue", "--seed"];
    // The square of this seed begins with the queue.
    let seed = (0..).find(|&seed| rrgen::stats::order::slot_order(seed, 0, 3)[0] == 2).unwrap().to_string();
    let running = Running::spawn(&[&words[..], &[&seed, "--out", path(&directory)]].concat()).past_its_first_round();
    running.signal(Signal::INT);
    let (_, _, told) = running.finish();
    assert!(told.contains("interrupted after 0 of "), "{told}");
    let lines = lines(&directory);
    assert!(lines[0].contains("null@nfqueue sees all traffic of its host, which variants share: slots instead"));
    let slot: Value = serde_json::from_str(&lines[1]).unwrap();
    let [expected, calls] = ["expected_calls", "calls"].map(|count| slot["ledger"][count].as_f64().unwrap());
    assert!(slot["repeats"].as_array().unwrap().is_empty(), "{slot}");
    assert!(calls >= expected && expected > slot["rate"].as_f64().unwrap(), "{slot}");
}

#[test]
fn a_hook_that_drops_the_test_is_explained_whether_it_says_so_or_not() {
    let words = ["--flows", "8", "--rounds", "1", "-l", "0.02", "--topology"];
    assert_explained(&[&words[..], &["loopback", "--hook", "native:filter=payload,payload=n"]].concat());
    if without_namespaces() || without_kernel_hooks() {
        return;
    }
    // Nobody hears of it: the silence of all flows tells.
    assert_explained(&[&words[..], &["direct", "--hook", "ebpf:filter=payload,payload=n"]].concat());
}

#[test]
fn an_interrupt_reports_what_was_measured_and_a_killed_comparison_is_gone_on_with() {
    let directory = tempfile::tempdir().unwrap();
    let words =
        [&MANY[..], &["--hooks", "none,null", "--rounds", "12", "-l", "0.05", "--out", path(&directory)]].concat();
    let running = Running::spawn(&words).past_its_first_round();
    running.signal(Signal::KILL);
    running.finish();
    let before = lines(&directory);
    let running = Running::spawn(&["--resume", path(&directory)]).past_a_round().0;
    running.signal(Signal::INT);
    let (status, printed, told) = running.finish();
    assert!(status.success() && printed.starts_with("variant "), "{printed}{told}");
    let (report, _) = run(&["--resume", path(&directory)]);
    assert!(report.contains("\nload     8 flows per variant"), "{report}");
    let after = lines(&directory);
    assert!(after.starts_with(&before) && after.len() == 13, "{} then {}", before.len(), after.len());
}

#[test]
fn a_running_server_is_used_and_when_it_goes_what_was_measured_is_reported() {
    let mut server = Server::rrserver(&[]);
    let port = server.port();
    let there = ["-H", "127.0.0.1", "-p", &port, "--flows", "8", "--hooks", "none,lua", "-l", "0.05"];
    let (report, _) = run(&[&there[..], &["--rounds", "2", "-r", "64,128"]].concat());
    assert!(report.contains("\nlua@message / baseline ") && report.contains("\noptions  -r 64,128\n"), "{report}");
    let running = Running::spawn(&[&there[..], &["--rounds", "1000"]].concat()).past_its_first_round();
    server.kill();
    let (status, printed, told) = running.finish();
    assert_eq!(status.code(), Some(1), "{told}");
    assert!(printed.starts_with("variant ") && told.contains("rrgen compare: round "), "{printed}{told}");
}

#[test]
fn slots_are_runs_with_as_many_flows() {
    let server = LocalServer::start(false, None, None).unwrap();
    let port = server.address().port().to_string();
    let words =
        ["-H", "127.0.0.1", "-p", &port, "--flows", "8", "--design", "slots", "--hooks", "none", "--rounds", "2"];
    let running = Running::spawn(&words);
    let runs_so = |child: &String| {
        let line = std::fs::read(format!("/proc/{child}/cmdline")).unwrap_or_default();
        let words: Vec<&[u8]> = line.split(|&byte| byte == 0).collect();
        // Before it executes the run, it has the words of its parent.
        !words.contains(&&b"compare"[..]) && words.windows(2).any(|pair| pair == [&b"--flows"[..], b"8"])
    };
    await_that(|| running.children().iter().any(runs_so), "a run of eight flows");
    let (status, report, told) = running.finish();
    assert!(status.success() && report.contains("\nload     8 flows per variant"), "{report}{told}");
}

#[test]
fn what_is_in_the_way_of_many_flows_is_told_before_anything_runs() {
    let program = env!("CARGO_BIN_EXE_rrgen");
    let limited =
        ["-c", "ulimit -n 200; exec \"$0\" \"$@\"", program, "compare", "--hooks", "none", "--topology", "loopback"];
    let output = std::process::Command::new("sh").args(limited).args(["--flows", "100"]).output().unwrap();
    let told = String::from_utf8(output.stderr).unwrap();
    assert_eq!((output.status.code(), output.stdout.as_slice()), (Some(1), &b""[..]), "{told}");
    assert!(
        told.contains("--flows: ") && told.contains("so many for every variant") && told.contains("is 200; raise it"),
        "{told}"
    );
    let Some(server) = Server::start(ServerKind::Netserver, "127.0.0.1", &[]) else { return };
    let output = compare(&["-H", "127.0.0.1", "-p", &server.port(), "--flows", "4"]).output().unwrap();
    let told = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1), "{told}");
    assert!(told.contains("--flows: the target is a stock netserver"), "{told}");
}
