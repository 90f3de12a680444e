//! Finds options among words the way GNU getopt does for netperf.
//!
//! Options may stand anywhere between other words, may be bundled (`-Cc`) and may have their argument
//! attached (`-p50000`); long names are ours. Scripts use all of it, and no argument parser we know takes
//! arguments that start with a dash, stray words and `-c`'s optional rate in just this way.

use super::option::{Argument, OptionDef};

/// One option as it was typed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Given<'a> {
    /// With its dashes: `-H` or `--host`.
    pub(super) option: String,
    /// Its argument, if it has one.
    pub(super) value: Option<&'a str>,
}

/// An option found: what it means, and how it was given.
pub(super) type Event<'a, I> = (I, Given<'a>);

/// Why a word is no option; the text is getopt's.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ScanError {
    /// A letter that is no option.
    #[error("invalid option -- '{0}'")]
    InvalidOption(char),
    /// A letter whose argument is missing.
    #[error("option requires an argument -- '{0}'")]
    MissingArgument(char),
    /// A long name that is no option.
    #[error("unrecognized option '{0}'")]
    Unrecognized(String),
    /// A long name whose argument is missing.
    #[error("option '--{0}' requires an argument")]
    LongMissingArgument(&'static str),
    /// A long name that takes no argument, but was given one.
    #[error("option '--{0}' doesn't allow an argument")]
    UnexpectedArgument(&'static str),
}

/// Everything found in one pass.
#[derive(Debug)]
pub(super) struct Scan<'a, I> {
    /// Options and mistakes, in order.
    pub(super) events: Vec<Result<Event<'a, I>, ScanError>>,
    /// Words that are neither option nor argument.
    pub(super) strays: Vec<&'a str>,
    /// The words after `--`.
    pub(super) rest: &'a [String],
}

/// Scans `words` up to the first `--` that is not an argument.
pub(super) fn scan<'a, I: Copy>(words: &'a [String], options: &[OptionDef<I>]) -> Scan<'a, I> {
    let mut scanner = Scanner { words, options, events: Vec::new() };
    let mut strays = Vec::new();
    while let Some(word) = scanner.next_word() {
        if word == "--" {
            break;
        } else if let Some(long) = word.strip_prefix("--") {
            scanner.long(long);
        } else if let Some(letters) = word.strip_prefix('-').filter(|letters| !letters.is_empty()) {
            scanner.bundle(letters);
        } else {
            strays.push(word);
        }
    }
    Scan { events: scanner.events, strays, rest: scanner.words }
}

struct Scanner<'a, 'o, I> {
    /// What is left to scan.
    words: &'a [String],
    options: &'o [OptionDef<I>],
    events: Vec<Result<Event<'a, I>, ScanError>>,
}

impl<'a, I: Copy> Scanner<'a, '_, I> {
    fn next_word(&mut self) -> Option<&'a str> {
        self.next_word_if(|_| true)
    }

    fn next_word_if(&mut self, wanted: impl FnOnce(&str) -> bool) -> Option<&'a str> {
        let (word, rest) = self.words.split_first().filter(|(word, _)| wanted(word))?;
        self.words = rest;
        Some(word)
    }

    /// The next word, if an option with this optional argument swallows it.
    fn optional(&mut self, argument: Argument) -> Option<&'a str> {
        match argument {
            Argument::IfDigit(_) => self.next_word_if(|word| word.starts_with(|first: char| first.is_ascii_digit())),
            Argument::UnlessDash(_) => self.next_word_if(|word| !word.starts_with('-')),
            Argument::Nothing | Argument::Required(_) => None,
        }
    }

    /// One word of letters. An optional argument is never attached: netperf looks for it in the next word,
    /// and only after the last letter.
    fn bundle(&mut self, letters: &'a str) {
        let mut letters = letters.chars();
        while let Some(letter) = letters.next() {
            let Some(option) = self.options.iter().find(|option| option.short == Some(letter)) else {
                self.events.push(Err(ScanError::InvalidOption(letter)));
                continue;
            };
            let attached = letters.as_str();
            let value = match option.argument {
                Argument::Required(_) => {
                    letters = "".chars();
                    let attached = Some(attached).filter(|text| !text.is_empty());
                    let Some(value) = attached.or_else(|| self.next_word()) else {
                        self.events.push(Err(ScanError::MissingArgument(letter)));
                        continue;
                    };
                    Some(value)
                }
                argument if attached.is_empty() => self.optional(argument),
                _ => None,
            };
            self.events.push(Ok((option.id, Given { option: format!("-{letter}"), value })));
        }
    }

    /// One word with two dashes, given here without them. Abbreviations are not taken: a script that uses
    /// one breaks as soon as another option shares its beginning.
    fn long(&mut self, word: &'a str) {
        let (name, attached) = match word.split_once('=') {
            Some((name, value)) => (name, Some(value)),
            None => (word, None),
        };
        let event = match self.options.iter().find(|option| option.long == name) {
            None => Err(ScanError::Unrecognized(format!("--{word}"))),
            Some(option) => {
                self.long_value(option, attached).map(|value| (option.id, Given { option: format!("--{name}"), value }))
            }
        };
        self.events.push(event);
    }

    fn long_value(&mut self, option: &OptionDef<I>, attached: Option<&'a str>) -> Result<Option<&'a str>, ScanError> {
        match (option.argument, attached) {
            (Argument::Nothing, Some(_)) => Err(ScanError::UnexpectedArgument(option.long)),
            (_, Some(value)) => Ok(Some(value)),
            (Argument::Required(_), None) => {
                let value = self.next_word().ok_or(ScanError::LongMissingArgument(option.long))?;
                Ok(Some(value))
            }
            (argument, None) => Ok(self.optional(argument)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::args::option::row;

    const OPTIONS: &[OptionDef<char>] = &[
        row("", 'H', 'H', "host", Argument::Required("HOST"), ""),
        row("", 'j', 'j', "statistics", Argument::Nothing, ""),
        row("", 'c', 'c', "local-cpu", Argument::IfDigit("RATE"), ""),
        row("", 'k', 'k', "keyval", Argument::UnlessDash("LIST"), ""),
    ];

    fn words(line: &str) -> Vec<String> {
        line.split(' ').map(str::to_owned).collect()
    }

    /// The events of a line as `id=value`, `id` or the error's text.
    fn events(line: &str) -> Vec<String> {
        let words = words(line);
        let shown = scan(&words, OPTIONS).events.into_iter().map(|event| match event {
            Ok((id, Given { value: Some(value), .. })) => format!("{id}={value}"),
            Ok((id, _)) => id.to_string(),
            Err(error) => error.to_string(),
        });
        shown.collect()
    }

    #[test]
    fn every_way_to_give_an_argument() {
        for line in ["-H x", "-Hx", "--host x", "--host=x"] {
            assert_eq!(events(line), ["H=x"], "{line}");
        }
        assert_eq!(events("-jH x"), ["j", "H=x"]);
        assert_eq!(events("--host="), ["H="]);
    }

    #[test]
    fn an_argument_may_look_like_an_option() {
        assert_eq!(events("-H -j"), ["H=-j"]);
        assert_eq!(events("--host -- -j"), ["H=--", "j"]);
        assert_eq!(events("-H -- -j"), ["H=--", "j"]);
    }

    #[test]
    fn a_rate_must_start_with_a_digit() {
        assert_eq!(events("-c 100 -j"), ["c=100", "j"]);
        assert_eq!(events("-c -j"), ["c", "j"]);
        assert_eq!(events("-c fast"), ["c"]);
        assert_eq!(events("--local-cpu 100"), ["c=100"]);
        assert_eq!(events("--local-cpu=fast"), ["c=fast"]);
        // Stock looks at the next word only, and only after the last letter.
        assert_eq!(events("-cj 100"), ["c", "j"]);
        assert_eq!(events("-c100"), ["c", "invalid option -- '1'", "invalid option -- '0'", "invalid option -- '0'"]);
    }

    #[test]
    fn a_selection_must_not_start_with_a_dash() {
        assert_eq!(events("-k THROUGHPUT -j"), ["k=THROUGHPUT", "j"]);
        assert_eq!(events("-k -j"), ["k", "j"]);
        assert_eq!(events("-k"), ["k"]);
    }

    #[test]
    fn mistakes_have_getopts_words() {
        assert_eq!(events("-jq"), ["j", "invalid option -- 'q'"]);
        assert_eq!(events("-j -H"), ["j", "option requires an argument -- 'H'"]);
        assert_eq!(events("--host"), ["option '--host' requires an argument"]);
        assert_eq!(events("--statistics=1"), ["option '--statistics' doesn't allow an argument"]);
        assert_eq!(events("--stat"), ["unrecognized option '--stat'"]);
        assert_eq!(events("--=x"), ["unrecognized option '--=x'"]);
    }

    #[test]
    fn stray_words_are_set_aside_and_the_rest_is_left() {
        let words = words("a -j - b -- -j c");
        let scan = scan(&words, OPTIONS);
        assert_eq!(scan.events.len(), 1);
        assert_eq!(scan.strays, ["a", "-", "b"]);
        assert_eq!(scan.rest, ["-j", "c"]);
    }
}
