//! The ledger: what a hook did, in numbers that a result can be held against.
//!
//! The record of 2019 could not say how often each filter ran. Here every hook reports calls and verdicts, where it
//! really sat, and what it cost per call by a second, independent source; a comparison whose calls do not fit its
//! transactions is withheld.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::verdict::Verdict;

/// Longest serialised ledger that is looked at, in bytes.
pub const LEDGER_MAX: usize = 4096;
/// Longest error text kept, in bytes.
pub const ERROR_MAX: usize = 400;

/// What one hook did between attach and detach.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Ledger {
    /// The hook as asked for, in canonical syntax.
    pub hook: String,
    /// The attach point and mode it really got, such as `xdp-generic on lo`.
    pub attached: String,
    /// Frames handed to the hook.
    pub calls: u64,
    /// Only calls that were timed are counted: the program keeps no counters of its own.
    #[serde(default)]
    pub only_timed: bool,
    /// Frames it passed, errors included: an error passes the frame. `None` for a program of the user's that does not
    /// say.
    pub passes: Option<u64>,
    /// Frames it dropped; `None` as with `passes`.
    pub drops: Option<u64>,
    /// Calls that failed.
    pub errors: u64,
    /// Frames in which the filter's own walk found a TCP header; from the `parse` rung up.
    pub tcp: Option<u64>,
    /// The first failure, with its line where the engine knows it; at most [`ERROR_MAX`] bytes.
    pub first_error: Option<String>,
    /// What a call cost; `None` before the first sample.
    pub cost: Option<Cost>,
    /// SHA-256 of the script or object, in hexadecimal; `None` for engines that have neither.
    pub hash: Option<String>,
}

/// Time per call, from a source independent of the round-trip times.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Cost {
    /// Mean, in nanoseconds.
    pub ns_per_call: f64,
    /// Calls that were timed.
    pub samples: u64,
    /// Who took the time.
    pub source: CostSource,
}

/// Who took the time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum CostSource {
    /// User space, one call in so many ([`crate::timing::SAMPLE_EVERY`]).
    Sampled,
    /// The kernel's program statistics, every call.
    Kernel,
}

/// Calls and verdicts of a hook in user space.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Frames handed over.
    pub calls: u64,
    /// Frames dropped; the others passed.
    pub drops: u64,
}

impl Tally {
    /// Counts one call.
    #[inline]
    pub fn add(&mut self, verdict: Verdict) {
        self.calls += 1;
        self.drops += u64::from(verdict == Verdict::Drop);
    }

    /// Frames passed.
    #[must_use]
    pub fn passes(&self) -> u64 {
        self.calls - self.drops
    }
}

/// A ledger that a peer sent and that is none.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LedgerError {
    /// Longer than [`LEDGER_MAX`].
    #[error("a ledger is at most {LEDGER_MAX} bytes long, the peer sent {0}")]
    TooLong(usize),
    /// Not the ledger's JSON.
    #[error("the peer's ledger cannot be read: {0}")]
    Malformed(#[from] serde_json::Error),
}

impl Ledger {
    /// The ledger as one line of JSON, for the control connection.
    ///
    /// # Errors
    ///
    /// None in practice: every field has a JSON form.
    pub fn to_json(&self) -> Result<String, LedgerError> {
        Ok(serde_json::to_string(self)?)
    }

    /// Reads a peer's ledger.
    ///
    /// # Errors
    ///
    /// [`LedgerError`] when it is too long or not a ledger.
    pub fn from_json(json: &[u8]) -> Result<Ledger, LedgerError> {
        if json.len() > LEDGER_MAX {
            return Err(LedgerError::TooLong(json.len()));
        }
        Ok(serde_json::from_slice(json)?)
    }
}

/// Keeps the start of an error text, whole characters, at most [`ERROR_MAX`] bytes, on one line.
#[must_use]
pub fn clip_error(text: &str) -> String {
    let start = (0..=ERROR_MAX).rev().find_map(|end| text.get(..end)).unwrap_or(text);
    printable(&start.split_whitespace().collect::<Vec<_>>().join(" "))
}

/// The text with what a terminal would act on replaced: scripts and peers write these texts.
#[must_use]
pub fn printable(text: &str) -> String {
    text.chars().map(|letter| if letter.is_control() { char::REPLACEMENT_CHARACTER } else { letter }).collect()
}

/// A count, or that nobody knows it.
struct Count(Option<u64>);

impl fmt::Display for Count {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some(count) => count.fmt(f),
            None => f.write_str("unknown"),
        }
    }
}

impl fmt::Display for Ledger {
    /// One line, for stderr after a run.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "hook {}: ", printable(&self.hook))?;
        if self.only_timed && self.cost.is_none() {
            f.write_str("calls neither counted nor timed")?;
        } else {
            let Self { calls, errors, .. } = self;
            let (passes, drops) = (Count(self.passes), Count(self.drops));
            write!(f, "{calls} calls, {passes} passes, {drops} drops, {errors} errors")?;
        }
        if let Some(cost) = &self.cost {
            write!(f, ", {:.1} ns/call", cost.ns_per_call)?;
        }
        write!(f, "; attached: {}", printable(&self.attached))?;
        if let Some(hash) = &self.hash {
            write!(f, "; sha256 {}", printable(hash))?;
        }
        if let Some(error) = &self.first_error {
            write!(f, "; first error: {}", printable(error))?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn ledger() -> Ledger {
        Ledger {
            hook: "lua@message".to_owned(),
            attached: "message".to_owned(),
            calls: 7,
            only_timed: false,
            passes: Some(5),
            drops: Some(2),
            errors: 1,
            tcp: Some(6),
            first_error: Some("port.lua:3: oops".to_owned()),
            cost: Some(Cost { ns_per_call: 412.25, samples: 1, source: CostSource::Sampled }),
            hash: Some("ab12".to_owned()),
        }
    }

    #[test]
    fn one_line_says_everything() {
        assert_eq!(
            ledger().to_string(),
            "hook lua@message: 7 calls, 5 passes, 2 drops, 1 errors, 412.2 ns/call; attached: message; \
             sha256 ab12; first error: port.lua:3: oops"
        );
    }

    #[test]
    fn what_nobody_counted_is_no_zero() {
        let silent = Ledger { passes: None, drops: None, ..ledger() };
        assert!(silent.to_string().starts_with("hook lua@message: 7 calls, unknown passes, unknown drops, 1 errors"));
        assert!(silent.to_json().unwrap().contains(r#""passes":null,"drops":null"#));
    }

    #[test]
    fn nothing_is_claimed_of_calls_that_nobody_saw() {
        let unseen = Ledger { only_timed: true, cost: None, first_error: None, hash: None, ..ledger() };
        assert_eq!(unseen.to_string(), "hook lua@message: calls neither counted nor timed; attached: message");
    }

    #[test]
    fn json_travels_both_ways() {
        let json = ledger().to_json().unwrap();
        assert_eq!(Ledger::from_json(json.as_bytes()).unwrap(), ledger());
    }

    #[test]
    fn a_hostile_ledger_is_refused() {
        assert!(matches!(Ledger::from_json(&[b' '; LEDGER_MAX + 1]), Err(LedgerError::TooLong(_))));
        assert!(matches!(Ledger::from_json(b"{\"calls\":-1}"), Err(LedgerError::Malformed(_))));
    }

    proptest! {
        #[test]
        fn any_bytes_are_answered(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            prop_assert!(Ledger::from_json(&bytes).is_err());
        }

        #[test]
        fn any_ledger_travels(calls in any::<u64>(), ns_per_call in 0.0..1e12_f64, text in "\\PC{0,60}") {
            let cost = Some(Cost { ns_per_call, samples: calls, source: CostSource::Kernel });
            let sent = Ledger { calls, cost, first_error: Some(text), ..ledger() };
            prop_assert_eq!(Ledger::from_json(sent.to_json().unwrap().as_bytes()).unwrap(), sent);
        }
    }

    #[test]
    fn a_script_cannot_write_to_the_terminal() {
        let text = clip_error("\u{1b}[2Jgone\u{7}");
        assert_eq!(text, "\u{fffd}[2Jgone\u{fffd}");
        let hostile = Ledger { attached: "\u{1b}]0;owned\u{7}".to_owned(), ..ledger() };
        assert!(!hostile.to_string().contains('\u{1b}'));
    }

    #[test]
    fn errors_are_clipped_between_characters() {
        let clipped = clip_error(&"é\n".repeat(ERROR_MAX));
        assert!(clipped.len() <= ERROR_MAX && !clipped.contains('\n'));
    }
}
