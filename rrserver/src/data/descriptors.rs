//! Enough file descriptors for many flows: the soft limit is ours to raise, the hard one is the operator's.

use std::{fs, io};

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use thiserror::Error;

/// For what a process opens beside its flows.
const SPARE: u64 = 64;

/// There cannot be so many flows.
#[derive(Debug, Error)]
pub enum DescriptorError {
    /// The hard limit is in the way.
    #[error(
        "{flows} flows take {needed} file descriptors, and the hard limit of this process is {hard}; raise it: \
         `ulimit -Hn {needed}` as root before the start, `LimitNOFILE={needed}` in a systemd unit, or nofile in \
         /etc/security/limits.conf"
    )]
    Hard {
        /// Asked for.
        flows: u32,
        /// Descriptors for them and for what is open already.
        needed: u64,
        /// RLIMIT_NOFILE's upper half.
        hard: u64,
    },
    /// The kernel does not let itself be asked.
    #[error("cannot raise the limit of open files (RLIMIT_NOFILE): {0}")]
    Kernel(#[from] io::Error),
}

/// Makes room for `flows` further sockets, and for as many again if the hard limit allows: both ends may be in this
/// process.
///
/// # Errors
/// The hard limit is too low.
pub fn make_room(flows: u32) -> Result<(), DescriptorError> {
    let open = fs::read_dir("/proc/self/fd").map_or(0, |entries| entries.count() as u64);
    let limit = getrlimit(Resource::Nofile);
    let soft = wanted(open, flows, limit)?;
    if limit.current.is_some_and(|current| current < soft) {
        setrlimit(Resource::Nofile, Rlimit { current: Some(soft), ..limit }).map_err(io::Error::from)?;
    }
    Ok(())
}

/// The soft limit to have.
fn wanted(open: u64, flows: u32, limit: Rlimit) -> Result<u64, DescriptorError> {
    let needed = open + SPARE + u64::from(flows);
    match limit.maximum {
        Some(hard) if hard < needed => Err(DescriptorError::Hard { flows, needed, hard }),
        maximum => Ok((needed + u64::from(flows)).min(maximum.unwrap_or(u64::MAX))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hard_limit_is_named_with_the_number_it_lacks() {
        let limit = |maximum| Rlimit { current: Some(1024), maximum };
        let refusal = wanted(10, 10_000, limit(Some(4096))).expect_err("too low").to_string();
        assert!(
            refusal.contains("10074") && refusal.contains("is 4096") && refusal.contains("ulimit -Hn"),
            "{refusal}"
        );
        assert_eq!(wanted(10, 10_000, limit(Some(10_074))).expect("just enough"), 10_074);
        assert_eq!(wanted(10, 10_000, limit(Some(1 << 20))).expect("both ends"), 20_074);
        assert_eq!(wanted(10, 10_000, limit(None)).expect("no limit"), 20_074);
    }

    #[test]
    fn room_for_what_there_is_room_for_already_changes_nothing() {
        let before = getrlimit(Resource::Nofile);
        make_room(1).expect("room");
        assert_eq!(getrlimit(Resource::Nofile).maximum, before.maximum);
    }
}
