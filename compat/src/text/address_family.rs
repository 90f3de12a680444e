//! Address families as netperf's messages name them.
//!
//! The wire has netperf's own numbers for them; its messages use C's names and, once, the system's numbers.

use crate::wire::Family;

/// The C constant's name.
pub(crate) fn name(family: Family) -> &'static str {
    match family {
        Family::Unspecified => "AF_UNSPEC",
        Family::Inet => "AF_INET",
        Family::Inet6 => "AF_INET6",
    }
}

/// The C constant's value on Linux.
pub(crate) fn number(family: Family) -> u32 {
    match family {
        Family::Unspecified => 0,
        Family::Inet => 2,
        Family::Inet6 => 10,
    }
}
