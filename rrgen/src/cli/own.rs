//! Options that netperf does not have; long names only, so that they never meet one of netperf's.

use compat::args::{Argument, OptionDef, heading};

/// An option of ours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum OwnId {
    InstallLinks,
    Local,
}

pub(super) const OPTIONS: &[OptionDef<OwnId>] = &[
    OptionDef::long_only(
        OwnId::Local,
        "local",
        Argument::Nothing,
        heading::TARGET,
        "start a server inside, on loopback, for this run",
    ),
    OptionDef::long_only(
        OwnId::InstallLinks,
        "install-links",
        Argument::Required("DIR"),
        "Installation",
        "make DIR/netperf and DIR/netserver links to rrgen and rrserver, and leave",
    ),
];
