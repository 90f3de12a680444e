//! Whole pages: what is on them, and that nothing gets onto them as markup.

use proptest::prelude::*;

use super::*;
use crate::record::findings::findings;
use crate::record::parse;
use crate::results::samples::{LOCKSTEP, SLOTS, header, round, slot};
use crate::results::{Ledger, Line, Peer, Place, Site, Skipped, Store};

const RECORD: &[u8] = include_bytes!("../../../tests/data/record-2019.txt");

/// Results of `rounds` of 12 rounds; something of everything that is reported.
fn results(rounds: u32) -> Results {
    let mut store = Store::create(None, header(LOCKSTEP)).unwrap();
    for number in 0..rounds {
        let mut next = round(number, &[20_000 + u64::from(number % 3), 20_001 + u64::from(number % 2)]);
        next.repeats.extend((number == 1).then(|| "connection reset".to_owned()));
        let attached = "message".to_owned();
        let ledger =
            Ledger { attached, expected_calls: 300, calls: 300, errors: 0, ns_per_call: Some(80.0), hash: None };
        next.variants[1].ledger = Some(ledger);
        store.add(Line::Round(next)).unwrap();
    }
    store.into_results()
}

fn page(fill: impl FnOnce(&mut Page)) -> String {
    let mut page = Page { file: "page.html".into(), articles: Vec::new(), failures: Vec::new() };
    fill(&mut page);
    page.text()
}

fn page_on(results: &Results) -> String {
    let analysis = Analysis::new(results, Margin::default()).unwrap();
    page(|page| page.add_comparison(Some("saved".as_ref()), results, &analysis))
}

fn headings(page: &str) -> Vec<&str> {
    page.split("<h2 id=\"").skip(1).map(|rest| rest.split(['>', '<']).nth(1).unwrap()).collect()
}

#[test]
fn a_comparison_has_all_its_sections() {
    let mut results = results(12);
    results.header.settings.flows = 64;
    let page = page_on(&results);
    assert_eq!(headings(&page), ["Effects", "Round by round", "Variants", "Ledger", "Conditions"]);
    for told in [
        "Begun 2019-07-01 21:56 UTC",
        "saved in saved",
        "connection reset",
        "not wanted",
        "-r 64,128",
        "64 flows per variant",
    ] {
        assert!(page.contains(told), "{told}");
    }
    assert_eq!(page.matches("<svg role=\"img\"").count(), 3);
    assert!(!page.contains("class=\"notice\""), "{page}");
}

#[test]
fn slots_have_no_distribution_and_hooks_alone_have_ledgers() {
    let mut store = Store::create(None, header(SLOTS)).unwrap();
    (0..24).for_each(|taken| store.add(Line::Slot(slot(taken, 100.0 + taken as f64))).unwrap());
    let page = page_on(store.results());
    assert_eq!(headings(&page), ["Effects", "Round by round", "Variants", "Conditions"]);
    assert_eq!(page.matches("<svg role=\"img\"").count(), 2);
    assert!(!page.contains("own cost"));
}

#[test]
fn what_is_not_finished_or_withheld_is_told_first() {
    let page = page_on(&results(3));
    let before = page.split("<h2").next().unwrap();
    assert!(before.contains("The comparison was not finished") && before.contains("3 of 12 rounds were measured"));
    assert!(before.contains("<li>3 rounds give no 95 % interval: measure at least 8 rounds (--rounds)</li>"));
}

#[test]
fn a_precision_that_was_reached_early_is_no_unfinished_comparison() {
    let mut early = results(8);
    early.header.settings.precision_percent = Some(1.0);
    assert!(!page_on(&early).contains("not finished"));
    early.header.settings.precision_percent = Some(1e-9);
    assert!(page_on(&early).contains("not finished"));
}

#[test]
fn reports_on_one_page_share_no_id() {
    let record = parse(RECORD).unwrap();
    let findings = findings(&record, Margin::default());
    let results = results(12);
    let analysis = Analysis::new(&results, Margin::default()).unwrap();
    let page = page(|page| {
        page.add_failure("other: not there");
        page.add_comparison(None, &results, &analysis);
        page.add_record("record".as_ref(), &record, &findings, Margin::default());
        page.add_comparison(None, &results, &analysis);
    });
    let mut ids: Vec<&str> = page.split(" id=\"").skip(1).map(|rest| rest.split('"').next().unwrap()).collect();
    let all = ids.len();
    ids.sort_unstable();
    ids.dedup();
    assert!(all > 20 && ids.len() == all);
    let order = ["other: not there", "Lua drifts within its block"].map(|told| page.find(told).unwrap());
    assert!(order[0] < page.find("Effects").unwrap() && order[0] < order[1]);
    for referred in page.split("aria-labelledby=\"").skip(1).flat_map(|rest| rest.split('"').next().unwrap().split(' '))
    {
        assert!(ids.contains(&referred), "{referred}");
    }
}

#[test]
fn nothing_to_report_is_no_page() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("page.html");
    let mut page = Page::new(&file).unwrap();
    page.add_failure("x");
    assert!(page.write().unwrap_err().to_string().ends_with("page.html was not written: there is nothing to report"));
    assert!(!file.exists());
}

/// Tags with the names of their attributes, in order: all of a page but its texts and values.
fn skeleton(page: &str) -> Vec<String> {
    let mut tags = Vec::new();
    let mut rest = page;
    while let Some((_, tag)) = rest.split_once('<') {
        let mut names = String::new();
        let mut is_quoted = false;
        let end = tag.find(|letter| {
            is_quoted ^= letter == '"';
            if !is_quoted && letter != '"' {
                names.push(letter);
            }
            !is_quoted && letter == '>'
        });
        tags.push(names);
        rest = &tag[end.unwrap()..];
    }
    tags
}

fn hostile() -> impl Strategy<Value = String> {
    const KNOWN: [&str; 7] =
        ["</title><script>", "\"><img src=x onerror=a()>", "<!--", "]]>", "</style></svg><p>", "&lt;b&gt;", "'--"];
    prop_oneof![proptest::sample::select(&KNOWN[..]).prop_map(str::to_owned), "[<>&\"'/=a-z -]{1,40}", "\\PC{1,20}",]
}

/// `results` with `texts` wherever a text comes from a user, a peer, or a machine.
fn with_texts(mut results: Results, texts: &[String; 4]) -> Results {
    let [a, b, c, d] = texts.clone();
    let header = &mut results.header;
    (header.variants[0].name, header.variants[1].name) = (a.clone(), b.clone());
    (header.program, header.machine.kernel, header.machine.cpu_model) = (b.clone(), c.clone(), d.clone());
    (header.machine.governor, header.machine.virtualisation) = (Some(a.clone()), Some(b.clone()));
    header.settings.place = Place::Host { host: c.clone(), port: 1 };
    header.settings.test_options = vec![d.clone()];
    header.settings.options = vec![a.clone()];
    header.settings.hooks.site = Site::HookHost { host: b.clone() };
    header.target = Some(Peer { address: c.clone(), program: d.clone(), machine: Some(header.machine.clone()) });
    header.skipped = vec![Skipped { what: a.clone(), why: b }];
    results.rounds[1].repeats = vec![c];
    results.rounds[2].variants[1].ledger.as_mut().unwrap().attached = d;
    results
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn no_text_becomes_markup(texts in [hostile(), hostile(), hostile(), hostile()]) {
        let whole = |texts: &[String; 4]| {
            let results = with_texts(results(3), texts);
            let analysis = Analysis::new(&results, Margin::default()).unwrap();
            let mut record = parse(RECORD).unwrap();
            record.groups[0].name.clone_from(&texts[0]);
            record.groups[2].name.clone_from(&texts[1]);
            let mut findings = findings(&record, Margin::default());
            findings.groups[0].name.clone_from(&texts[0]);
            page(|page| {
                page.add_failure(&texts[2]);
                page.add_comparison(Some(texts[3].as_ref()), &results, &analysis);
                page.add_record(texts[3].as_ref(), &record, &findings, Margin::default());
            })
        };
        // As long, because what room a name takes decides how many ticks fit beside it.
        let plain = texts.each_ref().map(|text| "x".repeat(text.chars().count()));
        prop_assert_eq!(skeleton(&whole(&texts)), skeleton(&whole(&plain)));
    }
}
