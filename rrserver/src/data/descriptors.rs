//! Enough file descriptors: the soft limit is ours to raise, the hard one is the operator's.
//!
//! Whoever runs out of them fails somewhere, in a library's words or by its panic. So there is one look before the start.

use std::{fs, io};

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use thiserror::Error;

/// For what a process opens whatever it does.
const SPARE: u64 = 64;

/// There cannot be so many open files.
#[derive(Debug, Error)]
pub enum DescriptorError {
    /// The hard limit is in the way.
    #[error(
        "{needed} file descriptors are needed, and the hard limit of this process is {hard}; raise it: \
         `ulimit -Hn {needed}` as root before the start, `LimitNOFILE={needed}` in a systemd unit, or nofile in \
         /etc/security/limits.conf"
    )]
    Hard {
        /// With those that are open already.
        needed: u64,
        /// RLIMIT_NOFILE's upper half.
        hard: u64,
    },
    /// The kernel does not let itself be asked.
    #[error("cannot raise the limit of open files (RLIMIT_NOFILE): {0}")]
    Kernel(#[from] io::Error),
}

/// Makes room for what any process here opens and for so many `further` descriptors, sockets of flows say; and for these
/// once more if the hard limit allows: both ends may be in this process.
///
/// # Errors
/// The hard limit is too low.
pub fn make_room(further: u32) -> Result<(), DescriptorError> {
    let open = fs::read_dir("/proc/self/fd").map_or(0, |entries| entries.count() as u64);
    let limit = getrlimit(Resource::Nofile);
    let soft = wanted(open, further, limit)?;
    if limit.current.is_some_and(|current| current < soft) {
        setrlimit(Resource::Nofile, Rlimit { current: Some(soft), ..limit }).map_err(io::Error::from)?;
    }
    Ok(())
}

/// The soft limit to have.
fn wanted(open: u64, further: u32, limit: Rlimit) -> Result<u64, DescriptorError> {
    let needed = open + SPARE + u64::from(further);
    match limit.maximum {
        Some(hard) if hard < needed => Err(DescriptorError::Hard { needed, hard }),
        maximum => Ok((needed + u64::from(further)).min(maximum.unwrap_or(u64::MAX))),
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
