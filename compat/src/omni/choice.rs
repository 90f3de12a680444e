//! The argument of `-o`, `-k` or `-O`: a list of selectors, a file with one, or a question.

use super::file::FileError;
use super::selection::Selection;
use super::selector::Selector;
use super::table::STOCK;
use crate::args::{OutputArg, OutputFormat};
use crate::text::failure::Report;

/// Asks for the names there are.
const QUESTION: &str = "?";
/// Asks for everything.
const ALL: &str = "all";
/// Exit status after telling the names.
const TOLD: u8 = 1;
/// C's `exit(-1)`.
const MINUS_ONE: u8 = 255;

/// What an argument asks for.
#[derive(Debug, Clone)]
pub enum Choice<'a> {
    /// To be told the names there are, instead of running (samples `53-o-q` to `55-k-q`).
    Names(Report),
    /// To see these.
    Selection(Selection),
    /// To see what this file lists: [`Selection::from_file`].
    File(&'a str),
}

impl<'a> Choice<'a> {
    /// Reads the argument; without one it is the standard selection, in which `cpu` says if either end's is measured.
    pub fn read(arg: &'a OutputArg, cpu: bool) -> Self {
        let Some(text) = arg.selection.as_deref() else { return Self::Selection(Selection::standard(cpu)) };
        if text == QUESTION {
            Self::Names(names(arg.format))
        } else if text.eq_ignore_ascii_case(ALL) {
            Self::Selection(Selection::all())
        } else if text.contains([',', ';']) || Selector::named(text, arg.format).is_some() {
            Self::Selection(Selection::from_list(text, arg.format))
        } else {
            Self::File(text)
        }
    }
}

/// netperf's names: a line for each with `-O`, else all in one.
fn names(format: OutputFormat) -> Report {
    let separator = match format {
        OutputFormat::Columns => "\n",
        OutputFormat::Csv | OutputFormat::KeyVal => ",",
    };
    let names: Vec<&str> = STOCK.iter().map(Selector::name).collect();
    Report { stdout: format!("{}\n", names.join(separator)), stderr: String::new(), status: TOLD }
}

impl FileError {
    /// netperf's reaction.
    pub fn report(&self) -> Report {
        Report { stdout: format!("{self}\n"), stderr: String::new(), status: MINUS_ONE }
    }
}
