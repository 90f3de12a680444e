//! `--json`: one document whatever happens, and nothing else on stdout.

use rustix::process::Signal;
use serde_json::Value;

use crate::support::{Finished, Pairing, Running, Server, refusing_port, rrgen, run};

/// Whose stdout is one line of JSON.
fn document(finished: &Finished) -> Value {
    let line = finished.stdout.strip_suffix('\n').filter(|line| !line.contains('\n'));
    serde_json::from_str(line.unwrap_or_else(|| panic!("not one line\n{finished}"))).expect("JSON")
}

fn numbers(of: &Value, name: &str) -> u64 {
    of.as_array().expect("rows").iter().map(|row| row.pointer(name).and_then(Value::as_u64).expect(name)).sum()
}

#[test]
fn every_transaction_is_in_the_whole_and_in_one_interval() {
    for pairing in [Pairing::RRGEN_RRSERVER, Pairing::RRGEN_NETSERVER] {
        let Some((_, server)) = pairing.start("127.0.0.1", &[]) else { continue };
        let words = ["-H", "127.0.0.1", "-p", &server.port(), "-l", "-3000", "-D", "-0.01", "-c", "-C", "--json"];
        let finished = run(rrgen().args(words).args(["--", "-r", "64,128"]));
        assert_eq!((finished.code(), finished.stderr.as_str()), (0, ""), "{finished}");
        let run = document(&finished);
        assert_eq!(
            (&run["kind"], &run["complete"], &run["interrupted"]),
            (&"run-report".into(), &true.into(), &false.into())
        );
        assert_eq!((&run["transactions"], &run["round_trip"]["count"]), (&3000.into(), &3000.into()));
        assert_eq!(numbers(&run["interims"], "/transactions"), 3000);
        assert_eq!(numbers(&run["interims"], "/round_trip/count"), 3000);
        assert_eq!(run["client"]["sent_bytes"], 3000 * 64);
        assert_eq!(run["server"]["sent_bytes"], 3000 * 128);
        assert!(run["client"]["cpu"]["cpus"].as_u64() > Some(0), "{run}");
    }
}

#[test]
fn every_thread_of_the_server_has_its_row() {
    for (pairing, rows) in [(Pairing::RRGEN_RRSERVER, Some(3)), (Pairing::RRGEN_NETSERVER, None)] {
        let Some((_, server)) = pairing.start("127.0.0.1", &[]) else { continue };
        let words = ["-H", "127.0.0.1", "-p", &server.port(), "-l", "-3000", "--warmup", "300", "--json"];
        let flows = ["--flows", "9", "--threads", "1,3"];
        let finished = run(rrgen().args(words).args(if rows.is_some() { &flows[..] } else { &[] }));
        let run = document(&finished);
        let reports = &run["load"]["server_thread_reports"];
        assert_eq!(reports.as_array().map(Vec::len), rows, "{run}");
        if rows.is_some() {
            assert_eq!((numbers(reports, "/flows"), numbers(reports, "/transactions")), (9, 3000), "{reports}");
            assert!(reports[0]["cpu"].is_null(), "nobody bound it: {reports}");
        }
    }
}

/// Rates count transactions whatever unit the text would have, and iterations stay visible.
#[test]
fn iterations_are_summed_up() {
    let words = ["--local", "-l", "-200", "-i", "3,3", "-I", "99,1", "-D", "-0.001", "-f", "k", "--json"];
    let finished = run(rrgen().args(words));
    let run = document(&finished);
    assert_eq!((finished.code(), &run["transactions"]), (0, &600.into()), "{finished}");
    assert_eq!(numbers(&run["iterations"], "/transactions"), 600);
    assert_eq!(numbers(&run["interims"], "/transactions"), 600);
    assert_eq!(numbers(&run["interims"], "/round_trip/count"), 600);
    assert_eq!(run["iterations"].as_array().expect("rows").len(), 3);
}

#[test]
fn a_hook_is_in_the_document() {
    let finished = run(rrgen().args(["--local", "-l", "-50", "--hook", "native", "--json"]));
    let run = document(&finished);
    assert_eq!((finished.code(), finished.stderr.as_str()), (0, ""), "{finished}");
    assert_eq!((&run["hook"]["hook"], &run["hook"]["calls"]), (&"native@message".into(), &50.into()), "{run}");
    assert_eq!(run["settings"]["hook"], "native@message");
}

#[test]
fn a_run_ended_by_sigint_is_a_document() {
    let words = ["--local", "-l", "0", "-D", "-0.02", "--hdr-log", "/dev/stdout", "--json"];
    let mut running = Running::start(rrgen().args(words));
    // The log tells that it is under way.
    running.wait_for("0.");
    running.signal(Signal::INT);
    let finished = running.finish();
    assert_eq!((finished.code(), finished.stderr.as_str()), (0, ""), "{finished}");
    let last = finished.stdout.lines().last().expect("a line");
    let run: Value = serde_json::from_str(last).expect("JSON");
    assert_eq!((&run["complete"], &run["interrupted"]), (&true.into(), &true.into()));
    assert_eq!(run["settings"]["length"]["name"], "unlimited");
}

#[test]
fn a_run_that_fails_is_a_document_too() {
    let (_socket, port) = refusing_port();
    let finished = run(rrgen().args(["-H", "127.0.0.1", "-p", &port.to_string(), "--json"]));
    let failure = document(&finished);
    assert_eq!((&failure["kind"], finished.code()), (&"run-failure".into(), 255), "{finished}");
    assert_eq!(failure["status"], 255);
    assert!(finished.stderr.contains("start `rrserver` there"), "{finished}");
    assert_eq!(failure["message"].as_str().map(str::trim), Some(finished.stderr.trim()));
}

#[test]
fn a_server_that_goes_away_leaves_no_result() {
    let mut server = Server::rrserver(&[]);
    let words =
        ["-H", "127.0.0.1", "-p", &server.port(), "-l", "3600", "-D", "-0.05", "--hdr-log", "/dev/stdout", "--json"];
    let mut running = Running::start(rrgen().args(words));
    // The log tells that it is under way.
    running.wait_for("0.");
    server.kill();
    let finished = running.finish();
    assert_eq!(finished.code(), 1, "{finished}");
    let last = finished.stdout.lines().last().expect("a line");
    let failure: Value = serde_json::from_str(last).expect("JSON");
    assert_eq!(failure["kind"], "run-failure");
}

#[test]
fn contradictions_are_refused() {
    for (words, named) in [
        (&["--json", "--", "-k"][..], "--json"),
        (&["--interim-latency"], "--interim-latency"),
        (&["-D", "0", "--json"], "-D"),
        (&["--hdr-log", "/nowhere/log"], "--hdr-log"),
    ] {
        let finished = run(rrgen().args(["--local", "-l", "1"]).args(words));
        assert_eq!((finished.code(), finished.stdout.as_str()), (1, ""), "{finished}");
        assert!(finished.stderr.starts_with(&format!("rrgen: {named}")), "{finished}");
    }
}
