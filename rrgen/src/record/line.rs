//! What one line of a record is, by itself. What may follow what is [`parse`](super::parse)'s business.

use super::{Expected, Interim};

/// Longest heading, characters.
const HEADING_MAX: usize = 64;

/// In netperf's banner of every test.
const BANNER: &str = " TEST from ";

/// In the banner of the test that is read here (with or without "MIGRATED" before it).
const BANNER_TCP_RR: &str = "TCP REQUEST/RESPONSE TEST from ";

/// First words of the table's headings (netperf's classic output of TCP_RR).
const TABLE_HEADINGS: [&str; 3] = ["Local", "Socket", "Send"];

/// First and second word of the heading that holds the units.
const UNITS_HEADING: &str = "bytes";

/// The unit of the rate in that heading.
const PER_SECOND: &str = "per sec";

/// Words of an interim line.
const INTERIM_WORDS: usize = 10;

/// How netperf marks a warning (`-i`, `-I`).
const WARNING: &str = "!!!";

/// Fields of the table's first row: without CPU utilization and with it (`-c`, `-C`). A brand (`-B`) may follow.
const ROW_FIELDS: [usize; 2] = [6, 10];

/// Where that row has the elapsed time.
const SECONDS_FIELD: usize = 4;

/// Where that row has the rate.
const RATE_FIELD: usize = 5;

/// A line.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Line<'a> {
    /// Nothing, a heading of the table, or a warning: may stand anywhere in a run.
    Decoration,
    /// `Name:`
    Heading(&'a str),
    /// The beginning of a run.
    Banner,
    /// One line of `-D`.
    Interim(Interim),
    /// The first row of the table.
    Row { seconds: f64, rate: f64 },
    /// The second row of the table.
    SecondRow,
    /// All that `-v 0` prints.
    Rate(f64),
    /// Nothing of netperf's.
    Other,
}

impl<'a> Line<'a> {
    /// Recognises a line.
    ///
    /// # Errors
    /// It begins like one of netperf's and then is not what is read here.
    pub(super) fn new(text: &'a str) -> Result<Self, Expected> {
        let text = text.trim();
        if text.contains(BANNER) {
            return if text.contains(BANNER_TCP_RR) { Ok(Self::Banner) } else { Err(Expected::TcpRr) };
        }
        let mut words = text.split_whitespace();
        match (words.next(), words.next()) {
            (None, _) => Ok(Self::Decoration),
            (Some("Interim"), Some("result:")) => interim(text).map(Self::Interim).ok_or(Expected::Interim),
            (Some(first), _) if first.starts_with(WARNING) => Ok(Self::Decoration),
            (Some(UNITS_HEADING), Some(second)) if second.eq_ignore_ascii_case(UNITS_HEADING) => units(text),
            (Some(first), Some(_)) if TABLE_HEADINGS.contains(&first) => Ok(Self::Decoration),
            _ => Ok(heading(text).map(Self::Heading).or_else(|| numbers(text)).unwrap_or(Self::Other)),
        }
    }
}

/// One line of `-D`, from its first word on.
fn interim(text: &str) -> Option<Interim> {
    let words: Vec<&str> = text.split_whitespace().take(INTERIM_WORDS + 1).collect();
    let [_, _, rate, "Trans/s", "over", seconds, "seconds", "ending", "at", ending] = words[..] else { return None };
    let (sec, milli) = ending.split_once('.').filter(|(_, milli)| milli.len() == 3)?;
    let ending_ms = u64::from(sec.parse::<u32>().ok()?) * 1000 + milli.parse::<u64>().ok()?;
    Some(Interim { rate: number(rate)?, seconds: number(seconds)?, ending_ms })
}

/// The heading with the units.
fn units<'a>(text: &str) -> Result<Line<'a>, Expected> {
    if text.contains(PER_SECOND) { Ok(Line::Decoration) } else { Err(Expected::PerSecond) }
}

fn heading(text: &str) -> Option<&str> {
    let name = text.strip_suffix(':')?.trim_end();
    let fits = !name.is_empty() && name.chars().count() <= HEADING_MAX && !name.chars().any(char::is_control);
    fits.then_some(name)
}

/// A row, by how many numbers it begins with.
fn numbers<'a>(text: &str) -> Option<Line<'a>> {
    let words: Vec<&str> = text.split_whitespace().take(ROW_FIELDS[1] + 1).collect();
    let leading: Vec<f64> = words.iter().map_while(|word| number(word)).collect();
    if ROW_FIELDS.contains(&leading.len()) {
        return positive(leading[RATE_FIELD]).map(|rate| Line::Row { seconds: leading[SECONDS_FIELD], rate });
    }
    match words[..] {
        [rate] if rate.contains('.') => positive(number(rate)?).map(Line::Rate),
        [send, recv] => (is_size(send) && is_size(recv)).then_some(Line::SecondRow),
        _ => None,
    }
}

fn positive(rate: f64) -> Option<f64> {
    (rate > 0.0).then_some(rate)
}

/// A socket size; -1 where netperf does not know it.
fn is_size(word: &str) -> bool {
    word.parse::<i64>().is_ok()
}

/// A number as netperf writes it: digits with at most one point, and -1 for what is not known.
fn number(word: &str) -> Option<f64> {
    let digits = word.strip_prefix('-').unwrap_or(word);
    let plain = digits.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    // "inf" and exponents are numbers to Rust, and none here.
    plain.then(|| word.parse().ok()).flatten().filter(|number: &f64| number.is_finite())
}
