//! A captured run: NAME.cmd, NAME.out, and NAME.err and NAME.rc where there are such.

use std::fs;
use std::path::PathBuf;

use crate::command::Command;

pub(crate) struct Sample {
    name: String,
    pub line: String,
    pub stdout: String,
    pub stderr: String,
    pub status: u8,
}

impl Sample {
    pub(crate) fn load(name: &str) -> Self {
        let read = |extension: &str| fs::read_to_string(path(&format!("{name}.{extension}")));
        Self {
            name: name.to_owned(),
            line: read("cmd").unwrap_or_else(|error| panic!("{name}: {error}")),
            stdout: read("out").unwrap_or_else(|error| panic!("{name}: {error}")),
            stderr: read("err").unwrap_or_default(),
            status: read("rc").map_or(0, |text| text.trim().parse().unwrap()),
        }
    }

    pub(crate) fn command(&self) -> Command {
        Command::read(&self.line).unwrap_or_else(|| panic!("{} is no request/response test", self.name))
    }

    /// The names of all captured runs, in order, with their command lines.
    pub(crate) fn all() -> Vec<(String, String)> {
        let mut samples: Vec<_> = fs::read_dir(directory())
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .filter(|path| path.extension().is_some_and(|extension| extension == "cmd"))
            .map(|path| {
                let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
                (name, fs::read_to_string(path).unwrap())
            })
            .collect();
        samples.sort();
        samples
    }
}

/// A file among the samples.
pub(crate) fn path(name: &str) -> PathBuf {
    directory().join(name)
}

fn directory() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/samples")
}
