//! Whose a rule is: the process that made it, told by number and start time, since numbers are used again.

use std::fmt;
use std::fs;
use std::str::FromStr;

/// Marks our rules.
const PREFIX: &str = "rrgen";
/// The place of the start time behind the program name in `/proc/PID/stat`, counted from 0 (proc(5), field 22).
const START_TIME: usize = 19;

/// A process, as it stands in the comment of its rules: `rrgen:PID:START`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Owner {
    process: u32,
    /// Clock ticks since boot.
    start: u64,
}

impl Owner {
    /// This process.
    pub(super) fn this_process() -> Owner {
        let process = std::process::id();
        Owner { process, start: start_time(process).unwrap_or_default() }
    }

    /// Whether the process still runs.
    pub(super) fn is_alive(self) -> bool {
        start_time(self.process) == Some(self.start)
    }
}

/// When a process started; `None` when there is none.
fn start_time(process: u32) -> Option<u64> {
    let stat = fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
    // The program's name is in parentheses and may contain anything, also parentheses.
    let (_, fields) = stat.rsplit_once(')')?;
    fields.split_whitespace().nth(START_TIME)?.parse().ok()
}

impl fmt::Display for Owner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{PREFIX}:{}:{}", self.process, self.start)
    }
}

/// A comment that is not ours.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct NotOurs;

impl FromStr for Owner {
    type Err = NotOurs;

    fn from_str(text: &str) -> Result<Owner, NotOurs> {
        let mut parts = text.split(':');
        let mut part = || parts.next().ok_or(NotOurs);
        let (prefix, process, start) = (part()?, part()?, part()?);
        if prefix != PREFIX || part().is_ok() {
            return Err(NotOurs);
        }
        Ok(Owner { process: process.parse().map_err(|_| NotOurs)?, start: start.parse().map_err(|_| NotOurs)? })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn any_comment_is_answered(text in "(rrgen)?:?[0-9]{0,12}(:[0-9]{0,25}|\\PC{0,10})") {
            if let Ok(owner) = text.parse::<Owner>() {
                prop_assert_eq!(owner.to_string().parse(), Ok(owner));
            }
        }
    }

    #[test]
    fn this_process_is_alive_and_its_predecessor_is_not() {
        let owner = Owner::this_process();
        assert!(owner.is_alive());
        assert!(!Owner { start: owner.start - 1, ..owner }.is_alive());
    }

    #[test]
    fn comments_are_read_back() {
        let owner = Owner::this_process();
        assert_eq!(owner.to_string().parse(), Ok(owner));
        for text in ["", "rrgen", "rrgen:1", "rrgen:1:2:3", "other:1:2", "rrgen:x:2", "rrgen:-1:2"] {
            assert_eq!(text.parse::<Owner>(), Err(NotOurs), "{text}");
        }
    }
}
