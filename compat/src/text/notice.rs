//! Remarks netperf makes while it reads its options, on stdout and before the banner.
//!
//! They are not failures: the option is ignored and the test runs (captured in `91-b-global`, `92-kdirty` and
//! `aj-H-unk-family`).

use std::fmt;

/// A remark about an option without effect.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Notice {
    /// Global `-b` with a local burst.
    BurstNotCompiledIn,
    /// Global `-w` with a local wait time.
    PacingNotCompiledIn,
    /// Global `-k` or `-K`, once for each.
    NoDirtyCounts,
    /// The family part of `-H` or `-L` is no family's name.
    UnknownFamily(String),
}

impl fmt::Display for Notice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::BurstNotCompiledIn => writeln!(f, "Packet burst size is not compiled in. "),
            Self::PacingNotCompiledIn => writeln!(f, "Packet rate control is not compiled in."),
            Self::NoDirtyCounts => writeln!(f, "I don't know how to get dirty."),
            Self::UnknownFamily(family) => writeln!(
                f,
                "WARNING! {family} not recognized as an address family, using AF_UNPSEC\n\
                 Are you sure netperf was configured for that address family?"
            ),
        }
    }
}
