//! What `--wait` is given: a way for both ends, or one for each.

use compat::args::Ends;
use rrserver::data::{Wait, WaitError};

/// Reads `HOW` for both ends, or `CLIENT,SERVER`, of which an empty one blocks.
///
/// # Errors
/// There is no such way.
pub(super) fn read(text: &str) -> Result<Ends<Wait>, WaitError> {
    let way = |text: &str| if text.is_empty() { Ok(Wait::Block) } else { text.parse() };
    match text.split_once(',') {
        Some((local, remote)) => Ok(Ends { local: way(local)?, remote: way(remote)? }),
        None => text.parse().map(|wait| Ends { local: wait, remote: wait }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_is_for_both_and_a_comma_separates_client_and_server() {
        let polled = Wait::BusyPoll { usec: 50 };
        for (text, local, remote) in [
            ("spin", Wait::Spin, Wait::Spin),
            ("spin,block", Wait::Spin, Wait::Block),
            (",spin", Wait::Block, Wait::Spin),
            ("busy-poll:50,", polled, Wait::Block),
        ] {
            assert_eq!(read(text), Ok(Ends { local, remote }), "{text}");
        }
        for text in ["", "spin,spin,spin", "sleep", "spin,sleep"] {
            assert!(read(text).is_err(), "{text}");
        }
    }
}
