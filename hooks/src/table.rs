//! Which engine runs at which attach point, and what each needs from the host: the one table.
//!
//! The parser refuses what is not in it, the capability check asks for what it says, and `rrgen hooks` prints it.

use crate::spec::{AttachPoint, Engine};

/// Something the host must have before a hook can run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Need {
    /// A capability of this process.
    Capability(Capability),
    /// A kernel of at least this major and minor version.
    Kernel(u16, u16),
    /// A part of the kernel, by the name of its module and the file that shows that it is there.
    Module(&'static str, &'static str),
    /// One of these programs on the search path.
    Program(&'static [&'static str]),
    /// A part of this program that a build may leave out.
    Feature(Feature),
}

/// The parts that a build may leave out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Feature {
    /// Kernel programs and their loader.
    Ebpf,
    /// A Lua interpreter, whichever.
    Lua,
}

/// Capabilities as numbered in `linux/capability.h`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Capability {
    /// Change interfaces, netfilter rules and queues.
    NetAdmin = 12,
    /// Everything that has no capability of its own; includes [`Capability::Perfmon`] and [`Capability::Bpf`].
    SysAdmin = 21,
    /// Load eBPF programs that compute with pointers into the packet.
    Perfmon = 38,
    /// Load eBPF programs.
    Bpf = 39,
}

/// One attach point.
#[derive(Clone, Copy, Debug)]
pub struct Row {
    /// The attach point.
    pub attach: AttachPoint,
    /// Where that is, for a reader.
    pub place: &'static str,
    /// The engines that run there.
    pub engines: &'static [Engine],
    /// What the attach point itself needs, whatever the engine.
    pub needs: &'static [Need],
}

/// Map memory is charged to the memory cgroup since 5.11; before, it needs a raised `RLIMIT_MEMLOCK`.
const BPF_KERNEL: Need = Need::Kernel(5, 11);
const BPF: Need = Need::Capability(Capability::Bpf);
const PERFMON: Need = Need::Capability(Capability::Perfmon);
const NET_ADMIN: Need = Need::Capability(Capability::NetAdmin);
const EBPF: Need = Need::Feature(Feature::Ebpf);
/// The attach points of the kernel run programs only, the null engine being an empty one.
const IN_KERNEL: &[Engine] = &[Engine::Null, Engine::Ebpf];
const IN_USER_SPACE: &[Engine] = &[Engine::Null, Engine::Native, Engine::Lua];
const ON_INTERFACE: &[Need] = &[EBPF, BPF, PERFMON, NET_ADMIN, BPF_KERNEL];

/// The table, one row per attach point, in the order of [`AttachPoint`].
pub const TABLE: &[Row] = &[
    Row {
        attach: AttachPoint::Message,
        place: "in the process's own loop, per received message",
        engines: IN_USER_SPACE,
        needs: &[],
    },
    Row {
        attach: AttachPoint::Socket,
        place: "SO_ATTACH_BPF on the data socket",
        engines: IN_KERNEL,
        needs: &[EBPF, BPF, PERFMON, BPF_KERNEL],
    },
    Row {
        attach: AttachPoint::TcxIngress,
        place: "the interface's tc hook, incoming",
        engines: IN_KERNEL,
        needs: ON_INTERFACE,
    },
    Row {
        attach: AttachPoint::TcxEgress,
        place: "the interface's tc hook, outgoing",
        engines: IN_KERNEL,
        needs: ON_INTERFACE,
    },
    Row {
        attach: AttachPoint::Xdp,
        place: "the driver, else the generic hook",
        engines: IN_KERNEL,
        needs: ON_INTERFACE,
    },
    Row { attach: AttachPoint::XdpNative, place: "the driver", engines: IN_KERNEL, needs: ON_INTERFACE },
    Row { attach: AttachPoint::XdpGeneric, place: "the generic hook", engines: IN_KERNEL, needs: ON_INTERFACE },
    Row {
        attach: AttachPoint::Nfqueue,
        place: "netfilter, verdict from user space",
        engines: IN_USER_SPACE,
        needs: &[
            NET_ADMIN,
            Need::Module("nfnetlink_queue", "/proc/net/netfilter/nfnetlink_queue"),
            Need::Program(&["iptables", "iptables-legacy"]),
        ],
    },
];

/// The row of an attach point.
#[must_use]
pub fn row(attach: AttachPoint) -> &'static Row {
    // The test below proves that every attach point has its row, in the order of the enum.
    &TABLE[attach as usize]
}

/// The engines that run at an attach point.
#[must_use]
pub fn engines_at(attach: AttachPoint) -> &'static [Engine] {
    row(attach).engines
}

/// What the engine adds to the needs of its attach point.
#[must_use]
pub fn engine_needs(engine: Engine) -> &'static [Need] {
    match engine {
        Engine::Lua => &[Need::Feature(Feature::Lua)],
        // The eBPF attach points ask for the feature themselves: their null engine is a program too.
        Engine::Null | Engine::Native | Engine::Ebpf => &[],
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::named::Named;

    #[test]
    fn every_attach_point_has_its_row() {
        assert_eq!(TABLE.len(), AttachPoint::ALL.len());
        for attach in AttachPoint::ALL {
            assert_eq!(row(*attach).attach, *attach);
        }
    }

    #[test]
    fn every_attach_point_has_a_null_engine_and_every_engine_its_default() {
        assert!(TABLE.iter().all(|row| row.engines.contains(&Engine::Null)));
        for engine in Engine::ALL {
            assert!(engines_at(engine.default_attach()).contains(engine));
        }
    }
}
