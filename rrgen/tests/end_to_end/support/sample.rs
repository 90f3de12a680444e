//! A captured run of stock netperf: its command line, and what it printed where.

use std::fs;
use std::path::{Path, PathBuf};

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
            words: words(expected("cmd").trim_end()),
            stdout: expected("out"),
            stderr: read("err").unwrap_or_default(),
            status: expected("rc").trim().parse().expect("a number"),
        }
    }

    /// The names of all captured runs of netperf, in their order.
    pub(crate) fn names() -> Vec<String> {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../compat/tests/samples");
        let entries = fs::read_dir(folder).expect("the samples").map(|entry| entry.expect("an entry").path());
        // The captured sessions have no exit status.
        let commands = entries.filter(|path| path.extension().is_some_and(|extension| extension == "rc"));
        let stem = |path: PathBuf| path.file_stem().and_then(|stem| stem.to_str()).expect("a name").to_owned();
        let mut names: Vec<String> = commands.map(stem).collect();
        names.sort();
        names
    }

    /// Whether one of its words is `word`.
    pub(crate) fn has(&self, word: &str) -> bool {
        self.words.iter().any(|own| own == word)
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

/// The words of a command line, in which the capture put a backslash before whatever means something to a shell.
fn words(line: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut letters = line.chars();
    while let Some(letter) = letters.next() {
        let word = words.last_mut().expect("never empty");
        match letter {
            '\\' => word.extend(letters.next()),
            ' ' => words.push(String::new()),
            _ => word.push(letter),
        }
    }
    words
}

#[test]
fn a_quoted_blank_is_part_of_its_word() {
    assert_eq!(words(r"a -B my\ tag -T 0\,1"), ["a", "-B", "my tag", "-T", "0,1"]);
}
