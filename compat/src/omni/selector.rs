//! What a selector is: a name, a heading, and a value in a format.

use super::table::{OURS, STOCK};
use super::values::Values;
use crate::args::OutputFormat;
use crate::text::printf::Float;
use crate::wire::flags;

/// Lines of a heading at most; netperf's columns have a line for each.
pub(super) const HEADING_LINES: usize = 4;
/// What separates them in the table.
const BETWEEN_LINES: char = '|';

/// A value that can be chosen for the output.
#[derive(Debug)]
pub struct Selector {
    name: &'static str,
    heading: &'static str,
    value: Value,
    group: Option<Group>,
    key_value_only: bool,
}

/// Where a value comes from, and its format in netperf's table.
#[derive(Debug)]
pub(super) enum Value {
    /// Nothing; it ends a list.
    End,
    /// `%s`.
    Text(fn(&Values) -> &str),
    /// `%s`, of a text that has to be made first.
    Made(fn(&Values) -> String),
    /// `%s/s`.
    PerSecond(fn(&Values) -> &str),
    /// `"%s"`, quotes included; can be missing.
    Quoted(fn(&Values) -> Option<&str>),
    /// `%c`.
    Letter(fn(&Values) -> char),
    /// `%d`.
    Int(fn(&Values) -> i64),
    /// `%lu`.
    Count(fn(&Values) -> u64),
    /// `0x%.4x` with so many digits at least.
    Hex(usize, fn(&Values) -> u32),
    /// `%.2f` with so many decimals.
    Float(usize, fn(&Values) -> f64),
}

/// What has to be measured or looked up for some selectors, and only for them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Group {
    /// Every transaction's latency.
    Statistics,
    /// The client's congestion control algorithm.
    LocalCongestion,
    /// The server's congestion control algorithm; it always sends it.
    RemoteCongestion,
    /// The server's interface name. This and the following are asked for in the request; no server answers.
    RemoteInterfaceName,
    /// The server's interface slot.
    RemoteInterfaceSlot,
    /// The server's interface vendor and device numbers.
    RemoteInterfaceIds,
    /// The server's driver.
    RemoteDriver,
}

impl Group {
    /// The bit that asks the server for it in a request's field 12; 0 if there is none.
    pub fn request_flag(self) -> u32 {
        match self {
            Self::Statistics | Self::LocalCongestion | Self::RemoteCongestion => 0,
            Self::RemoteInterfaceName => flags::WANT_INTERFACE_NAME,
            Self::RemoteInterfaceSlot => flags::WANT_INTERFACE_SLOT,
            Self::RemoteInterfaceIds => flags::WANT_INTERFACE_IDS,
            Self::RemoteDriver => flags::WANT_DRIVER,
        }
    }
}

/// A row of the table: a selector that any output can have and that needs nothing looked up.
pub(super) const fn row(name: &'static str, heading: &'static str, value: Value) -> Selector {
    Selector { name, heading, value, group: None, key_value_only: false }
}

impl Selector {
    pub(super) const fn of(self, group: Group) -> Self {
        Self { group: Some(group), ..self }
    }

    pub(super) const fn key_value_only(self) -> Self {
        Self { key_value_only: true, ..self }
    }

    /// The one with this name, in any case, of those an output of this format can have.
    pub(super) fn named(name: &str, format: OutputFormat) -> Option<&'static Self> {
        Self::find(format, |selector| selector.name.eq_ignore_ascii_case(name))
    }

    /// The first with this name or this heading, in any case.
    pub(super) fn named_or_headed(text: &str, format: OutputFormat) -> Option<&'static Self> {
        Self::find(format, |selector| {
            selector.name.eq_ignore_ascii_case(text) || selector.heading_text().eq_ignore_ascii_case(text)
        })
    }

    fn find(format: OutputFormat, matches: impl Fn(&Self) -> bool) -> Option<&'static Self> {
        let possible = |selector: &&Self| !selector.key_value_only || format == OutputFormat::KeyVal;
        STOCK.iter().chain(OURS).filter(possible).find(|selector| matches(selector))
    }

    /// Its name, in capitals.
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// The lines of its heading, one above the other.
    pub fn heading(&self) -> impl Iterator<Item = &'static str> {
        self.heading.split(BETWEEN_LINES)
    }

    /// The heading in one line.
    pub(super) fn heading_text(&self) -> String {
        self.heading.replace(BETWEEN_LINES, " ")
    }

    pub(super) fn group(&self) -> Option<Group> {
        self.group
    }

    pub(super) fn ends_list(&self) -> bool {
        matches!(self.value, Value::End)
    }

    /// Whether netperf has it, and not only we.
    pub(super) fn is_stock(&self) -> bool {
        STOCK.iter().any(|stock| stock.name == self.name)
    }

    /// Its value in its format; `None` if the run has none.
    pub fn text(&self, values: &Values) -> Option<String> {
        Some(match self.value {
            Value::End => return None,
            Value::Text(value) => value(values).to_owned(),
            Value::Made(value) => value(values),
            Value::PerSecond(value) => format!("{}/s", value(values)),
            Value::Quoted(value) => format!("\"{}\"", value(values)?),
            Value::Letter(value) => value(values).to_string(),
            Value::Int(value) => value(values).to_string(),
            Value::Count(value) => value(values).to_string(),
            Value::Hex(digits, value) => format!("0x{:0digits$x}", value(values)),
            Value::Float(decimals, value) => format!("{:.decimals$}", Float(value(values))),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The format in netperf's notation.
    fn format(selector: &Selector) -> String {
        match selector.value {
            Value::End | Value::Text(_) | Value::Made(_) => "%s".to_owned(),
            Value::PerSecond(_) => "%s/s".to_owned(),
            Value::Quoted(_) => "\"%s\"".to_owned(),
            Value::Letter(_) => "%c".to_owned(),
            Value::Int(_) => "%d".to_owned(),
            Value::Count(_) => "%lu".to_owned(),
            Value::Hex(digits, _) => format!("0x%.{digits}x"),
            Value::Float(6, _) => "%f".to_owned(),
            Value::Float(decimals, _) => format!("%.{decimals}f"),
        }
    }

    /// Its group in netperf's notation. Those of the client's interface have no effect at all, and no group here.
    fn group(selector: &Selector) -> &'static str {
        match selector.group {
            Some(Group::Statistics) => "OMNI_WANT_STATS",
            Some(Group::LocalCongestion) => "OMNI_WANT_LOC_CONG",
            Some(Group::RemoteCongestion) => "OMNI_WANT_REM_CONG",
            Some(Group::RemoteInterfaceName) => "OMNI_WANT_REM_IFNAME",
            Some(Group::RemoteInterfaceSlot) => "OMNI_WANT_REM_IFSLOT",
            Some(Group::RemoteInterfaceIds) => "OMNI_WANT_REM_IFIDS",
            Some(Group::RemoteDriver) => "OMNI_WANT_REM_DRVINFO",
            None => "",
        }
    }

    #[test]
    fn the_table_is_netperfs() {
        let rows: Vec<String> = STOCK
            .iter()
            .enumerate()
            .map(|(index, selector)| {
                let mut heading: Vec<&str> = selector.heading().collect();
                heading.resize(HEADING_LINES, "");
                let (name, heading) = (selector.name, heading.join("\t"));
                format!("{}\t{name}\t{heading}\t{}\t{}", index + 1, format(selector), group(selector))
            })
            .collect();
        let captured = include_str!("../../tests/samples/selectors.tsv");
        let captured: Vec<String> = captured
            .lines()
            .skip(1)
            .map(|line| {
                let (row, _c_type) = line.rsplit_once('\t').unwrap();
                let (row, group) = row.rsplit_once('\t').unwrap();
                let effect =
                    if group.starts_with("OMNI_WANT_LOC_") && group != "OMNI_WANT_LOC_CONG" { "" } else { group };
                format!("{row}\t{effect}")
            })
            .collect();
        assert_eq!(rows, captured);
    }

    #[test]
    fn ours_have_names_of_their_own() {
        for selector in OURS {
            assert!(STOCK.iter().all(|stock| stock.name != selector.name && stock.heading != selector.heading));
            assert!(!selector.is_stock() && selector.heading().count() <= HEADING_LINES, "{}", selector.name);
        }
    }

    #[test]
    fn the_histogram_is_for_key_value_output() {
        let found = [OutputFormat::KeyVal, OutputFormat::Csv, OutputFormat::Columns]
            .map(|format| Selector::named("latency_histogram", format).is_some());
        assert_eq!(found, [true, false, false]);
    }

    #[test]
    fn a_heading_finds_the_first_that_has_it() {
        let name = |text| Selector::named_or_headed(text, OutputFormat::Csv).map(Selector::name);
        assert_eq!(name("elapsed time (SEC)"), Some("ELAPSED_TIME"));
        assert_eq!(name("Remote OS Security Type"), Some("REMOTE_SECURITY_TYPE_ID"));
        assert_eq!(name("p9999_latency"), Some("P9999_LATENCY"));
        assert_eq!(name(""), None);
    }
}
