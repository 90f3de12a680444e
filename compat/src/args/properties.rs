//! What must hold for any command line.

use std::collections::HashSet;

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{select, subsequence};

use super::*;

fn settings(words: &[String]) -> Result<Invocation<()>, ArgsError> {
    let program = ["netperf".to_owned()];
    parse(&[&program, words].concat(), &[])
}

/// Every option netperf has a letter for; `true` if it belongs after `--`.
fn all_options() -> Vec<(bool, OptionDef<()>)> {
    let global = global_options().map(|option| (false, option));
    let test = test_options().map(|option| (true, option));
    global.chain(test).filter(|(_, option)| option.short.is_some()).collect()
}

/// Options that share no setting, as words.
const INDEPENDENT: &[&[&str]] = &[
    &["-H", "sut,6"],
    &["-p", "50000,1"],
    &["-l", "-5"],
    &["-t", "tcp_rr"],
    &["-D", "-0.2"],
    &["-c"],
    &["-C", "100"],
    &["-T", "0,1"],
    &["-i", "5,3"],
    &["-I", "95,10"],
    &["-P0"],
    &["-jv2"],
    &["-y", ",3"],
    &["--nodelay"],
    &["--size=64,128"],
    &["--keyval", "RT_LATENCY"],
    &["--congestion", "cubic"],
];

/// A word that some part of the parser cares about, or anything.
fn word() -> impl Strategy<Value = String> {
    let options = all_options();
    let letters = options.iter().map(|(_, option)| format!("-{}", option.short.unwrap())).collect::<Vec<_>>();
    let names = options.iter().map(|(_, option)| format!("--{}", option.long)).collect::<Vec<_>>();
    prop_oneof![
        select(letters),
        select(names),
        Just("--".to_owned()),
        "-?[0-9]{0,12}[KMGkmgsu.,%/e-]{0,3}[0-9]{0,3}",
        "\\PC{0,8}",
        "--?[a-zA-Z-]{1,12}=?\\PC{0,4}",
    ]
}

#[test]
fn no_two_options_share_a_name() {
    let long: Vec<_> = global_options().chain(test_options()).map(|option| option.long).collect();
    assert_eq!(long.iter().collect::<HashSet<_>>().len(), long.len());
    let letters: Vec<_> = all_options().into_iter().map(|(test, option)| (test, option.short)).collect();
    assert_eq!(letters.iter().collect::<HashSet<_>>().len(), letters.len());
}

/// The letters netperf 2.7.0 hands to getopt, those with a colon taking an argument.
#[test]
fn the_tables_are_netperfs() {
    const GLOBAL: &str = "A:a:b:B:CcdD:f:F:H:hi:I:jk:K:l:L:n:NO:o:P:p:rSs:t:T:v:VW:w:y:Y:Z:46";
    const TEST: &str = "aBb:cCd:De:FgG:hH:i:Ij:kK:l:L:m:M:nNoOp:P:r:R:s:S:t:T:u:UVw:W:46";
    for (test, getopt) in [(false, GLOBAL), (true, TEST)] {
        let ours = all_options().into_iter().filter(|(of_test, _)| *of_test == test);
        let ours: HashSet<String> = ours
            .map(|(_, option)| {
                let colon = if matches!(option.argument, Argument::Required(_)) { ":" } else { "" };
                format!("{}{colon}", option.short.unwrap())
            })
            .collect();
        assert_eq!(ours, pieces(getopt));
    }
}

/// A getopt string, cut before each letter.
fn pieces(getopt: &str) -> HashSet<String> {
    let mut pieces: Vec<String> = Vec::new();
    for char in getopt.chars() {
        match pieces.last_mut() {
            Some(piece) if char == ':' => piece.push(char),
            _ => pieces.push(char.to_string()),
        }
    }
    pieces.into_iter().collect()
}

proptest! {
    #[test]
    fn no_line_panics(words in vec(word(), 0..12)) {
        if let Ok(invocation) = settings(&words) {
            // Whatever was accepted can be sent.
            prop_assert!(invocation.test.size.request > 0 && invocation.test.size.response > 0);
            prop_assert!(invocation.strays.len() <= words.len());
        }
    }

    #[test]
    fn the_order_of_independent_options_does_not_matter(
        chosen in subsequence(INDEPENDENT, 0..=INDEPENDENT.len()),
        shuffled in Just(INDEPENDENT.to_vec()).prop_shuffle(),
    ) {
        let words = |options: Vec<&[&str]>| options.concat().into_iter().map(str::to_owned).collect::<Vec<_>>();
        let reordered = shuffled.into_iter().filter(|option| chosen.contains(option)).collect();
        prop_assert_eq!(settings(&words(chosen)), settings(&words(reordered)));
    }

    #[test]
    fn every_spelling_of_an_option_means_the_same(
        (test, option) in select(all_options()),
        value in "[0-9]{1,4}(,[0-9]{1,4})?",
    ) {
        let OptionDef { short: Some(short), long, argument, .. } = option else { unreachable!() };
        // A letter that takes nothing, to share a word with.
        let bundle = if test { 'D' } else { 'j' };
        let spellings = match argument {
            Argument::Required(_) => vec![
                vec![format!("-{bundle}"), format!("-{short}"), value.clone()],
                vec![format!("-{bundle}"), format!("-{short}{value}")],
                vec![format!("-{bundle}{short}"), value.clone()],
                vec![format!("-{bundle}{short}{value}")],
                vec![format!("-{bundle}"), format!("--{long}"), value.clone()],
                vec![format!("-{bundle}"), format!("--{long}={value}")],
            ],
            _ => vec![
                vec![format!("-{bundle}"), format!("-{short}")],
                vec![format!("-{bundle}{short}")],
                vec![format!("-{bundle}"), format!("--{long}")],
            ],
        };
        let dashes = if test { vec!["--".to_owned()] } else { vec![] };
        let meanings: Vec<_> = spellings.iter().map(|words| meaning(&[&dashes[..], words].concat())).collect();
        for other in &meanings[1..] {
            prop_assert_eq!(other, &meanings[0]);
        }
    }
}

/// Settings, or the refusal, without the spelling that warnings and refusals quote.
fn meaning(words: &[String]) -> Result<Invocation<()>, String> {
    match settings(words) {
        Ok(invocation) => Ok(Invocation { warnings: vec![], ..invocation }),
        Err(ArgsError::NotAllowed { text, allowed, .. }) => Err(format!("{text} {allowed}")),
        Err(error) => Err(error.to_string()),
    }
}
