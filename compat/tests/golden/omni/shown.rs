//! The values a captured stdout shows, by name.
//!
//! Which names stand where is taken from the selection; a mistake there does not survive the comparison of
//! the headings with the capture's.

use std::collections::BTreeMap;

use compat::args::OutputFormat;
use compat::omni::{Element, Selection};

/// Texts by the names of their selectors; an element without a value has none.
pub(crate) type Shown = BTreeMap<&'static str, String>;

pub(crate) fn shown(format: OutputFormat, selection: &Selection, stdout: &str) -> Shown {
    let chosen: Vec<&[Element]> = selection.blocks().filter(|block| !block.is_empty()).collect();
    let mut shown = Shown::new();
    match format {
        OutputFormat::KeyVal => key_values(&chosen.concat(), stdout, &mut shown),
        // Nothing is shown if the first block is empty.
        OutputFormat::Csv if selection.blocks().next().unwrap().is_empty() => {}
        OutputFormat::Csv => csv(&chosen.concat(), stdout.lines().last().unwrap(), &mut shown),
        OutputFormat::Columns => {
            // Tables are separated by empty lines; the values are the last line of each.
            let lines: Vec<&str> = stdout.lines().collect();
            let tables = lines.split(|line| line.is_empty()).filter_map(|table| table.last());
            for (block, line) in chosen.into_iter().rev().zip(tables.rev()) {
                columns(block, line, &mut shown);
            }
        }
    }
    shown
}

fn key_values(elements: &[Element], stdout: &str, shown: &mut Shown) {
    for selector in elements.iter().flatten() {
        let key = format!("{}=", selector.name());
        if let Some(value) = stdout.lines().find_map(|line| line.strip_prefix(&key)) {
            shown.insert(selector.name(), value.to_owned());
        }
    }
}

/// Values up to a comma; quoted ones up to the quote before it. A blank follows where a value is missing.
fn csv(elements: &[Element], mut line: &str, shown: &mut Shown) {
    for element in elements {
        let end = if line.starts_with('"') { "\"," } else { "," };
        let length = line.find(end).map_or(line.len(), |start| start + end.len() - 1);
        let (value, rest) = line.split_at(length);
        if let Some(selector) = element {
            shown.insert(selector.name(), value.to_owned());
        }
        let rest = rest.strip_prefix(',').unwrap_or(rest);
        line = if value.is_empty() { rest.strip_prefix(' ').unwrap_or(rest) } else { rest };
    }
}

/// Values up to two blanks, in cells no narrower than the heading and a blank.
fn columns(elements: &[Element], mut line: &str, shown: &mut Shown) {
    for element in elements {
        let value = if line.starts_with(' ') { "" } else { line.split("  ").next().unwrap() };
        let heading = element.iter().flat_map(|selector| selector.heading()).map(str::len).max().unwrap_or(0);
        // A value's end counts for one. The blank of OUTPUT_NONE is a value.
        let value_width = match (element, value) {
            (Some(selector), "") if selector.name() == "OUTPUT_NONE" => 2,
            (_, "") => 0,
            (_, value) => value.len() + 1,
        };
        if let (Some(selector), false) = (element, value.is_empty()) {
            shown.insert(selector.name(), value.to_owned());
        }
        line = &line[heading.max(value_width) + 1..];
    }
}
