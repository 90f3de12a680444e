//! Hooks in a comparison: attached, counted, compared with the null engine at their place, and explained if they stop it.

use serde_json::Value;
use tempfile::TempDir;

use crate::possible::{without_kernel_hooks, without_namespaces};
use crate::program::{Running, compare, lines, path, run};

/// Sums of what the hook of a variant counted, over the rounds in `directory`: transactions, calls, errors.
pub(crate) fn ledger(directory: &TempDir, variant: usize) -> [u64; 3] {
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
    let (report, told) = run(&[&words[..], &["--out", path(&directory)]].concat());
    assert!(told.starts_with("rrgen compare: there will be no verdict, 6 rounds give no 99 % interval: "), "{told}");
    for (variant, name) in [(2, "lua@message"), (3, "native@message")] {
        assert!(report.contains(&format!("\n{name} / baseline  ")), "{report}");
        let [transactions, calls, errors] = ledger(&directory, variant);
        assert!(transactions > 0);
        assert_eq!((calls, errors), (transactions, 0), "{name}");
    }
}

/// Nothing is measured or saved before every hook was loaded once where it will run.
#[test]
fn a_script_that_is_not_there_is_told_before_the_first_round() {
    let directory = tempfile::tempdir().unwrap();
    let out = directory.path().join("out");
    let words = ["--topology", "loopback", "--rounds", "8", "--hook", "lua:script=missing.lua"];
    let places = ["--hook-dir", path(&directory), "--out", out.to_str().unwrap()];
    let (status, printed, told) = Running::spawn(&[&words[..], &places].concat()).finish();
    assert_eq!((status.code(), printed.as_str()), (Some(1), ""), "{told}");
    let expected = "rrgen compare: lua@message:script=missing.lua cannot be had: script missing.lua: No such file";
    assert!(told.starts_with(expected), "{told}");
    assert!(!out.exists());
}

/// The quick preset as anybody would run it, but for its length.
#[test]
fn the_beds_compare_hooks_in_the_kernel_with_their_null() {
    if without_namespaces() || without_kernel_hooks() {
        return;
    }
    for topology in ["direct", "router"] {
        let directory = tempfile::tempdir().unwrap();
        let words = ["--topology", topology, "--preset", "quick", "-l", "0.1", "--out", path(&directory)];
        let (report, _) = run(&words);
        assert!(report.contains("; 8 rounds of 100ms per variant; "), "{topology}: {report}");
        for contrast in ["null@xdp / baseline", "ebpf@xdp / null@xdp", "lua@nfqueue / null@nfqueue"] {
            assert!(report.contains(&format!("\n{contrast}  ")), "{topology}: {report}");
        }
        for variant in 2..6 {
            let [transactions, calls, errors] = ledger(&directory, variant);
            assert!(transactions > 0 && calls >= transactions && errors == 0, "{topology} {variant}: {report}");
        }
        assert!(!report.contains("the ledger of "), "{topology}: {report}");
    }
}

/// A slot's ledger covers its run, too, not only the few transactions of its warm-up.
#[test]
fn slots_run_with_their_hook_and_count_all_its_calls() {
    let directory = tempfile::tempdir().unwrap();
    let words = ["--topology", "loopback", "--design", "slots", "--rounds", "1", "-l", "1", "--hooks", "none,lua"];
    let (report, _) = run(&[&words[..], &["--out", path(&directory)]].concat());
    assert!(report.contains("\nlua@message / baseline  "), "{report}");
    assert!(report.contains("\nledger   lua@message: "), "{report}");
    let slots = slots(&directory);
    let hooked: Vec<_> = slots.iter().filter(|slot| slot["variant"] == 2).collect();
    assert_eq!(hooked.len(), 6, "a square for three variants has six rows");
    for slot in hooked {
        let [expected, calls] = ["expected_calls", "calls"].map(|count| slot["ledger"][count].as_f64().unwrap());
        // A run that ends by the clock may leave one request behind.
        assert!((0.0..=1.0).contains(&(calls - expected)) && expected > slot["rate"].as_f64().unwrap(), "{slot}");
    }
}

/// The lines of finished slots.
fn slots(directory: &TempDir) -> Vec<Value> {
    lines(directory)[1..].iter().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// Programs that do not count are known by the calls of the warm-up, the others by those of the run, too.
#[test]
fn slots_in_the_bed_count_calls_in_the_kernel() {
    if without_namespaces() || without_kernel_hooks() {
        return;
    }
    let directory = tempfile::tempdir().unwrap();
    let words = ["--topology", "direct", "--design", "slots", "--rounds", "1", "-l", "1"];
    let (report, _) = run(&[&words[..], &["--hooks", "null@xdp,ebpf", "--out", path(&directory)]].concat());
    assert!(!report.contains("the ledger of ") && report.contains("\nebpf@xdp / null@xdp  "), "{report}");
    for slot in slots(&directory).iter().filter(|slot| slot["ledger"].is_object()) {
        let [expected, calls] = ["expected_calls", "calls"].map(|count| slot["ledger"][count].as_f64().unwrap());
        assert!(calls >= expected, "{slot}");
        assert!(slot["variant"] == 2 || expected > slot["rate"].as_f64().unwrap(), "{slot}");
        assert!(slot["ledger"]["ns_per_call"].as_f64().unwrap() > 0.0, "{slot}");
    }
}

/// The comparison fails at the first attempt, and says so in the words of a plain run.
pub(crate) fn assert_explained(words: &[&str]) {
    let output = compare(words).output().unwrap();
    let told = String::from_utf8(output.stderr).unwrap();
    assert_eq!((output.status.code(), output.stdout.as_slice()), (Some(1), &b""[..]), "{words:?}: {told}");
    assert!(told.contains("rrgen compare: round 1 failed: the hook dropped "), "{words:?}: {told}");
    assert!(told.contains("choose another port=") && told.contains("\nrrgen: hook "), "{words:?}: {told}");
}

/// Requests carry netperf's pattern, of which the first byte is an n.
#[test]
fn a_hook_that_drops_the_test_is_explained() {
    for options in [&["-l", "0.02"][..], &["--design", "slots", "-l", "1"]] {
        let words = ["--topology", "loopback", "--rounds", "1", "--hook", "native:filter=payload,payload=n"];
        assert_explained(&[&words[..], options].concat());
    }
    if without_namespaces() || without_kernel_hooks() {
        return;
    }
    for hook in ["ebpf:filter=payload,payload=n", "lua@nfqueue:filter=payload,payload=n"] {
        for topology in ["direct", "router"] {
            assert_explained(&["--topology", topology, "--rounds", "1", "-l", "0.02", "--hook", hook]);
        }
    }
}
