//! The layout of 2019, written by a comparison and read again by `rrgen report`.

use std::process::Command;

use crate::possible::{without_kernel_hooks, without_namespaces};
use crate::program::run;

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
    assert_eq!(progress.lines().count(), 1 + 4, "that there is no verdict, and the slots: {progress}");
}

fn report(words: &[&str]) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_rrgen")).arg("report").args(words).output().unwrap();
    assert!(output.status.success(), "{words:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// As in 2019, but in rounds, and with a second baseline that says how much identical variants differ.
#[test]
fn a_record_is_read_back_as_it_was_written() {
    if without_namespaces() || without_kernel_hooks() {
        return;
    }
    let directory = tempfile::tempdir().unwrap();
    let out = directory.path().join("results");
    let common = ["--topology", "router", "--hooks", "none,ebpf,lua@nfqueue", "--design", "slots", "--rounds", "1"];
    let words =
        [&common[..], &["-l", "1", "-D", "0.25", "--format", "record", "--out", out.to_str().unwrap()]].concat();
    let (record, _) = run(&words);
    let headings: Vec<&str> = record.lines().filter(|line| line.ends_with(':')).collect();
    assert_eq!(headings, ["Baseline:", "Baseline':", "EBPF:", "Lua:"]);
    for mean in ["Mean baseline: ", "EBPF mean: ", "Lua mean: "] {
        assert_eq!(record.lines().filter(|line| line.starts_with(mean)).count(), 1, "{record}");
    }
    let conclusion = record.lines().last().unwrap();
    let sides = ["Conclusion: BPF is ", "Conclusion: Lua is "];
    assert!(sides.iter().any(|side| conclusion.starts_with(side)) && conclusion.contains("% faster than "), "{record}");
    let file = directory.path().join("record.txt");
    std::fs::write(&file, &record).unwrap();
    let [file, out] = [&file, &out].map(|path| path.to_str().unwrap());
    assert_eq!(report(&["--format", "record", file]), record);
    assert_eq!(report(&["--format", "record", out]), record);
    let text = report(&[file]);
    assert!(text.contains("4 variants, 16 runs in rounds, "), "{text}");
}
