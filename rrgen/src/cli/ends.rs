//! What options for both ends are given: a value for both, or one for each.

use std::str::FromStr;

use compat::args::Ends;

/// Reads `VALUE` for both ends, or `CLIENT,SERVER`, of which an empty one is netperf's way.
///
/// # Errors
/// There is no such value.
pub(super) fn read<T: FromStr + Copy + Default>(text: &str) -> Result<Ends<T>, T::Err> {
    let half = |text: &str| if text.is_empty() { Ok(T::default()) } else { text.parse() };
    match text.split_once(',') {
        Some((local, remote)) => Ok(Ends { local: half(local)?, remote: half(remote)? }),
        None => text.parse().map(|both| Ends { local: both, remote: both }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rrserver::data::{Engine, Wait};

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
        assert_eq!(read("uring,"), Ok(Ends { local: Engine::Uring, remote: Engine::Epoll }));
        for text in ["", "spin,spin,spin", "sleep", "spin,sleep"] {
            assert!(read::<Wait>(text).is_err(), "{text}");
        }
    }
}
