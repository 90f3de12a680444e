//! Selections from a file: up to four lines of names.
//!
//! The rules are other than a list's. Only commas separate, blanks belong to a name, a heading does for a name, and
//! what is unknown shows as `OUTPUT_NONE`. The one who calls reads the file; here it is bytes nobody has vouched for.

use super::selection::{BLOCK_LEN_MAX, BLOCKS_MAX, Element, Selection};
use super::selector::Selector;
use crate::args::OutputFormat;

/// Bytes a name can have; netperf gives up at the byte after.
const NAME_MAX: usize = 80;
/// What stands where a file has an unknown name.
const NOTHING: &str = "OUTPUT_NONE";

/// Why a file makes no selection. Netperf prints the text on stdout and exits with status 255.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FileError {
    /// The file cannot be read (sample `56-o-unknown1`).
    #[error("Could not open output selection file '{path}' errno {errno}")]
    Unreadable {
        /// The file, as it was typed.
        path: String,
        /// What the system says.
        errno: i32,
    },
    /// A name has 80 bytes or more. Netperf's text has line and column the wrong way round, and counts the column from
    /// the start of the file.
    #[error("Output selection starting column {line} on line {column} is too long")]
    NameTooLong {
        /// From 1.
        line: usize,
        /// Bytes from the start of the file to the one too many, from 1.
        column: usize,
    },
    /// A line has more than 176 names.
    #[error("Too many output selectors on line {line}")]
    TooMany {
        /// From 0.
        line: usize,
    },
    /// Nothing in it is a name: the wrong file. Netperf prints a banner and nothing else, or reads on for ever; the text
    /// is ours.
    #[error(
        "Output selection file '{path}' has none of the names that '?' lists; up to four lines of them are expected, \
         separated by commas"
    )]
    NoName {
        /// The file, as it was typed.
        path: String,
    },
}

impl Selection {
    /// Reads the bytes of the file at `path`, which selects for an output of this format.
    ///
    /// # Errors
    ///
    /// A name that is too long, too many of them on a line, or none at all.
    pub fn from_file(path: &str, bytes: &[u8], format: OutputFormat) -> Result<Self, FileError> {
        let mut reader =
            FileReader { format, blocks: Default::default(), line: 0, name: String::new(), any_known: false };
        for (index, &byte) in bytes.iter().enumerate() {
            if reader.line == BLOCKS_MAX {
                break;
            }
            if reader.name.len() == NAME_MAX {
                return Err(FileError::NameTooLong { line: reader.line + 1, column: index + 1 });
            }
            match byte {
                b',' => reader.end_name()?,
                b'\n' => {
                    reader.end_name()?;
                    reader.line += 1;
                }
                b' '..=b'~' => reader.name.push(char::from(byte)),
                _ => {}
            }
        }
        if !reader.name.is_empty() {
            reader.end_name()?;
        }
        if !reader.any_known {
            return Err(FileError::NoName { path: path.to_owned() });
        }
        Ok(Self::from_file_blocks(reader.blocks))
    }
}

/// A file read up to some byte.
struct FileReader {
    format: OutputFormat,
    blocks: [Vec<Element>; BLOCKS_MAX],
    line: usize,
    name: String,
    any_known: bool,
}

impl FileReader {
    /// Takes the name that ends here; an empty one is an unknown one.
    fn end_name(&mut self) -> Result<(), FileError> {
        let line = self.line;
        if self.blocks[line].len() == BLOCK_LEN_MAX {
            return Err(FileError::TooMany { line });
        }
        let known = Selector::named_or_headed(&self.name, self.format);
        self.any_known |= known.is_some();
        self.blocks[line].push(known.or_else(|| Selector::named(NOTHING, self.format)));
        self.name.clear();
        Ok(())
    }
}
