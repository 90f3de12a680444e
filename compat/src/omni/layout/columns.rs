//! `-O`: columns under four lines of headings, one table per block.

use std::fmt;

use super::Output;
use crate::omni::selection::Element;
use crate::omni::selector::HEADING_LINES;

/// A column: what is written from top to bottom, and how wide.
struct Column {
    heading: [&'static str; HEADING_LINES],
    value: String,
    width: usize,
}

pub(super) fn write(output: &Output<'_>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    for (index, block) in output.selection.blocks().enumerate() {
        if block.is_empty() {
            continue;
        }
        // Also before the first table, if the first block is empty (`bc-O-semi-empty`).
        if index > 0 {
            writeln!(f)?;
        }
        let columns: Vec<Column> = block.iter().map(|&element| Column::new(output, element)).collect();
        if output.headings {
            for line in 0..HEADING_LINES {
                write_line(&columns, |column| column.heading[line], f)?;
            }
        }
        write_line(&columns, |column| &column.value, f)?;
    }
    Ok(())
}

fn write_line(columns: &[Column], cell: impl Fn(&Column) -> &str, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    for column in columns {
        let cell = cell(column);
        // Padded by bytes, as C counts them.
        let padding = column.width - cell.len();
        write!(f, "{cell}{:padding$}", "")?;
    }
    writeln!(f)
}

impl Column {
    fn new(output: &Output<'_>, element: Element) -> Self {
        let mut heading = [""; HEADING_LINES];
        for (line, text) in heading.iter_mut().zip(element.into_iter().flat_map(|selector| selector.heading())) {
            *line = text;
        }
        let value = output.text(element);
        // netperf counts the end of a value's string, so that a value wider than its heading is followed by two blanks.
        let value_width = value.as_ref().map_or(0, |value| value.len() + 1);
        let width = heading.iter().map(|line| line.len()).fold(value_width, usize::max) + 1;
        Self { heading, value: value.unwrap_or_default(), width }
    }
}
