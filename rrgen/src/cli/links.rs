//! `--install-links`: the names that scripts know, as links to our programs.

use std::fs;
use std::io;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use compat::text::failure::Report;
use thiserror::Error;

use super::nothing;

/// The names, and the programs behind them.
const LINKS: [(&str, &str); 2] = [("netperf", "rrgen"), ("netserver", "rrserver")];

/// Why there are no links.
#[derive(Debug, Error)]
pub(super) enum LinkError {
    #[error("--install-links: cannot tell where this program is: {0}")]
    Unknown(#[source] io::Error),
    #[error("--install-links: {0} is missing; it belongs beside rrgen")]
    Missing(PathBuf),
    #[error("--install-links: {0} exists and is no link to {1}; remove it first")]
    Occupied(PathBuf, PathBuf),
    #[error("--install-links: cannot make {0}: {1}")]
    Create(PathBuf, #[source] io::Error),
}

/// Makes the links in `dir`; those that are there already are left alone.
///
/// # Errors
/// A program or the directory is missing, or something else has the name.
pub(super) fn install(dir: &Path) -> Result<Report, LinkError> {
    let rrgen = std::env::current_exe().and_then(fs::canonicalize).map_err(LinkError::Unknown)?;
    install_from(rrgen.parent().unwrap_or(Path::new("/")), dir)
}

fn install_from(programs: &Path, dir: &Path) -> Result<Report, LinkError> {
    let links = LINKS.map(|(name, program)| (dir.join(name), programs.join(program)));
    if let Some((_, missing)) = links.iter().find(|(_, program)| !program.is_file()) {
        return Err(LinkError::Missing(missing.clone()));
    }
    let mut stdout = String::new();
    for (link, program) in links {
        match symlink(&program, &link) {
            Ok(()) => {}
            Err(e) if e.kind() == io::ErrorKind::AlreadyExists => {
                if fs::read_link(&link).ok().as_ref() != Some(&program) {
                    return Err(LinkError::Occupied(link, program));
                }
            }
            Err(e) => return Err(LinkError::Create(link, e)),
        }
        stdout.push_str(&format!("{} -> {}\n", link.display(), program.display()));
    }
    Ok(Report { stdout, ..nothing() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_are_made_once_and_nothing_is_overwritten() {
        let scratch = tempfile::tempdir().expect("directory");
        let (programs, dir) = (scratch.path().join("programs"), scratch.path().join("bin"));
        for path in [&programs, &dir] {
            fs::create_dir(path).expect("directory");
        }
        assert!(matches!(install_from(&programs, &dir), Err(LinkError::Missing(_))));
        for (_, program) in LINKS {
            fs::write(programs.join(program), "").expect("program");
        }
        let first = install_from(&programs, &dir).expect("links");
        assert_eq!(fs::read_link(dir.join("netserver")).expect("link"), programs.join("rrserver"));
        assert_eq!(install_from(&programs, &dir).expect("the same links"), first);
        fs::remove_file(dir.join("netperf")).expect("removed");
        fs::write(dir.join("netperf"), "stock").expect("a file");
        assert!(matches!(install_from(&programs, &dir), Err(LinkError::Occupied(..))));
        assert!(matches!(install_from(&programs, &dir.join("none")), Err(LinkError::Create(..))));
    }
}
