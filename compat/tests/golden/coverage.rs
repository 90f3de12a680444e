//! Which captured runs are compared where. A new capture must be given a place here.

use std::collections::BTreeSet;

use crate::command::Command;
use crate::sample::Sample;

/// Runs that end with a classic result (`results.rs`).
#[rustfmt::skip]
pub(crate) const RESULTS: &[&str] = &[
    "01-default", "02-H127", "03-D1", "04-D0.5", "05-Dneg1", "06-D0.2", "07-Dneg0.2", "08-D1u", "09-v0", "10-v2",
    "11-P0", "12-P0v0", "13-cC", "14-c", "15-C", "16-cC-v0", "17-C-v0", "18-cC-P0-v1-B", "19-cC-v2", "20-j",
    "21-j-v2", "22-T0,1", "23-T0", "24-T0c", "25-Tc1", "26-i3", "27-i3-P0-v0", "28-r64,128", "29-b4", "30-nodelay",
    "31-sS32K", "32-lneg1000", "33-P0-B", "34-B-headers", "35-v0-P0-B", "36-ipv6", "37-ipv6-noH", "77-D-P0",
    "78-fB", "78-fG", "78-fK", "78-fM", "78-fb", "78-fg", "78-fk", "78-fm", "78-ft", "78-fu", "78-fx", "79-fm-D",
    "79-fm-cC", "79-fm-v2", "85-bad-test-opt", "91-b-global", "92-kdirty", "94-Z-nopass-server", "94-Z-right",
    "95-testopt-i", "96-posarg", "a2-v3", "a3-I95only", "a4-I99nointerval", "a5-i10,3", "a6-i-cC", "a8-hostname",
    "a9-Linet", "aa-dataHL", "ab-P40001", "ac-P4localonly", "ad-4", "ae-Hcomma4", "ag-r1,0", "ah-f-bad",
    "ai-lowercase", "aj-H-unk-family", "ak-CRR", "al-UDP_RR", "am-CRR-cC", "an-CRR-v0B", "ao-CRR-v2",
    "ap-UDP_RR-v2", "aq-v-neg", "b7-T-badcpu", "b9-fK-v2-cC", "ba-align-v2", "bb-b4-v2", "bs-sigint-l10",
    "bt-l0-sigint", "bu-s1", "c1-Dcomma500", "c2-D0", "c3-CRR-fm", "c4-D1-count", "session-Z", "session-crr",
    "session-i3", "session-ipv6", "session-plain", "session-timed", "session-udprr",
];

/// Runs that end with a failure, after the banner or instead of it (`failures.rs`).
#[rustfmt::skip]
pub(crate) const FAILURES: &[&str] = &[
    "80-noserver", "81-noserver-default-host", "83-unknown-host", "90-I90", "93-unknown-data-host", "94-Z-missing",
    "94-Z-wrong", "a1-banner-all", "b1-remote-err-998", "b2-remote-err-98", "b3-results-err-22",
    "b4-short-response", "b5-server-closes", "b6-data-refused",
];

/// Runs of the three tests without classic text: a usage text instead (84, 88), killed before any output (`af-r0`
/// hangs stock netperf, `b8-neg-burst` dies of SIGPIPE).
const NO_TEXT: &[&str] = &["84-bad-global", "88-testh", "af-r0", "b8-neg-burst"];

/// Runs that end with chosen values (`omni/outputs.rs`).
#[rustfmt::skip]
pub(crate) const CHOSEN: &[&str] = &[
    "40-o", "41-k", "42-O", "43-o-cC", "44-k-cC", "45-O-cC", "46-o-lat-j", "47-k-lat", "48-O-lat", "49-o-P0",
    "50-k-all", "51-o-all", "52-O-all", "57-o-unknown2", "58-k-unknown2", "59-O-unknown2", "60-o-semi", "61-k-semi",
    "62-O-noselP0", "70-O-file", "71-o-file", "72-k-file", "73-O-file-j", "74-D-o", "75-D-k", "76-D-O", "79-fm-k",
    "a7-i-C-k", "bc-O-semi-empty", "bd-o-semi-empty", "be-o-5blocks", "bf-o-END", "bg-o-NONE", "bh-o-spaces",
    "bi-o-unknown-last", "bj-o-brand", "bk-o-nobrand", "bl-O-v0", "bm-k-tos", "bn-lneg1K", "bo-P-taken", "bp-K-bogus",
    "bq-udp-k", "br-crr-k", "c5-i-D", "session-full",
];

/// Runs that are told names or a mistake instead (`omni/choices.rs`).
pub(crate) const ASKED: &[&str] = &["53-o-q", "54-O-q", "55-k-q", "56-o-unknown1"];

/// The samples of the three tests in the classic form, or in the others.
fn captured(classic: bool) -> BTreeSet<String> {
    let of_the_form = |line: &str| Command::read(line).is_some_and(|command| command.classic == classic);
    Sample::all().into_iter().filter(|(_, line)| of_the_form(line)).map(|(name, _)| name).collect()
}

fn assert_placed(lists: &[&[&str]], captured: BTreeSet<String>) {
    let places: Vec<String> = lists.concat().into_iter().map(str::to_owned).collect();
    let placed: BTreeSet<String> = places.iter().cloned().collect();
    assert_eq!(placed.len(), places.len(), "a sample is listed twice");
    assert_eq!(placed, captured);
}

#[test]
fn every_classic_sample_has_its_place() {
    assert_placed(&[RESULTS, FAILURES, NO_TEXT], captured(true));
}

#[test]
fn every_omni_sample_has_its_place() {
    assert_placed(&[CHOSEN, ASKED], captured(false));
}
