//! How a data thread waits for its next message.

use std::fmt;
use std::str::FromStr;

use thiserror::Error;

/// Longest busy poll, µs: beyond it the kernel's timers are the better way to wait.
const BUSY_POLL_MAX_USEC: u32 = 1_000_000;

const BUSY_POLL: &str = "busy-poll:";

/// How to wait.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Wait {
    /// Asleep in the kernel, netperf's way.
    #[default]
    Block,
    /// Asking again and again, without ever sleeping.
    Spin,
    /// In the kernel, which asks the device for so long before it sleeps (SO_BUSY_POLL).
    BusyPoll {
        /// For how long, µs.
        usec: u32,
    },
}

/// A text that is no way to wait.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("'{0}' is no way to wait: write block, spin, or busy-poll:USEC (1 to {BUSY_POLL_MAX_USEC})")]
pub struct WaitError(String);

impl FromStr for Wait {
    type Err = WaitError;

    fn from_str(text: &str) -> Result<Self, WaitError> {
        let busy_poll = |usec: &str| {
            let usec = usec.parse().ok().filter(|usec| (1..=BUSY_POLL_MAX_USEC).contains(usec))?;
            Some(Self::BusyPoll { usec })
        };
        let known = match text {
            "block" => Some(Self::Block),
            "spin" => Some(Self::Spin),
            _ => text.strip_prefix(BUSY_POLL).and_then(busy_poll),
        };
        known.ok_or_else(|| WaitError(text.to_owned()))
    }
}

impl fmt::Display for Wait {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Block => f.write_str("block"),
            Self::Spin => f.write_str("spin"),
            Self::BusyPoll { usec } => write!(f, "{BUSY_POLL}{usec}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn there_are_three_ways_and_nothing_beside() {
        for text in ["block", "spin", "busy-poll:1", "busy-poll:1000000"] {
            assert_eq!(text.parse::<Wait>().expect(text).to_string(), text);
        }
        for text in ["", "Spin", "busy-poll", "busy-poll:", "busy-poll:0", "busy-poll:1000001", "busy-poll:-1"] {
            assert_eq!(text.parse::<Wait>(), Err(WaitError(text.to_owned())));
        }
    }

    proptest! {
        #[test]
        fn no_text_is_too_strange(text in "(block|spin|busy-poll:)?\\PC{0,12}") {
            if let Ok(wait) = text.parse::<Wait>() {
                prop_assert_eq!(wait.to_string().parse(), Ok(wait));
            }
        }
    }
}
