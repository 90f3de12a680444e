//! The published schema against what the program really writes.

use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::Value;

const RECORD: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/record-2019.txt");

fn rrgen(words: &[&str]) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_rrgen")).args(words).output().unwrap();
    assert!(output.status.success(), "{words:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// What the schema has against the lines of a text.
fn faults(text: &str) -> Vec<String> {
    let schema = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("schema/rrgen.schema.json")).unwrap();
    let validator = jsonschema::validator_for(&serde_json::from_str(&schema).unwrap()).unwrap();
    let lines = text.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    lines.flat_map(|line| validator.iter_errors(&line).map(|fault| fault.to_string()).collect::<Vec<_>>()).collect()
}

fn assert_fits(text: &str) {
    assert!(!text.is_empty());
    assert_eq!(faults(text), [""; 0]);
}

#[test]
fn a_report_on_a_record_fits() {
    let report = rrgen(&["report", "--format", "json", RECORD]);
    assert_fits(&report);
    assert_eq!(faults(&report.replace("\"order\":\"blocks\"", "\"order\":\"none\"")).len(), 1, "the schema is not lax");
}

#[test]
fn saved_rounds_and_their_report_fit() {
    let directory = tempfile::tempdir().unwrap();
    let out = directory.path().to_str().unwrap();
    let common = ["compare", "--topology", "loopback", "--rounds", "8", "-l", "0.02", "--format", "json"];
    let words = [&common[..], &["--hooks", "none,null,lua", "--out", out]].concat();
    assert_fits(&rrgen(&words));
    let saved = fs::read_to_string(directory.path().join("results.jsonl")).unwrap();
    assert_eq!(saved.lines().count(), 9);
    assert_fits(&saved);
    assert_fits(&saved.replacen("\"flows\":1,", "", 1));
    for (name, another) in
        [("\"seed\":", "\"need\":"), ("\"expected_calls\":", "\"hoped_calls\":"), ("\"flows\":1,", "\"flows\":0,")]
    {
        assert!(!faults(&saved.replace(name, another)).is_empty(), "the schema is not lax: {name}");
    }
    assert!(
        !faults(&saved.replace("lua@message", "lua message")).is_empty(),
        "the schema knows what a hook looks like"
    );
}

#[test]
fn saved_slots_fit() {
    let directory = tempfile::tempdir().unwrap();
    let out = directory.path().to_str().unwrap();
    let common = ["compare", "--topology", "loopback", "--hooks", "none", "--design", "slots", "--rounds", "1"];
    let words = [&common[..], &["--format", "json", "--out", out]].concat();
    assert_fits(&rrgen(&words));
    assert_fits(&fs::read_to_string(directory.path().join("results.jsonl")).unwrap());
}

#[test]
fn a_run_its_failure_and_merged_logs_fit() {
    let directory = tempfile::tempdir().unwrap();
    let log = directory.path().join("log");
    let log = log.to_str().unwrap();
    let common = ["--local", "-l", "-200", "-D", "-0.001", "--json"];
    for further in [
        &["--hook", "lua", "-c", "-C", "--hdr-log", log][..],
        &["-t", "UDP_RR"],
        &["-t", "TCP_CRR", "-l", "1"],
        &["--flows", "4", "--threads", "2", "--ramp", "20ms", "--warmup", "20", "--wait", "block,spin"],
        &["--rate", "4k", "--arrivals", "poisson", "--seed", "1", "--warmup", "20ms"],
    ] {
        assert_fits(&rrgen(&[&common[..], further].concat()));
    }
    let run = rrgen(&common);
    for (name, another) in
        [("\"min_ns\":", "\"min_us\":"), ("\"interims\":", "\"lines\":"), ("\"cpu\":null", "\"cpu\":-1")]
    {
        assert!(!faults(&run.replace(name, another)).is_empty(), "the schema is not lax: {name}");
    }
    assert_fits(&rrgen(&["merge", log, "--json"]));
    let words = ["-H", "127.0.0.1", "-p", "1", "--json", "-L", "127.0.0.1"];
    let output = Command::new(env!("CARGO_BIN_EXE_rrgen")).args(words).output().unwrap();
    assert!(!output.status.success());
    assert_fits(&String::from_utf8(output.stdout).unwrap());
}
