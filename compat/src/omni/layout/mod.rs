//! The three layouts of chosen values.
//!
//! Programs parse them by position, so that a place without a value matters as much as a value: each layout has its
//! own way with it, and none of them is what anyone would choose.

mod columns;
mod csv;
mod key_value;

use std::fmt;

use super::selection::{Element, Selection};
use super::values::Values;
use crate::args::OutputFormat;

/// The chosen values of a run, in a layout; all of what netperf prints after banner and interim results.
#[derive(Debug, Clone, Copy)]
pub struct Output<'a> {
    /// The layout.
    pub format: OutputFormat,
    /// Which values.
    pub selection: &'a Selection,
    /// The run.
    pub values: &'a Values,
    /// `-P`: whether to print headings. `-k` has none.
    pub headings: bool,
}

impl fmt::Display for Output<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.format {
            OutputFormat::KeyVal => key_value::write(self, f),
            OutputFormat::Csv => csv::write(self, f),
            OutputFormat::Columns => columns::write(self, f),
        }
    }
}

impl Output<'_> {
    /// The text in an element's place; `None` if it has no value.
    fn text(&self, element: Element) -> Option<String> {
        element?.text(self.values)
    }
}
