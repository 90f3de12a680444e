//! Any argument and any file make a selection or a refusal, by netperf's rules.

use proptest::prelude::*;

use super::selection::{BLOCK_LEN_MAX, BLOCKS_MAX};
use super::table::{OURS, STOCK};
use super::*;
use crate::args::{OutputArg, OutputFormat};

/// The names of each block as far as they are shown; `?` for an unknown one.
fn names(selection: &Selection) -> Vec<Vec<&'static str>> {
    let name = |element: &Element| element.map_or("?", Selector::name);
    selection.blocks().map(|block| block.iter().map(name).collect()).collect()
}

fn list(text: &str) -> Selection {
    Selection::from_list(text, OutputFormat::KeyVal)
}

fn file(bytes: &[u8]) -> Result<Vec<Vec<&'static str>>, FileError> {
    Selection::from_file("selection", bytes, OutputFormat::KeyVal).map(|selection| names(&selection))
}

#[test]
fn a_list_is_blocks_of_names_in_any_case() {
    let selection = list("throughput,, Elapsed_Time ;;p50_latency,bogus,P90_LATENCY,trans_rate;uuid;uuid");
    let third = vec!["P50_LATENCY", "?", "P90_LATENCY", "?"];
    assert_eq!(names(&selection), [vec!["THROUGHPUT", "ELAPSED_TIME"], vec![], third, vec!["UUID"]]);
    let told: Vec<String> = selection.unknown().iter().map(ToString::to_string).collect();
    assert_eq!(
        told,
        [
            "Ignoring unknown output selector 2 |bogus| on line 3",
            "Ignoring unknown output selector 3 |trans_rate| on line 3"
        ]
    );
}

#[test]
fn a_block_has_room_for_every_name_and_no_more() {
    let selection = list(&format!("{};UUID", "PROTOCOL,".repeat(BLOCK_LEN_MAX + 1)));
    assert_eq!(names(&selection).iter().map(Vec::len).collect::<Vec<_>>(), [BLOCK_LEN_MAX, 1, 0, 0]);
    assert_eq!(BLOCK_LEN_MAX, STOCK.len() + 1);
}

#[test]
fn names_ask_for_what_they_need() {
    let latency = list("THROUGHPUT,OUTPUT_END,P999_LATENCY");
    assert!(latency.wants(Group::Statistics) && !latency.wants(Group::LocalCongestion));
    assert_eq!(latency.request_flags(), 0);
    let all = Selection::all();
    assert!(all.wants(Group::Statistics) && all.wants(Group::RemoteCongestion));
    assert_eq!(all.request_flags(), 0x3c0);
    let file = Selection::from_file("selection", b"P99_LATENCY,LOCAL_CONG_CONTROL", OutputFormat::Csv).unwrap();
    assert!(!file.wants(Group::Statistics) && !file.wants(Group::LocalCongestion));
    assert!(!Selection::standard(true).wants(Group::Statistics));
}

#[test]
fn all_is_everything_but_the_marks_and_ours() {
    let all = names(&Selection::all());
    let stock: Vec<&str> = STOCK.iter().map(Selector::name).collect();
    assert_eq!(all.concat(), stock[1..stock.len() - 1]);
    assert_eq!(all.iter().map(Vec::len).collect::<Vec<_>>(), [24, 29, 58, 62]);
}

#[test]
fn an_argument_is_a_question_a_list_or_a_file() {
    for (text, kind) in [
        ("?", "names"),
        ("ALL", "all"),
        ("all,", "list"),
        ("p99_latency", "list"),
        ("P9999_LATENCY", "list"),
        ("THROUGHPUT;", "list"),
        ("THROUGHPUT UUID", "file"),
        ("transactions", "file"),
        ("", "file"),
    ] {
        let arg = OutputArg { format: OutputFormat::Columns, selection: Some(text.to_owned()) };
        let read = match Choice::read(&arg, false) {
            Choice::Names(_) => "names",
            Choice::Selection(selection) if names(&selection) == names(&Selection::all()) => "all",
            Choice::Selection(_) => "list",
            Choice::File(name) => {
                assert_eq!(name, text);
                "file"
            }
        };
        assert_eq!(read, kind, "{text}");
    }
}

/// Each of these was read by netperf 2.7.0.
#[test]
fn a_file_has_rules_of_its_own() {
    let none = "OUTPUT_NONE";
    for (bytes, blocks) in [
        ("PROTOCOL\n\nDIRECTION\n", vec![vec!["PROTOCOL"], vec![none], vec!["DIRECTION"]]),
        ("PROTOCOL,,DIRECTION", vec![vec!["PROTOCOL", none, "DIRECTION"]]),
        ("protocol, DIRECTION\n", vec![vec!["PROTOCOL", none]]),
        ("This Is The End,PROTOCOL\nPROTOCOL\n", vec![vec![], vec!["PROTOCOL"]]),
        ("PROTOCOL\r\nDIRECTION\r\n", vec![vec!["PROTOCOL"], vec!["DIRECTION"]]),
        ("A\nB\nUUID\nUUID\nPROTOCOL", vec![vec![none], vec![none], vec!["UUID"], vec!["UUID"]]),
    ] {
        let mut blocks = blocks;
        blocks.resize(BLOCKS_MAX, vec![]);
        assert_eq!(file(bytes.as_bytes()), Ok(blocks), "{bytes}");
    }
}

/// Where netperf prints nothing that anybody could have wanted, and exits with 0.
#[test]
fn a_file_without_any_name_is_the_wrong_one() {
    for bytes in ["", "\n", "show me everything\n", "\0\0\0", "PROTOCOL.csv", "\n\n\n\nPROTOCOL"] {
        let refused = file(bytes.as_bytes()).unwrap_err();
        assert_eq!(refused, FileError::NoName { path: "selection".to_owned() }, "{bytes:?}");
        assert!(refused.to_string().contains("'?'"), "{refused}");
    }
    assert!(file(b"OUTPUT_NONE").is_ok(), "nothing, by its name");
}

#[test]
fn a_file_can_be_too_much() {
    let name = "x".repeat(80);
    assert!(file(format!("PROTOCOL\n{}\n", &name[1..]).as_bytes()).is_ok());
    assert!(file(format!("PROTOCOL\n{name}").as_bytes()).is_ok());
    for (text, message) in [
        (format!("PROTOCOL\n{name},DIRECTION"), "Output selection starting column 2 on line 90 is too long\n"),
        (format!("PROTOCOL\nDIRECTION,{name}\n"), "Output selection starting column 2 on line 100 is too long\n"),
        (format!("\n{}x", "PROTOCOL,".repeat(176)), "Too many output selectors on line 1\n"),
    ] {
        let report = file(text.as_bytes()).unwrap_err().report();
        assert_eq!((report.stdout.as_str(), report.stderr.as_str(), report.status), (message, "", 255));
    }
}

/// A name in some case, or none at all.
fn any_name() -> impl Strategy<Value = String> {
    prop_oneof![
        8 => (0..STOCK.len() + OURS.len(), any::<bool>()).prop_map(|(index, lower)| {
            let name = STOCK.iter().chain(OURS).nth(index).unwrap().name();
            if lower { name.to_lowercase() } else { name.to_owned() }
        }),
        1 => "[a-z_?]{1,12}",
    ]
}

/// Blocks of names, with the separators that belong in and between them.
fn any_list() -> impl Strategy<Value = (String, Vec<Vec<String>>)> {
    let separator = "[ ,]{1,3}";
    let block = proptest::collection::vec((any_name(), separator), 0..8);
    proptest::collection::vec(block, 1..7).prop_map(|blocks| {
        let text: Vec<String> = blocks
            .iter()
            .map(|block| block.iter().flat_map(|(name, separator)| [&**name, separator]).collect())
            .collect();
        (text.join(";"), blocks.into_iter().map(|block| block.into_iter().map(|(name, _)| name).collect()).collect())
    })
}

proptest! {
    #[test]
    fn any_list_is_its_first_names_up_to_the_end((text, blocks) in any_list()) {
        let selection = list(&text);
        let known: Vec<&str> = STOCK.iter().chain(OURS).map(Selector::name).collect();
        let mut expected: Vec<Vec<&str>> = blocks
            .iter()
            .take(BLOCKS_MAX)
            .map(|block| {
                let capitals = block.iter().map(|name| name.to_uppercase());
                capitals
                    .take_while(|name| name != "OUTPUT_END")
                    .map(|name| known.iter().copied().find(|known| *known == name).unwrap_or("?"))
                    .collect()
            })
            .collect();
        expected.resize(BLOCKS_MAX, vec![]);
        prop_assert_eq!(names(&selection), expected);
    }

    #[test]
    fn no_argument_panics(text in ".*", format in prop_oneof![
        Just(OutputFormat::KeyVal), Just(OutputFormat::Csv), Just(OutputFormat::Columns)
    ]) {
        let arg = OutputArg { format, selection: Some(text.clone()) };
        match Choice::read(&arg, true) {
            Choice::File(name) => prop_assert_eq!(name, text),
            Choice::Selection(selection) => prop_assert_eq!(selection.blocks().count(), BLOCKS_MAX),
            Choice::Names(report) => prop_assert_eq!(report.status, 1),
        }
    }

    #[test]
    fn any_file_is_read_or_refused(bytes in proptest::collection::vec(
        prop_oneof![Just(b','), Just(b'\n'), Just(b'P'), any::<u8>()], 0..200
    )) {
        match file(&bytes) {
            Ok(blocks) => prop_assert!(blocks.iter().all(|block| block.len() <= BLOCK_LEN_MAX)),
            Err(error) => prop_assert_eq!(error.report().status, 255),
        }
    }

    #[test]
    fn a_file_without_blanks_reads_like_a_list(typed in proptest::collection::vec(any_name(), 1..10)) {
        // One name that is known, or the file would be refused.
        let text = format!("protocol,{}", typed.join(","));
        let in_a_file = |name: &'static str| if name == "?" { "OUTPUT_NONE" } else { name };
        let listed: Vec<&str> = names(&list(&text)).concat().into_iter().map(in_a_file).collect();
        prop_assert_eq!(file(text.as_bytes()).unwrap().concat(), listed);
    }
}
