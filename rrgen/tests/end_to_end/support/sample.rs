//! A captured run of stock netperf: its command line, and what it printed where.

use std::fs;
use std::path::Path;

/// One captured run.
#[derive(Debug)]
pub(crate) struct Sample {
    words: Vec<String>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
    pub(crate) status: i32,
}

impl Sample {
    /// Reads NAME.cmd, NAME.out and NAME.rc, and NAME.err where something went to stderr.
    pub(crate) fn load(name: &str) -> Self {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../compat/tests/samples");
        let read = |extension: &str| fs::read_to_string(folder.join(format!("{name}.{extension}")));
        let expected = |extension: &str| read(extension).unwrap_or_else(|e| panic!("{name}.{extension}: {e}"));
        Self {
            // The capture quoted its commas.
            words: expected("cmd").replace('\\', "").split_whitespace().map(str::to_owned).collect(),
            stdout: expected("out"),
            stderr: read("err").unwrap_or_default(),
            status: expected("rc").trim().parse().expect("a number"),
        }
    }

    /// The same with another text in place of what the capturing machine had.
    pub(crate) fn replace(mut self, old: &str, new: &str) -> Self {
        for text in self.words.iter_mut().chain([&mut self.stdout, &mut self.stderr]) {
            *text = text.replace(old, new);
        }
        self
    }

    /// Its arguments, with further global options at the end of the others: a later one wins.
    pub(crate) fn arguments(&self, further: &[&str]) -> Vec<String> {
        let words = &self.words[1..];
        let end = words.iter().position(|word| word == "--").unwrap_or(words.len());
        let further = further.iter().map(|&word| word.to_owned());
        words[..end].iter().cloned().chain(further).chain(words[end..].iter().cloned()).collect()
    }

    /// Its arguments without its server: for a client that brings its own.
    pub(crate) fn arguments_without_server(&self, further: &[&str]) -> Vec<String> {
        let mut words = self.arguments(further);
        for option in ["-H", "-p"] {
            if let Some(at) = words.iter().position(|word| word == option) {
                words.drain(at..at + 2);
            }
        }
        words
    }
}
