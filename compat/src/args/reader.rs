//! Turns one option's argument into values: every check and every warning about a value is made here.

use std::fmt::Display;
use std::ops::RangeInclusive;

use super::error::ArgsError;
use super::getopt::Given;
use super::number::{self, Reading};
use super::pair::{self, Halves};
use super::tos::tos;
use super::warning::Warning;

/// Everything a signed word of a message holds but negative numbers.
pub(super) const COUNT: RangeInclusive<i32> = 0..=i32::MAX;

/// The outcome of reading something.
pub(super) type Read<T> = Result<T, ArgsError>;

/// Reads the argument of one option.
pub(super) struct Reader<'a> {
    given: Given<'a>,
    warnings: &'a mut Vec<Warning>,
}

impl<'a> Reader<'a> {
    pub(super) fn new(given: Given<'a>, warnings: &'a mut Vec<Warning>) -> Self {
        Self { given, warnings }
    }

    /// The argument; empty if there is none.
    pub(super) fn text(&self) -> &'a str {
        self.given.value.unwrap_or_default()
    }

    /// The argument, if there is one.
    pub(super) fn owned(&self) -> Option<String> {
        self.given.value.map(str::to_owned)
    }

    pub(super) fn warn(&mut self, warning: Warning) {
        self.warnings.push(warning);
    }

    /// The error for a text of this option.
    pub(super) fn not_allowed(&self, text: &str, allowed: impl Display) -> ArgsError {
        ArgsError::NotAllowed { option: self.given.option.clone(), text: text.to_owned(), allowed: allowed.to_string() }
    }

    /// The value of a reading of `text`, with a warning if the text says more or other than that.
    pub(super) fn accept<T: Display>(&mut self, text: &str, reading: Reading<T>) -> T {
        if !reading.exact {
            self.misread(text, &reading.value);
        }
        reading.value
    }

    pub(super) fn misread(&mut self, text: &str, read_as: impl Display) {
        self.warn(Warning::Misread {
            option: self.given.option.clone(),
            text: text.to_owned(),
            read_as: read_as.to_string(),
        });
    }

    /// A number with netperf's unit letters.
    pub(super) fn number(&mut self, text: &str) -> i32 {
        self.accept(text, number::scaled(text))
    }

    /// A number that switches something: off by 0.
    pub(super) fn switch(&mut self) -> bool {
        self.number(self.text()) != 0
    }

    /// The reading's value, if it is in `allowed`.
    pub(super) fn within(&mut self, text: &str, reading: Reading<i32>, allowed: RangeInclusive<i32>) -> Read<u32> {
        let value = self.accept(text, reading);
        if allowed.contains(&value) {
            Ok(value.unsigned_abs())
        } else {
            Err(self.not_allowed(text, format_args!("{} to {}", allowed.start(), allowed.end())))
        }
    }

    /// A number of anything, 0 included.
    pub(super) fn count(&mut self, text: &str) -> Read<u32> {
        self.within(text, number::scaled(text), COUNT)
    }

    /// Bytes per request or response; stock netperf hangs on 0.
    pub(super) fn size(&mut self, text: &str) -> Read<u32> {
        self.within(text, number::scaled(text), 1..=i32::MAX)
    }

    /// A number that leaves the system's default alone if it is negative.
    pub(super) fn optional(&mut self, text: &str) -> Read<Option<u32>> {
        Ok(u32::try_from(self.number(text)).ok())
    }

    /// A fraction that is neither negative nor beyond what netperf's integers hold.
    pub(super) fn magnitude(&mut self, text: &str, reading: Reading<f64>) -> Read<f64> {
        let value = self.accept(text, reading);
        if (0.0..=f64::from(i32::MAX)).contains(&value) {
            Ok(value)
        } else {
            Err(self.not_allowed(text, format_args!("0 to {}", i32::MAX)))
        }
    }

    /// A port in decimal; stock netperf would also take a service's name, and wrap beyond 65535.
    pub(super) fn port(&mut self, text: &str) -> Read<u16> {
        text.parse().map_err(|_| self.not_allowed(text, format_args!("0 to {}", u16::MAX)))
    }

    /// A CPU number; a negative one binds nothing.
    pub(super) fn cpu(&mut self, text: &str) -> Read<Option<i32>> {
        // What netperf reads of a list such as `0-3+6` is its first number; whoever knows lists checks the rest.
        if text.starts_with(|first: char| first.is_ascii_digit())
            && text.contains(['-', '+'])
            && text.chars().all(|c| "0123456789-+".contains(c))
        {
            return Ok(Some(number::scaled(text).value));
        }
        Ok(Some(self.number(text)))
    }

    /// A type of service; what is none leaves the default alone.
    pub(super) fn tos(&mut self, text: &str) -> Read<Option<u8>> {
        let value = tos(text);
        if value.is_none() {
            self.misread(text, "not set");
        }
        Ok(value)
    }

    /// A name of at most `longest` bytes.
    pub(super) fn name(&self, text: &str, longest: usize) -> Read<String> {
        if text.len() > longest {
            return Err(self.not_allowed(text, format_args!("at most {longest} bytes")));
        }
        Ok(text.to_owned())
    }

    /// Sets both of `targets` from `1` or `1,2`, one of them from `1,` or `,1`.
    pub(super) fn both<T>(&mut self, targets: [&mut T; 2], read: impl Fn(&mut Self, &str) -> Read<T>) -> Read<()> {
        self.halves(pair::both(self.text()), targets, read)
    }

    /// Like [`both`](Self::both), but `1` sets the first only.
    pub(super) fn explicit<T>(&mut self, targets: [&mut T; 2], read: impl Fn(&mut Self, &str) -> Read<T>) -> Read<()> {
        self.halves(pair::explicit(self.text()), targets, read)
    }

    fn halves<T>(
        &mut self,
        halves: Halves<'_>,
        targets: [&mut T; 2],
        read: impl Fn(&mut Self, &str) -> Read<T>,
    ) -> Read<()> {
        for (half, target) in [halves.first, halves.second].into_iter().zip(targets) {
            if let Some(text) = half {
                *target = read(self, text)?;
            }
        }
        Ok(())
    }
}
