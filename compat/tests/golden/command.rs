//! What a capture's command line decides about its text.
//!
//! A reader for the captured lines only, and on purpose not the crate's own option parser: the two
//! must not share mistakes.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use compat::args::Warning;
use compat::text::Test;
use compat::text::banner::{Banner, ConfidenceGoal, Endpoint};
use compat::units::Unit;

const GLOBAL: &str = "A:a:b:B:CcdD:f:F:H:hi:I:jk:K:l:L:n:NO:o:P:p:rSs:t:T:v:VW:w:y:Y:Z:46";
const TEST: &str = "aBb:cCd:De:FgG:hH:i:Ij:kK:l:L:m:M:nNoOp:P:r:R:s:S:t:T:u:UVw:W:46";

/// What a netperf without intervals says of `-b` and `-w`; here they work (compat/DEVIATIONS.md).
const NO_BURST: &str = "Packet burst size is not compiled in. ";
const NO_PACE: &str = "Packet rate control is not compiled in.";

/// The options that choose another output mode.
const OMNI_MODES: [char; 3] = ['o', 'k', 'O'];

pub(crate) struct Command {
    pub test: Test,
    /// Whether the results are in the classic form.
    pub classic: bool,
    pub headings: bool,
    pub verbosity: i32,
    pub brand: Option<String>,
    pub unit: Unit,
    pub local_cpu: bool,
    pub remote_cpu: bool,
    /// `-l -N`: the number of transactions.
    pub count: Option<u64>,
    pub request_size: i32,
    pub response_size: i32,
    /// Local send and remote receive alignment.
    pub alignment: (i32, i32),
    /// Local send and remote receive offset.
    pub offset: (i32, i32),
    /// What stock says of its options before the banner, a line each.
    pub notices: Vec<String>,
    pub banner: Banner,
}

impl Command {
    /// `None` if the line does not ask for one of the three request/response tests.
    pub(crate) fn read(line: &str) -> Option<Self> {
        let words = words(line);
        let start = words.iter().position(|word| word == "netperf")? + 1;
        let end = words.iter().position(|word| word == "--").unwrap_or(words.len());
        let global = Options::scan(&words[start..end], GLOBAL);
        let test = Options::scan(words.get(end + 1..).unwrap_or_default(), TEST);

        let kind = match global.last('t')?.to_uppercase().as_str() {
            "TCP_RR" => Test::TcpRr,
            "TCP_CRR" => Test::TcpCrr,
            "UDP_RR" => Test::UdpRr,
            _ => return None,
        };
        let (request_size, response_size) = both(test.last('r').unwrap_or("1"), 1);
        Some(Self {
            test: kind,
            classic: !OMNI_MODES.iter().any(|&mode| test.given(mode)),
            headings: global.last('P') != Some("0"),
            verbosity: global.number('v', 1),
            brand: global.last('B').map(str::to_owned),
            unit: global.last('f').map_or(Unit::default(), |text| Unit::from_option(text.chars().next().unwrap())),
            local_cpu: global.given('c'),
            remote_cpu: global.given('C'),
            count: global.last('l').and_then(|text| text.strip_prefix('-')).and_then(|count| count.parse().ok()),
            request_size,
            response_size,
            alignment: (both(global.last('a').unwrap_or(""), 8).0, both(global.last('A').unwrap_or(""), 8).1),
            offset: (both(global.last('o').unwrap_or(""), 0).0, both(global.last('O').unwrap_or(""), 0).1),
            notices: global.notices(),
            banner: banner(kind, &global, &test),
        })
    }
}

fn banner(kind: Test, global: &Options, test: &Options) -> Banner {
    let ipv6 = global.given('6');
    let (wildcard, loopback) = if ipv6 { ("::0", "::1") } else { ("0.0.0.0", "localhost") };
    let destination = test.last('H').or(global.last('H')).unwrap_or(loopback);
    let source = match (test.last('L'), test.last('H')) {
        (Some(host), _) => host,
        (None, Some(_)) => wildcard,
        (None, None) => global.last('L').unwrap_or(wildcard),
    };
    let ports = both(test.last('P').unwrap_or(""), 0);
    Banner {
        test: kind,
        source: endpoint(source, ports.0),
        destination: endpoint(destination, ports.1),
        confidence: confidence(global),
        nodelay: test.given('D'),
        copy_avoidance: test.given('V'),
        no_control: global.given('N'),
        first_burst: test.number('b', 0),
        cpu_bind: global.given('T'),
    }
}

fn endpoint(host: &str, port: u16) -> Endpoint {
    let name = host.split(',').next().unwrap();
    // The banner shows no address of more than seven characters: any such will do for a name.
    let ip = name.parse().unwrap_or(IpAddr::V4(Ipv4Addr::LOCALHOST));
    Endpoint { name: name.to_owned(), address: SocketAddr::new(ip, port) }
}

/// `-i` sets 99 % and a width of 5 % where `-I` has not; `-I 99` alone sets a width of 99 %.
fn confidence(global: &Options) -> Option<ConfidenceGoal> {
    let result_only = global.given('r');
    match (global.last('I'), global.last('i')) {
        (Some(goal), _) => {
            let (level, percent): (f64, f64) = both(goal, 5.0);
            Some(ConfidenceGoal { level: level as u32, width: percent / 100.0, result_only })
        }
        (None, Some(_)) => Some(ConfidenceGoal { level: 99, width: 0.05, result_only }),
        (None, None) => None,
    }
}

/// `1`: both; `1,`: the first; `,2`: the second; `1,2`: each.
fn both<T: std::str::FromStr + Copy>(text: &str, default: T) -> (T, T) {
    let number = |text: &str| text.parse().unwrap_or(default);
    match text.split_once(',') {
        Some((first, second)) => (number(first), number(second)),
        None => (number(text), number(text)),
    }
}

/// The options of one pass, in order.
struct Options(Vec<(char, String)>);

impl Options {
    fn scan(words: &[String], letters: &str) -> Self {
        let mut words = words.iter();
        let mut options = Vec::new();
        while let Some(word) = words.next() {
            // Stray words, like the selections of the omni modes, mean nothing here.
            let Some(letter) = word.strip_prefix('-').and_then(|rest| rest.chars().next()) else { continue };
            let takes_argument = letters.contains(&format!("{letter}:"));
            let argument = takes_argument.then(|| words.next()).flatten().cloned().unwrap_or_default();
            options.push((letter, argument));
        }
        Self(options)
    }

    fn given(&self, letter: char) -> bool {
        self.last(letter).is_some()
    }

    fn last(&self, letter: char) -> Option<&str> {
        self.0.iter().rev().find(|(given, _)| *given == letter).map(|(_, argument)| argument.as_str())
    }

    fn number(&self, letter: char, default: i32) -> i32 {
        self.last(letter).map_or(default, |text| text.parse().unwrap())
    }

    fn notices(&self) -> Vec<String> {
        let local = |argument: &str| !argument.starts_with(',');
        let notice = |(letter, argument): &(char, String)| match letter {
            'b' if local(argument) => Some(NO_BURST.to_owned()),
            'w' if local(argument) => Some(NO_PACE.to_owned()),
            'k' | 'K' => Some(Warning::NoDirtyBuffers.to_string()),
            'H' => match argument.split_once(',') {
                Some((_, "foo")) => Some(Warning::UnknownFamily("foo".to_owned()).to_string()),
                _ => None,
            },
            _ => None,
        };
        self.0.iter().filter_map(notice).collect()
    }
}

/// The words of a line, in which a backslash protects the next character.
pub(crate) fn words(line: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut characters = line.trim_end().chars();
    while let Some(character) = characters.next() {
        match character {
            ' ' => words.push(String::new()),
            '\\' => words.last_mut().unwrap().extend(characters.next()),
            other => words.last_mut().unwrap().push(other),
        }
    }
    words
}
