//! The record of 2019, captured netperf runs, and what is no record.

use proptest::prelude::*;

use super::findings::{Comparison, Doubt, Findings, Order, findings};
use super::layout::Layout;
use super::*;
use crate::stats::verdict::{Margin, Verdict};

const RECORD_2019: &str = include_str!("../../tests/data/record-2019.txt");

fn record(text: &str) -> Record {
    parse(text.as_bytes()).unwrap()
}

fn shown(text: &str) -> Findings {
    findings(&record(text), Margin::default())
}

fn error(text: &str) -> String {
    parse(text.as_bytes()).unwrap_err().to_string()
}

/// Runs printed with `-P 0 -v 0`, in the order of the words `NAME=RATE`.
fn brief(runs: &str) -> String {
    runs.split(' ').map(|run| run.replace('=', ":\n") + "\n").collect()
}

/// The doubts about the comparison of two variants.
fn doubts(findings: &Findings, variant: usize, reference: usize) -> Vec<String> {
    let of = |comparison: &&Comparison| (comparison.variant, comparison.reference) == (variant, reference);
    let doubts = findings.comparisons.iter().find(of).unwrap().verdict.clone().unwrap_err();
    doubts.iter().map(Doubt::to_string).collect()
}

#[test]
fn the_record_of_2019_is_read_whole() {
    let record = record(RECORD_2019);
    let names: Vec<&str> = record.groups.iter().map(|group| group.name.as_str()).collect();
    assert_eq!(names, ["Baseline", "EBPF", "Lua"]);
    for group in &record.groups {
        assert_eq!(group.runs.iter().map(|run| run.interim.len()).collect::<Vec<_>>(), [20; 3], "{}", group.name);
        assert!(group.runs.iter().all(|run| run.seconds == Some(20.0)));
    }
    let first = &record.groups[0].runs[0];
    assert_eq!(first.interim[0], Interim { rate: 633.07, seconds: 1.001, ending_ms: 1_562_018_208_616 });
    assert_eq!(record.groups[2].runs[1].rate, 521.90);
}

#[test]
fn the_record_of_2019_has_its_means_and_ratios_again() {
    let findings = shown(RECORD_2019);
    let means: Vec<String> = findings.groups.iter().map(|group| format!("{:.2}", group.mean_rate)).collect();
    assert_eq!(means, ["628.29", "627.07", "522.76"]);
    let effects: Vec<String> =
        findings.comparisons.iter().map(|found| format!("{:+.2} % {:.4}", found.percent(), found.ratio)).collect();
    assert_eq!(effects, ["-0.19 % 0.9981", "-16.80 % 0.8320", "+19.95 % 1.1995"]);
}

#[test]
fn the_record_of_2019_allows_no_verdict() {
    let findings = shown(RECORD_2019);
    assert_eq!(findings.order, Order::Blocks);
    let blocks = "3 runs of a variant in blocks give no 95 % interval: drift between blocks counts as effect";
    assert_eq!(doubts(&findings, 1, 0), [blocks]);
    let lua = "Lua drifts within its block: -2.2 % from its first run to its last";
    assert_eq!(doubts(&findings, 2, 0), [blocks, lua]);
    assert_eq!(doubts(&findings, 1, 2), [blocks, lua]);
}

/// The 2019 record gives one of its means with three digits, cut off.
#[test]
fn the_layout_of_2019_is_reproduced() {
    let record = record(RECORD_2019);
    let layout = Layout { record: &record, findings: &findings(&record, Margin::default()) }.to_string();
    assert_eq!(layout, RECORD_2019.replace("627.066", "627.07"));
    assert!(layout.ends_with("Conclusion: BPF is 19% faster than Lua\n"));
}

#[test]
fn nothing_is_concluded_about_what_does_nothing() {
    let record = record(&brief("Baseline=150.00 EBPF=130.50 Null@nfqueue=130.00 Lua=100.00"));
    let layout = Layout { record: &record, findings: &findings(&record, Margin::default()) }.to_string();
    assert!(layout.ends_with("\nConclusion: BPF is 30% faster than Lua\n"), "{layout}");
}

#[test]
fn every_form_of_the_classic_output_is_read() {
    let table = "16384  131072 1        1       20.00     630.32   \n16384  131072\n";
    let cpu = "16384  131072 1       1      1.00    83068.06  100.00 100.00 24.077  24.077 brand\n16384  131072\n";
    let details = "    8      0       0      0   11.250   88888.870 0.711     0.711 \n";
    let warned = format!("!!! WARNING\n\n{table}");
    let text =
        format!("Notes\nA:\n{table}{details}95671.07 \r\nB (twice):\n{cpu}{warned}A:\n{table}some words: more\n");
    let rates = |group: &Group| group.runs.iter().map(|run| (run.place, run.rate)).collect::<Vec<_>>();
    let record = record(&text);
    assert_eq!(rates(&record.groups[0]), [(0, 630.32), (1, 95671.07), (4, 630.32)]);
    assert_eq!(rates(&record.groups[1]), [(2, 83068.06), (3, 630.32)]);
}

#[test]
fn rounds_with_a_second_baseline_get_a_verdict() {
    let rounds = |n: u32, lua: f64| {
        let round = |i| format!("Baseline=100.{i:02} Baseline'=100.{:02} Lua={lua:.2}", (i * 7) % 10);
        brief(&(0..n).map(round).collect::<Vec<_>>().join(" "))
    };
    let verdict = |text: &str| shown(text).comparisons[1].verdict.clone();
    assert_eq!(verdict(&rounds(8, 90.0)), Ok(Verdict::Slower));
    assert_eq!(verdict(&rounds(8, 110.0)), Ok(Verdict::Faster));
    assert!(verdict(&rounds(5, 90.0)).unwrap_err()[0].to_string().starts_with("5 rounds give no 95 % interval"));
}

#[test]
fn rounds_without_a_second_baseline_say_so() {
    let text = brief(&["A=100.00 B=90.00"; 5].join(" "));
    let reasons = doubts(&shown(&text), 1, 0);
    assert_eq!(reasons[0], "the noise floor is not known: there is no second baseline");
    assert!(reasons[1].starts_with("5 rounds give no 95 % interval"), "{reasons:?}");
}

#[test]
fn the_clock_tells_the_order_where_every_run_has_one() {
    let run = |name: &str, ending: u32| {
        format!("{name}:\nInterim result: 10.00 Trans/s over 1.000 seconds ending at {ending}.000\n10.00\n")
    };
    let written_in_blocks = run("A", 1) + &run("A", 4) + &run("B", 2) + &run("B", 3);
    assert_eq!(shown(&written_in_blocks).order, Order::Rounds);
    assert_eq!(shown(&brief("A=10.00 A=10.00 B=10.00 B=10.00")).order, Order::Blocks);
}

#[test]
fn what_is_wrong_is_told_with_its_line() {
    let banner = "MIGRATED TCP REQUEST/RESPONSE TEST from 0.0.0.0";
    let row = "16384  131072 1        1       20.00     630.32   ";
    let any = "netperf's TCP_RR output under a heading such as `Baseline:`";
    let rest = "the rest of the run: interim results, the table's headings, its first row";
    let second = "the table's second row, the remote socket sizes";
    for (text, message) in [
        (String::new(), format!("line 1: expected {any}, found the end of the text")),
        ("Baseline:\n".into(), format!("line 2: expected {any}, found the end of the text")),
        (format!("\n{banner}\n"), format!("line 2: expected a heading such as `Baseline:` above netperf's output, found `{banner}`")),
        (format!("A:\n{banner}\n"), format!("line 3: expected {rest}, found the end of the text")),
        (format!("A:\n{banner}\nLua:\n"), format!("line 3: expected {rest}, found `Lua:`")),
        (format!("A:\n{banner}\n26.063 S \n"), format!("line 3: expected {rest}, found `26.063 S`")),
        (format!("A:\n{row}\n"), format!("line 3: expected {second}, found the end of the text")),
        (format!("A:\n{row}\n\n"), format!("line 3: expected {second}, found an empty line")),
        (
            "A:\nInterim result: 5 Trans/s".into(),
            "line 2: expected `Interim result: RATE Trans/s over SECONDS seconds ending at TIME`, found `Interim result: 5 Trans/s`".into(),
        ),
        (
            "A:\nTCP STREAM TEST from \u{7}".into(),
            "line 2: expected the banner of a TCP_RR test (netperf -t TCP_RR), found `TCP STREAM TEST from \\u{7}`".into(),
        ),
        (
            "A:\nbytes  Bytes  bytes    bytes   secs.    10^3bits/sec".into(),
            "line 2: expected rates in transactions per second (netperf without -f), found `bytes  Bytes  bytes    bytes   secs.    10^3bits/sec`".into(),
        ),
    ] {
        assert_eq!(error(&text), message, "{text:?}");
    }
    assert_eq!(parse(b"A:\n\xff").unwrap_err().to_string(), "line 2: expected text in UTF-8, found other bytes");
}

#[test]
fn what_is_too_much_is_refused() {
    assert!(error(&" ".repeat(5000)).starts_with("line 1: expected lines of at most 4096 bytes"));
    assert!(error(&("A:\n".to_owned() + &"1.00\n".repeat(1001))).contains("line 1002: expected at most 1000 runs"));
    let many: Vec<String> = (0..17).map(|name| format!("{name}=1.00")).collect();
    assert!(error(&brief(&many.join(" "))).contains("line 34: expected at most 16 headings"));
    assert!(parse(&vec![b'\n'; 65 << 20]).unwrap_err().to_string().contains("expected at most 67108864 bytes"));
}

/// Whole lines of netperf's, damaged ones and others, so that every transition is met.
fn lines() -> impl Strategy<Value = String> {
    let real = proptest::sample::select(RECORD_2019.lines().take(40).map(str::to_owned).collect::<Vec<_>>());
    let cut = (real.clone(), 0..80_usize).prop_map(|(line, at)| line.chars().take(at).collect());
    prop::collection::vec(prop_oneof![4 => real, 1 => cut, 1 => "\\PC{0,40}", 1 => "[A-Z]:", 1 => "[0-9.]{1,9}"], 0..60)
        .prop_map(|lines| lines.join("\n"))
}

proptest! {
    #[test]
    fn any_bytes_are_answered(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        let _ = parse(&bytes);
    }

    #[test]
    fn what_is_read_makes_sense_and_is_written_back(text in lines()) {
        if let Ok(record) = parse(text.as_bytes()) {
            let found = findings(&record, Margin::default());
            prop_assert!(found.groups.iter().all(|group| group.mean_rate.is_finite() && group.mean_rate > 0.0));
            let again = record_of_layout(&record, &found)?;
            prop_assert_eq!(rates(&again), rates(&record));
        }
    }

    /// Wherever a record breaks off, its error is about the place where it does.
    #[test]
    fn a_truncated_record_is_noticed(end in 0..RECORD_2019.len()) {
        let text = &RECORD_2019[..end];
        match parse(text.as_bytes()) {
            Ok(record) => prop_assert!(record.groups.iter().all(|group| !group.runs.is_empty())),
            Err(error) => prop_assert!(error.line + 1 >= text.lines().count(), "{}", error),
        }
    }
}

fn record_of_layout(record: &Record, findings: &Findings) -> Result<Record, TestCaseError> {
    parse(Layout { record, findings }.to_string().as_bytes()).map_err(|e| TestCaseError::fail(e.to_string()))
}

fn rates(record: &Record) -> Vec<(String, Vec<f64>)> {
    let of = |group: &Group| (group.name.clone(), group.runs.iter().map(|run| run.rate).collect());
    record.groups.iter().map(of).collect()
}
