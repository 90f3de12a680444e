//! What is saved is what is read; what is damaged is not.

use proptest::prelude::*;

use super::samples::{LOCKSTEP, SLOTS, header, round, slot};
use super::*;

fn saved(lines: impl IntoIterator<Item = Line>, design: Design) -> (tempfile::TempDir, Results) {
    let directory = tempfile::tempdir().unwrap();
    let mut store = Store::create(Some(directory.path().to_owned()), header(design)).unwrap();
    lines.into_iter().for_each(|line| store.add(line).unwrap());
    (directory, store.into_results())
}

fn rounds() -> impl Iterator<Item = Line> {
    (0..3).map(|number| Line::Round(round(number, &[10_000, 10_100])))
}

fn slots() -> impl Iterator<Item = Line> {
    (0..5).map(|taken| Line::Slot(slot(taken, 100.5)))
}

fn file(directory: &tempfile::TempDir) -> Vec<u8> {
    std::fs::read(directory.path().join(FILE)).unwrap()
}

fn error(text: &str) -> String {
    Results::parse(text.as_bytes()).unwrap_err().to_string()
}

#[test]
fn what_is_saved_is_read_back_and_gone_on_with() {
    let (directory, results) = saved(rounds(), LOCKSTEP);
    assert_eq!(Results::parse(&file(&directory)).unwrap(), results);
    let mut store = Store::resume(directory.path()).unwrap();
    store.add(Line::Round(round(3, &[1, 2]))).unwrap();
    assert_eq!(Results::parse(&file(&directory)).unwrap().finished_rounds(), 4);
    let (directory, results) = saved(slots(), SLOTS);
    assert_eq!(Results::parse(&file(&directory)).unwrap(), results);
    assert_eq!(results.finished_rounds(), 2, "the third is not finished");
}

/// Results have said how many flows there are since there can be many.
#[test]
fn results_that_were_saved_before_there_were_flows_are_of_one() {
    let (directory, results) = saved(rounds(), LOCKSTEP);
    let text = String::from_utf8(file(&directory)).unwrap();
    let before = text.replacen("\"flows\":1,", "", 1);
    assert!(before.len() < text.len());
    assert_eq!(Results::parse(before.as_bytes()).unwrap(), results);
    assert!(error(&text.replacen("\"flows\":1,", "\"flows\":0,", 1)).contains("1 to 65536 flows per variant"));
}

#[test]
fn nothing_but_the_file_is_left_in_the_directory() {
    let (directory, _) = saved(rounds(), LOCKSTEP);
    assert_eq!(std::fs::read_dir(directory.path()).unwrap().count(), 1);
}

#[test]
fn results_are_never_overwritten() {
    let (directory, _) = saved(rounds(), LOCKSTEP);
    let again = Store::create(Some(directory.path().to_owned()), header(LOCKSTEP)).unwrap_err();
    assert!(again.to_string().contains("has results already: go on with them (--resume)"), "{again}");
    assert_eq!(Results::parse(&file(&directory)).unwrap().rounds.len(), 3);
}

#[test]
fn of_two_that_save_in_one_directory_the_second_is_refused() {
    let directory = tempfile::tempdir().unwrap();
    let begin = || Store::create(Some(directory.path().to_owned()), header(LOCKSTEP));
    let first = begin().unwrap();
    for refused in [begin(), Store::resume(directory.path())] {
        let told = refused.unwrap_err().to_string();
        assert!(told.starts_with("another comparison is saving results in "), "{told}");
    }
    drop(first);
    assert!(Store::resume(directory.path()).is_ok());
}

#[test]
fn what_cannot_be_written_says_where() {
    let missing = Store::resume("/nonexistent".as_ref()).unwrap_err().to_string();
    assert!(missing.starts_with("/nonexistent/results.jsonl: cannot read it: "), "{missing}");
    let refused = Store::create(Some("/dev/null/x".into()), header(LOCKSTEP)).unwrap_err().to_string();
    assert!(refused.starts_with("cannot save results in /dev/null/x: "), "{refused}");
}

#[test]
fn round_trips_survive() {
    let mut histogram = hdrhistogram::Histogram::new(3).unwrap();
    [20_000, 20_000, 21_123, 3_000_000].into_iter().for_each(|ns| histogram.record(ns).unwrap());
    let saved = RoundTrips::from(&histogram);
    assert!(saved.histogram().unwrap() == histogram, "{saved:?}");
}

#[test]
fn damage_is_told_with_its_line() {
    let (directory, _) = saved(rounds(), LOCKSTEP);
    let text = String::from_utf8(file(&directory)).unwrap();
    let with = |from: &str, to: &str| error(&text.replacen(from, to, 1));
    assert_eq!(error(""), "line 1: expected the header of a results file");
    let (_, headless) = text.split_once('\n').unwrap();
    assert_eq!(error(headless), "line 1: expected the header of a results file");
    assert_eq!(error(&text[..text.len() - 1]), "line 4: expected a whole line; the file was cut off");
    assert!(error(&text.replace("\n{", "\n{,")).starts_with("line 2: expected a line of a results file in JSON: "));
    assert_eq!(with("\"version\":1", "\"version\":2"), "line 1: expected version 1 of the format, not 2");
    assert_eq!(with("\"reference\":0", "\"reference\":1"), "line 1: expected contrasts of two variants");
    let floor = "{\"variant\":1,\"reference\":0}";
    let turned = "{\"variant\":0,\"reference\":1}";
    assert_eq!(with(floor, turned), "line 1: expected the noise floor as the first contrast");
    assert_eq!(with(floor, &[floor; 5].join(",")), "line 1: expected 1 to 4 contrasts");
    let long = format!("\"name\":\"{}\"", "x".repeat(70_000));
    assert_eq!(with("\"name\":\"baseline\"", &long), "line 1: expected names of at most 1000 letters");
    let ledger = |attached, ns| {
        format!(
            "\"ledger\":{{\"attached\":\"{attached}\",\"expected_calls\":1,\"calls\":1,\"errors\":0,\"ns_per_call\":{ns},\"hash\":null}}"
        )
    };
    let hooked = |attached, ns| with("\"ledger\":null", &ledger(attached, ns));
    assert_eq!(hooked("message", "-5.0"), "line 2: expected a hook's calls to take 0 ns or longer");
    assert_eq!(hooked("\\u001b", "5.0"), "line 2: expected texts without control characters");
    assert!(Results::parse(text.replacen("\"ledger\":null", &ledger("message", "5.0"), 1).as_bytes()).is_ok());
    assert_eq!(with("\"round\":1", "\"round\":7"), "line 3: expected round 1");
    assert_eq!(with("\"reference\":0", "\"reference\":2"), "line 1: expected contrasts of the variants listed");
    assert_eq!(with("\"order\":[0,1]", "\"order\":[0,0]"), "line 2: expected cycles with 2 variants, each once");
    assert_eq!(with("[100,1000000]", "[0,1000000]"), "line 2: expected blocks with transactions and time");
    assert_eq!(with("\"lockstep\"", "\"slots\",\"interim_s\":1.0").split(": ").next(), Some("line 1"));
    assert_eq!(with("[10000,300]", "[0,300]"), "line 2: expected round trips of 1 ns to an hour");
    assert_eq!(
        with("[10000,300]", "[1,18446744073709551615],[1,1]"),
        "line 2: expected round trips of 1 ns to an hour"
    );
    assert_eq!(with("\"block_ns\":2000000", "\"block_ns\":0"), "line 1: expected blocks of at least 100000 ns");
    assert_eq!(with("\"length_ns\":1", "\"length_ns\":99"), "line 1: expected at most 60000000000 ns a round");
    assert_eq!(with("\"rounds\":12", "\"rounds\":0"), "line 1: expected 1 to 1000 rounds");
    assert!(with("\"margin_percent\":1.0", "\"margin_percent\":0.0").contains("expected another margin: "));
    assert!(with("\"kernel\":\"", "\"kernel\":\"\\u001b").ends_with("expected texts without control characters"));
}

#[test]
fn a_program_that_does_not_count_is_held_against_what_was_timed() {
    let expected = |calls, only_timed| {
        let ledger = hooks::Ledger {
            hook: "null@xdp".into(),
            attached: "xdp-native on a".into(),
            calls,
            only_timed,
            passes: Some(calls),
            drops: Some(0),
            errors: 0,
            tcp: None,
            first_error: None,
            cost: None,
            hash: None,
        };
        Ledger::new(ledger, 1000, 100).expected_calls
    };
    assert_eq!([99, 100, 500, 1000, 1001].map(|calls| expected(calls, true)), [100, 100, 500, 1000, 1000]);
    assert_eq!(expected(100, false), 1000);
}

#[test]
fn ledgers_add_up_and_a_cost_counts_as_often_as_it_was_paid() {
    let ledger = |calls, ns_per_call| Ledger {
        attached: "message".into(),
        expected_calls: calls - 1,
        calls,
        errors: 1,
        ns_per_call,
        hash: None,
    };
    let both = ledger(100, Some(10.0)).and(ledger(300, Some(50.0)));
    assert_eq!((both.expected_calls, both.calls, both.errors, both.ns_per_call), (398, 400, 2, Some(40.0)));
    assert_eq!(ledger(100, Some(10.0)).and(ledger(300, None)).ns_per_call, Some(10.0));
    assert_eq!(ledger(100, None).and(ledger(300, Some(50.0))).ns_per_call, Some(50.0));
}

#[test]
fn slots_come_in_the_order_of_the_seed() {
    let (directory, _) = saved(slots(), SLOTS);
    let text = String::from_utf8(file(&directory)).unwrap();
    let (one, other) = if text.contains("\"round\":0,\"place\":0,\"variant\":0") { (0, 1) } else { (1, 0) };
    let first = |variant| format!("\"place\":0,\"variant\":{variant},\"rep");
    let wrong = text.replacen(&first(one), &first(other), 1);
    assert_eq!(error(&wrong), format!("line 2: expected variant {one}, whose turn it is by the seed"));
    assert_eq!(error(&text.replacen("\"place\":1", "\"place\":0", 1)), "line 3: expected slot 1 of round 0");
    assert!(error(&text.replace("\"rate\":100.5", "\"rate\":-1.0")).ends_with("expected a positive rate"));
}

proptest! {
    #[test]
    fn damaged_files_are_answered(at in 0..4000_usize, with in "\\PC{0,6}", cut in 0..8_usize) {
        let lines = rounds().chain(slots());
        let mut text: Vec<u8> = serde_json::to_vec(&Line::Header(Box::new(header(LOCKSTEP)))).unwrap();
        lines.for_each(|line| text.extend(b"\n".iter().copied().chain(serde_json::to_vec(&line).unwrap())));
        let at = at.min(text.len());
        let end = (at + cut).min(text.len());
        text.splice(at..end, with.bytes());
        let _ = Results::parse(&text);
    }
}
