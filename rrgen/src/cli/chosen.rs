//! The values that test `-k`, `-o` or `-O` choose, read from the word or from the file that it names.

use std::fs::File;
use std::io::{self, Read};

use compat::args::{Ends, OutputArg, OutputFormat};
use compat::omni::{Choice, FileError, Selection};
use compat::text::failure::Report;

use crate::plan::Chosen;

/// More than four lines of all the names there are.
const FILE_MAX: u64 = 1 << 16;

/// What to print instead of the tables, if anything; the test `omni` has no tables.
///
/// # Errors
/// A text to print instead of running: the names there are, or why the file is of no use.
pub(super) fn read(arg: Option<&OutputArg>, omni: bool, cpu_rate: Ends<Option<f32>>) -> Result<Option<Chosen>, Report> {
    let standard = OutputArg { format: OutputFormat::Columns, selection: None };
    let Some(arg) = arg.or(omni.then_some(&standard)) else { return Ok(None) };
    let cpu = cpu_rate.local.is_some() || cpu_rate.remote.is_some();
    let selection = match Choice::read(arg, cpu) {
        Choice::Names(report) => return Err(report),
        Choice::Selection(selection) => selection,
        Choice::File(path) => from_file(path, arg.format).map_err(|e| e.report())?,
    };
    Ok(Some(Chosen { format: arg.format, selection }))
}

fn from_file(path: &str, format: OutputFormat) -> Result<Selection, FileError> {
    let bytes = head(path)
        .map_err(|e| FileError::Unreadable { path: path.to_owned(), errno: e.raw_os_error().unwrap_or(libc::EIO) })?;
    Selection::from_file(path, &bytes, format)
}

fn head(path: &str) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    File::open(path)?.take(FILE_MAX).read_to_end(&mut bytes)?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn choose(selection: Option<&str>) -> Result<Option<Chosen>, Report> {
        let arg = OutputArg { format: OutputFormat::Csv, selection: selection.map(str::to_owned) };
        read(Some(&arg), false, Ends::default())
    }

    #[test]
    fn only_omni_has_columns_unasked() {
        assert!(read(None, false, Ends::default()).expect("tables").is_none());
        let chosen = read(None, true, Ends::default()).expect("choice").expect("columns");
        assert_eq!(chosen.format, OutputFormat::Columns);
    }

    #[test]
    fn a_word_that_is_no_name_is_a_file_and_a_question_is_answered() {
        let missing = choose(Some("transactions")).expect_err("no such file");
        assert_eq!(missing.stdout, "Could not open output selection file 'transactions' errno 2\n");
        assert_eq!(missing.status, 255);
        assert!(choose(Some("?")).expect_err("names").stdout.starts_with("OUTPUT_NONE,"));
        let samples = concat!(env!("CARGO_MANIFEST_DIR"), "/../compat/tests/samples/sel1.txt");
        assert!(choose(Some(samples)).expect("file").is_some());
        assert!(choose(Some("/")).is_err(), "a directory");
    }

    #[test]
    fn a_file_without_a_name_is_refused_however_long_it_is() {
        let folder = tempfile::tempdir().expect("a folder");
        let prose = folder.path().join("prose");
        std::fs::write(&prose, "Dear netperf,\nshow me everything\n").expect("written");
        for path in ["/dev/null", "/dev/zero", prose.to_str().expect("a name")] {
            let refused = choose(Some(path)).expect_err("no name in it");
            assert!(refused.stdout.starts_with(&format!("Output selection file '{path}' has none")), "{refused:?}");
            assert_eq!(refused.status, 255);
        }
    }
}
