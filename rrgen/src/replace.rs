//! Putting a whole file in the place of an old one: whoever reads it, also after a crash, sees one or the other.

use std::fs::{File, Permissions};
use std::io::{self, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use tempfile::{Builder, NamedTempFile};

/// What the process's umask leaves of a new file's permissions is as for any other.
const MODE: u32 = 0o666;

/// Puts a file with `bytes` at `path`; it is on disk when this returns.
///
/// # Errors
/// The directory or the disk does not take it.
pub(crate) fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut next = beside(path)?;
    next.write_all(bytes)?;
    next.as_file().sync_all()?;
    next.persist(path).map_err(|e| e.error)?;
    File::open(directory(path))?.sync_all()
}

/// Whether a file could be put at `path` now, which is tried without leaving anything behind.
///
/// # Errors
/// The directory or the disk does not take it.
pub(crate) fn probe(path: &Path) -> io::Result<()> {
    beside(path).and_then(NamedTempFile::close)
}

/// A new file where it can take the place of `path`: within one file system.
fn beside(path: &Path) -> io::Result<NamedTempFile> {
    Builder::new().permissions(Permissions::from_mode(MODE)).tempfile_in(directory(path))
}

fn directory(path: &Path) -> &Path {
    // A bare name has an empty parent.
    path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    #[test]
    fn the_new_file_stands_alone_in_the_old_ones_place() {
        let directory = tempfile::tempdir().expect("a directory");
        let path = directory.path().join("file");
        fs::write(&path, "an old and longer text").expect("the old one");
        replace(&path, b"new").expect("the new one");
        assert_eq!(fs::read(&path).expect("the file"), b"new");
        assert_eq!(fs::read_dir(directory.path()).expect("the directory").count(), 1);
        assert!(replace(&directory.path().join("none/file"), b"").is_err());
    }

    #[test]
    fn where_nothing_can_be_written_the_probe_says_so() {
        assert!(probe("/dev/null/file".as_ref()).is_err());
        assert!(probe("a-bare-name".as_ref()).is_ok());
    }
}
