//! `-o`: a line of headings and a line of values, all blocks in one.
//!
//! netperf leaves a blank behind each comma that has no value before it: `6,, 7`. From the end of a line it takes one
//! character away, the last comma or such a blank (samples `57-o-unknown2`, `bi-o-unknown-last`).

use std::fmt;

use super::Output;

pub(super) fn write(output: &Output<'_>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    // Only the first block decides whether there is anything to print (`bd-o-semi-empty`).
    if output.selection.blocks().next().is_none_or(<[_]>::is_empty) {
        return Ok(());
    }
    if output.headings {
        // An unknown name has no heading, not even an empty one.
        let known = output.selection.blocks().flatten().flatten();
        let headings: Vec<String> = known.map(|selector| selector.heading_text()).collect();
        writeln!(f, "{}", headings.join(","))?;
    }
    let mut values: String =
        output.selection.blocks().flatten().map(|&element| followed(output.text(element))).collect();
    values.pop();
    writeln!(f, "{values}")
}

/// A value, or the lack of one, with what follows it.
fn followed(value: Option<String>) -> String {
    value.map_or_else(|| ", ".to_owned(), |value| value + ",")
}
