//! The cases of the corpus: every turn that the walk can take, right and wrong.

use super::frames::*;

/// What the walk makes of a case.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    NoTcp,
    Tcp { source_port: u16, payload_len: usize },
}

/// One frame, its name, and what is in it.
pub(crate) struct Case {
    pub(crate) name: &'static str,
    pub(crate) frame: Vec<u8>,
    pub(crate) outcome: Outcome,
}

/// All cases, in the order of the file.
pub(crate) fn cases() -> Vec<Case> {
    let groups = [link(), ipv4(), ipv4_malformed(), ipv6(), ipv6_malformed(), segments(), payloads()];
    groups.into_iter().flatten().collect()
}

fn found(name: &'static str, frame: Vec<u8>, payload_len: usize) -> Case {
    Case { name, frame, outcome: Outcome::Tcp { source_port: PORT, payload_len } }
}

fn dropped(name: &'static str, frame: Vec<u8>, payload_len: usize) -> Case {
    Case { name, frame, outcome: Outcome::Tcp { source_port: DROPPED_PORT, payload_len } }
}

fn none(name: &'static str, frame: Vec<u8>) -> Case {
    Case { name, frame, outcome: Outcome::NoTcp }
}

/// A one-byte request, the test's own traffic.
fn request() -> Vec<u8> {
    tcp(PORT, 0, b"x")
}

fn to_drop() -> Vec<u8> {
    tcp(DROPPED_PORT, 0, b"x")
}

fn link() -> Vec<Case> {
    let packet = Ipv4::default().packet(&request());
    let tagged = |tags: &[u16]| ethernet(tags, IPV4, &packet);
    vec![
        none("empty", vec![]),
        none("ethernet-cut", ethernet(&[], IPV4, &[])[..13].to_vec()),
        none("ethernet-alone", ethernet(&[], IPV4, &[])),
        none("arp", ethernet(&[], 0x0806, &[0; 46])),
        none("length-instead-of-type", ethernet(&[], 46, &[0; 46])),
        found("tag-8021q", tagged(&[QTAG]), 1),
        found("tag-8021ad", tagged(&[STAG]), 1),
        found("tags-two", tagged(&[STAG, QTAG]), 1),
        none("tags-three", tagged(&[STAG, QTAG, QTAG])),
        none("tag-cut", tagged(&[QTAG])[..17].to_vec()),
        none("tag-alone", tagged(&[QTAG])[..18].to_vec()),
        dropped("tag-dropped", ethernet(&[QTAG], IPV4, &Ipv4::default().packet(&to_drop())), 1),
    ]
}

fn ipv4() -> Vec<Case> {
    let options = |len: usize| Ipv4 { options: vec![1; len], ..Ipv4::default() };
    let fragment = |fragment: u16| Ipv4 { fragment, ..Ipv4::default() };
    let mut padded = Ipv4::default().frame(&tcp(PORT, 0, b""));
    padded.extend(PATTERN);
    vec![
        found("ipv4", Ipv4::default().frame(&request()), 1),
        dropped("ipv4-dropped", Ipv4::default().frame(&to_drop()), 1),
        found("ipv4-options-4", options(4).frame(&request()), 1),
        dropped("ipv4-options-40", options(40).frame(&to_drop()), 1),
        found("ipv4-may-fragment", fragment(0).frame(&request()), 1),
        found("ipv4-first-fragment", fragment(0x2000).frame(&request()), 1),
        none("ipv4-later-fragment", fragment(0x2001).frame(&to_drop())),
        none("ipv4-last-fragment", fragment(0x1fff).frame(&to_drop())),
        none("ipv4-udp", Ipv4 { protocol: UDP, ..Ipv4::default() }.frame(&to_drop())),
        found("ipv4-padding-is-no-payload", padded, 0),
    ]
}

fn ipv4_malformed() -> Vec<Case> {
    let words = |words: u8| Ipv4 { words: Some(words), ..Ipv4::default() };
    let total = |len: u16| Ipv4 { total_len: Some(len), ..Ipv4::default() };
    vec![
        none("ipv4-cut", Ipv4::default().frame(&[])[..33].to_vec()),
        none("ipv4-alone", Ipv4::default().frame(&[])),
        none("ipv4-version-6", Ipv4 { version: 6, ..Ipv4::default() }.frame(&to_drop())),
        none("ipv4-header-16", words(4).frame(&to_drop())),
        none("ipv4-header-0", words(0).frame(&to_drop())),
        none("ipv4-options-cut", words(15).frame(&tcp(DROPPED_PORT, 10, b""))[..73].to_vec()),
        none("ipv4-total-0", total(0).frame(&to_drop())),
        none("ipv4-total-19", total(19).frame(&to_drop())),
        none("ipv4-total-cuts-tcp", total(39).frame(&to_drop())),
        dropped("ipv4-total-without-payload", total(40).frame(&to_drop()), 0),
        dropped("ipv4-total-beyond-frame", total(1500).frame(&to_drop()), 1),
    ]
}

fn ipv6() -> Vec<Case> {
    let with = |extensions: Vec<(u8, Vec<u8>)>| Ipv6 { extensions, ..Ipv6::default() };
    let six = vec![
        (HOP_BY_HOP, extension(0)),
        (DESTINATION, extension(1)),
        (ROUTING, extension(2)),
        (FRAGMENT, fragment(0, false)),
        (DESTINATION, extension(0)),
        (DESTINATION, extension(3)),
    ];
    let mut seven = six.clone();
    seven.push((DESTINATION, extension(0)));
    vec![
        found("ipv6", Ipv6::default().frame(&request()), 1),
        dropped("ipv6-dropped", Ipv6::default().frame(&to_drop()), 1),
        found("ipv6-hop-by-hop", with(vec![(HOP_BY_HOP, extension(0))]).frame(&request()), 1),
        dropped("ipv6-routing", with(vec![(ROUTING, extension(2))]).frame(&to_drop()), 1),
        found("ipv6-destination", with(vec![(DESTINATION, extension(1))]).frame(&request()), 1),
        found("ipv6-atomic-fragment", with(vec![(FRAGMENT, fragment(0, false))]).frame(&request()), 1),
        dropped("ipv6-first-fragment", with(vec![(FRAGMENT, fragment(0, true))]).frame(&to_drop()), 1),
        none("ipv6-later-fragment", with(vec![(FRAGMENT, fragment(1, false))]).frame(&to_drop())),
        dropped("ipv6-extensions-six", with(six).frame(&to_drop()), 1),
        none("ipv6-extensions-seven", with(seven).frame(&to_drop())),
        none("ipv6-udp", Ipv6 { protocol: UDP, ..Ipv6::default() }.frame(&to_drop())),
        none("ipv6-authentication", with(vec![(51, extension(1))]).frame(&to_drop())),
        none("ipv6-no-next-header", Ipv6 { protocol: 59, ..Ipv6::default() }.frame(&to_drop())),
    ]
}

fn ipv6_malformed() -> Vec<Case> {
    let length = |len: u16| Ipv6 { payload_len: Some(len), ..Ipv6::default() };
    let hop = Ipv6 { extensions: vec![(HOP_BY_HOP, extension(0))], ..Ipv6::default() };
    let mut overlong = extension(0);
    overlong[0] = 255;
    let overlong = Ipv6 { extensions: vec![(DESTINATION, overlong)], ..Ipv6::default() };
    vec![
        none("ipv6-cut", Ipv6::default().frame(&[])[..53].to_vec()),
        none("ipv6-alone", Ipv6::default().frame(&[])),
        none("ipv6-version-4", Ipv6 { version: 4, ..Ipv6::default() }.frame(&to_drop())),
        none("ipv6-length-0", length(0).frame(&to_drop())),
        none("ipv6-length-cuts-tcp", length(19).frame(&to_drop())),
        dropped("ipv6-length-without-payload", length(20).frame(&to_drop()), 0),
        dropped("ipv6-length-beyond-frame", length(1460).frame(&to_drop()), 1),
        none("ipv6-extension-cut", hop.frame(&to_drop())[..61].to_vec()),
        none("ipv6-extension-alone", hop.frame(&[])),
        none("ipv6-extension-beyond-frame", overlong.frame(&to_drop())),
    ]
}

fn segments() -> Vec<Case> {
    let over_ipv4 = |segment: Vec<u8>| Ipv4::default().frame(&segment);
    vec![
        found("tcp-bare", over_ipv4(tcp(PORT, 0, b"")), 0),
        found("tcp-options-12", over_ipv4(tcp(PORT, 3, b"x")), 1),
        dropped("tcp-options-40", over_ipv4(tcp(DROPPED_PORT, 10, b"xy")), 2),
        none("tcp-cut", over_ipv4(to_drop()[..19].to_vec())),
        none("tcp-offset-4", over_ipv4(tcp_claiming(4, DROPPED_PORT, 0, b"xxxx"))),
        none("tcp-offset-beyond-segment", over_ipv4(tcp_claiming(15, DROPPED_PORT, 9, b"xxx"))),
        dropped("tcp-offset-to-the-end", over_ipv4(tcp_claiming(15, DROPPED_PORT, 0, &[b'x'; 40])), 0),
    ]
}

fn payloads() -> Vec<Case> {
    let over_ipv4 = |payload: &[u8]| Ipv4::default().frame(&tcp(PORT, 3, payload));
    let last_in_window = 64 - PATTERN.len();
    vec![
        found("payload-pattern", over_ipv4(PATTERN), 10),
        found("payload-almost", over_ipv4(&PATTERN[..9]), 9),
        found("payload-restart", over_ipv4(b"rrrgen-drop"), 11),
        found("payload-last-in-window", over_ipv4(&pattern_at(last_in_window)), 64),
        found("payload-across-window", over_ipv4(&pattern_at(last_in_window + 1)), 65),
        found("payload-behind-window", over_ipv4(&pattern_at(64)), 74),
        found("payload-ipv6", Ipv6::default().frame(&tcp(PORT, 0, &pattern_at(7))), 17),
        dropped("payload-and-port", Ipv4::default().frame(&tcp(DROPPED_PORT, 0, PATTERN)), 10),
        found("payload-1448", over_ipv4(&[b'.'; 1448]), 1448),
    ]
}
