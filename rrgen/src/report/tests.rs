//! The report on the 2019 record, in each format, through the command line.

use super::*;

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
fn a_wider_margin_forgives_a_drift() {
    assert!(report(&[RECORD]).stdout.contains("Lua drifts"));
    assert!(!report(&["--margin", "3", RECORD]).stdout.contains("Lua drifts"));
}
