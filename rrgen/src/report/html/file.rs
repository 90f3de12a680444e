//! Where a page goes. Asked before anything is measured: an hour of measuring must not end at a missing directory.

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use thiserror::Error;

use super::page::DOCTYPE;
use crate::replace;

/// Why there is no page.
#[derive(Debug, Error)]
pub enum PageError {
    /// The file system refuses.
    #[error("--report: cannot write {0}: {1}; choose a file in a directory that you may write to")]
    Io(PathBuf, #[source] io::Error),
    /// A directory or a device.
    #[error("--report: {0} is no regular file; choose another name")]
    NotRegular(PathBuf),
    /// Results, perhaps.
    #[error("--report: {0} is there already, and is no report; remove it, or choose another name")]
    Foreign(PathBuf),
    /// No report worked.
    #[error("--report: {0} was not written: there is nothing to report")]
    Empty(PathBuf),
}

/// Whether a page may become `file`.
///
/// # Errors
/// Why not.
pub(super) fn check(file: &Path) -> Result<(), PageError> {
    let failed = |e| PageError::Io(file.to_owned(), e);
    match fs::metadata(file) {
        Ok(there) if !there.is_file() => return Err(PageError::NotRegular(file.to_owned())),
        Ok(_) if !may_be_replaced(file).map_err(failed)? => return Err(PageError::Foreign(file.to_owned())),
        Ok(_) => {}
        Err(e) if e.kind() == io::ErrorKind::NotFound => {}
        Err(e) => return Err(failed(e)),
    }
    replace::probe(&resolved(file)).map_err(failed)
}

/// Writes the page.
///
/// # Errors
/// It cannot be written; what was there still is.
pub(super) fn write(file: &Path, text: &str) -> Result<(), PageError> {
    replace::replace(&resolved(file), text.as_bytes()).map_err(|e| PageError::Io(file.to_owned(), e))
}

/// Whether a file is empty or begins as a page does: a word too much on the command line must not cost results.
fn may_be_replaced(file: &Path) -> io::Result<bool> {
    let mut begin = Vec::new();
    File::open(file)?.take(DOCTYPE.len() as u64).read_to_end(&mut begin)?;
    Ok(begin.is_empty() || begin.eq_ignore_ascii_case(DOCTYPE.as_bytes()))
}

/// The file behind a link, so that the link stays one.
fn resolved(file: &Path) -> PathBuf {
    fs::canonicalize(file).unwrap_or_else(|_| file.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(file: &Path) -> String {
        check(file).unwrap_err().to_string()
    }

    #[test]
    fn pages_are_written_anew_and_nothing_else_is_touched() {
        let directory = tempfile::tempdir().unwrap();
        let [file, other, link] = ["page.html", "results.jsonl", "link.html"].map(|name| directory.path().join(name));
        for text in ["<!DOCTYPE html>\n1", "<!DOCTYPE html>\n2"] {
            check(&file).unwrap();
            write(&file, text).unwrap();
            assert_eq!(fs::read_to_string(&file).unwrap(), text);
        }
        fs::write(&other, "{}").unwrap();
        assert!(refusal(&other).contains("is there already, and is no report; remove it"));
        std::os::unix::fs::symlink(&file, &link).unwrap();
        check(&link).unwrap();
        write(&link, "<!DOCTYPE html>\n3").unwrap();
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
        assert_eq!(fs::read_to_string(&file).unwrap(), "<!DOCTYPE html>\n3");
    }

    #[test]
    fn what_cannot_be_written_is_refused() {
        assert!(
            refusal("/nonexistent/page.html".as_ref()).contains("cannot write /nonexistent/page.html: No such file")
        );
        for device in ["/dev/null", "/"] {
            assert!(refusal(device.as_ref()).contains("is no regular file; choose another name"));
        }
        assert!(refusal("/dev/null/page.html".as_ref()).contains("cannot write"));
    }
}
