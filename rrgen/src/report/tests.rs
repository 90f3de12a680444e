//! The report on the 2019 record, in each format, through the command line.

use super::*;
use crate::results::samples::{LOCKSTEP, SLOTS, header, round, slot};
use crate::results::{Ledger, Line, Store};

const RECORD: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/record-2019.txt");

fn report(words: &[&str]) -> Printed {
    run(&words.iter().map(OsString::from).collect::<Vec<_>>())
}

#[test]
fn the_sound_format_shows_the_means_and_withholds_the_verdict() {
    let printed = report(&[RECORD]);
    assert_eq!((printed.status, printed.stderr.as_str()), (0, ""));
    let (first, rest) = printed.stdout.split_once("\n\n").unwrap();
    assert!(first.ends_with("record-2019.txt: 3 variants, 9 runs in blocks, 180 interim lines"), "{first}");
    assert_eq!(rest, include_str!("../../tests/data/record-2019.report"));
}

#[test]
fn the_record_format_concludes_as_in_2019() {
    let printed = report(&["--format", "record", RECORD]);
    assert!(printed.stdout.contains("\nMean baseline: 628.29\n"));
    assert!(printed.stdout.ends_with("\nLua mean: 522.76\n\nConclusion: BPF is 19% faster than Lua\n"));
}

#[test]
fn json_holds_the_same_numbers() {
    let printed = report(&["--format", "json", RECORD]);
    let json: serde_json::Value = serde_json::from_str(&printed.stdout).unwrap();
    assert_eq!(json["variants"][2]["rates"], serde_json::json!([529.07, 521.90, 517.32]));
    assert_eq!(json["comparisons"][1]["verdict"], serde_json::Value::Null);
    assert_eq!(json["comparisons"][1]["withheld"].as_array().map(Vec::len), Some(2));
}

#[test]
fn a_file_that_gives_nothing_fails_and_the_others_are_reported() {
    let none = concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml");
    let printed = report(&["/nonexistent", none, RECORD]);
    assert_eq!(printed.status, 1);
    let errors: Vec<&str> = printed.stderr.lines().collect();
    assert_eq!(errors[0], "rrgen report: /nonexistent: cannot read it: No such file or directory (os error 2)");
    assert!(errors[1].contains("Cargo.toml: line ") && errors[1].contains(": expected netperf's TCP_RR output"));
    assert!(printed.stdout.contains("522.76"));
}

#[test]
fn a_page_holds_every_report_and_what_failed() {
    let directory = tempfile::tempdir().unwrap();
    let page = directory.path().join("page.html");
    let saved = saved(12);
    let words = ["--report", page.to_str().unwrap(), "/nonexistent", RECORD, saved.path().to_str().unwrap()];
    assert_eq!(report(&words).status, 1);
    let text = std::fs::read_to_string(&page).unwrap();
    assert_eq!(text.matches("<article>").count(), 3);
    assert!(text.contains("<li>/nonexistent: cannot read it: "), "{text}");
}

#[test]
fn a_page_that_cannot_be_written_is_refused_before_anything_is_read() {
    let saved = saved(1);
    let results = saved.path().join(crate::results::FILE);
    for (file, why) in [("/nonexistent/x", "cannot write"), (results.to_str().unwrap(), "is no report")] {
        let printed = report(&["--report", file, RECORD]);
        assert_eq!((printed.status, printed.stdout.as_str()), (1, ""));
        assert!(printed.stderr.starts_with("rrgen report: --report: ") && printed.stderr.contains(why), "{printed:?}");
    }
    let page = saved.path().join("page.html");
    let nothing = report(&["--report", page.to_str().unwrap(), "/nonexistent"]);
    assert_eq!(nothing.status, 1);
    assert!(nothing.stderr.contains("page.html was not written: there is nothing to report"), "{}", nothing.stderr);
    assert!(!page.exists());
}

#[test]
fn words_are_understood_or_explained() {
    let help = report(&["--help"]);
    assert_eq!(help.status, 0);
    assert!(help.stdout.contains("Usage: rrgen report [OPTIONS] <FILE>..."), "{}", help.stdout);
    for words in [&[][..], &["--margin", "0", "x"], &["--margin", "x", "x"], &["--format", "html", "x"]] {
        let printed = report(words);
        assert_eq!((printed.status, printed.stdout.as_str()), (1, ""), "{words:?}");
        assert!(printed.stderr.starts_with("error: "), "{}", printed.stderr);
    }
}

#[test]
fn the_margin_that_is_told_is_the_one_that_was_used() {
    let saved = saved(12);
    let words = ["--margin", "3", saved.path().to_str().unwrap()];
    assert!(report(&words).stdout.contains("\nmargin    3 % of the rate\n"), "{}", report(&words).stdout);
}

#[test]
fn a_wider_margin_forgives_a_drift() {
    assert!(report(&[RECORD]).stdout.contains("Lua drifts"));
    assert!(!report(&["--margin", "3", RECORD]).stdout.contains("Lua drifts"));
}

/// A directory with saved results of `rounds` rounds, alternately a little faster and slower.
fn saved(rounds: u32) -> tempfile::TempDir {
    let directory = tempfile::tempdir().unwrap();
    let mut store = Store::create(Some(directory.path().to_owned()), header(LOCKSTEP)).unwrap();
    for number in 0..rounds {
        let mut next = round(number, &[20_000 + u64::from(number % 3), 20_001 + u64::from(number % 2)]);
        next.repeats.extend((number == 1).then(|| "connection reset".to_owned()));
        store.add(Line::Round(next)).unwrap();
    }
    directory
}

#[test]
fn saved_results_are_reported_by_their_directory() {
    let directory = saved(12);
    let printed = report(&[directory.path().to_str().unwrap()]);
    assert_eq!((printed.status, printed.stderr.as_str()), (0, ""));
    assert_eq!(printed.stdout, include_str!("../../tests/data/comparison.report"));
}

#[test]
fn many_flows_are_among_the_facts() {
    let mut many = header(LOCKSTEP);
    many.settings.flows = 64;
    let mut store = Store::create(None, many).unwrap();
    store.add(Line::Round(round(0, &[20_000, 20_001]))).unwrap();
    let request = |format| Request { format, margin: None, source: None };
    let text = request(Format::Text).of_results(store.results(), None).unwrap();
    assert!(text.contains("\nload     64 flows per variant, in one data thread at each end\n"), "{text}");
    let json = request(Format::Json).of_results(store.results(), None).unwrap();
    assert!(json.contains("\"flows\":64,"), "{json}");
}

#[test]
fn too_few_rounds_are_told_with_what_to_do() {
    let printed = report(&[saved(3).path().to_str().unwrap()]);
    let reason = "\nWhy there is no verdict:\n  3 rounds give no 95 % interval: measure at least 8 rounds (--rounds)\n";
    assert!(printed.stdout.contains(reason), "{}", printed.stdout);
}

#[test]
fn results_without_a_round_or_in_blocks_have_no_such_report() {
    let error = |words: &[&str]| report(words).stderr;
    let (none, some) = (saved(0), saved(1));
    assert!(error(&[none.path().to_str().unwrap()]).contains("no round is finished: "));
    let record = error(&["--format", "record", some.path().to_str().unwrap()]);
    assert!(record.contains("the record format needs results of the slot design"), "{record}");
}

#[test]
fn slots_are_printed_in_the_layout_of_2019() {
    let directory = tempfile::tempdir().unwrap();
    let mut store = Store::create(Some(directory.path().to_owned()), header(SLOTS)).unwrap();
    (0..4).for_each(|taken| store.add(Line::Slot(slot(taken, 100.0 + taken as f64))).unwrap());
    let printed = report(&["--format", "record", directory.path().to_str().unwrap()]);
    let headings: Vec<&str> = printed.stdout.lines().filter(|line| line.ends_with(':')).collect();
    assert_eq!(headings, ["Baseline:", "Baseline':"]);
    assert!(printed.stdout.contains("\nMean baseline: 10") && printed.stdout.contains("\nBaseline' mean: 10"));
    let record = crate::record::parse(printed.stdout.as_bytes()).unwrap();
    assert_eq!(record.groups.iter().map(|group| group.runs.len()).collect::<Vec<_>>(), [2, 2]);
}

#[test]
fn a_hook_has_its_own_cost_beside_its_effect() {
    let mut store = Store::create(None, header(LOCKSTEP)).unwrap();
    for number in 0..12 {
        let mut next = round(number, &[20_000, 20_100]);
        let attached = "message".to_owned();
        let hash = Some(if number < 11 { "0af3" } else { "17bc" }.to_owned());
        let ledger = Ledger { attached, expected_calls: 300, calls: 300, errors: 0, ns_per_call: Some(80.0), hash };
        next.variants[1].ledger = Some(ledger);
        store.add(Line::Round(next)).unwrap();
    }
    let report =
        Request { format: Format::Text, margin: None, source: None }.of_results(store.results(), None).unwrap();
    let row = report.lines().find(|line| line.contains(" / ")).unwrap();
    assert!(row.contains(" +100 ns ") && row.contains(" 80 ns ") && row.ends_with(" 0.80"), "{row}");
    assert!(report.contains(": 0af3, then 17bc\n"), "somebody changed what ran: {report}");
}
