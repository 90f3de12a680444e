//! The two halves of a hook: which engine, and where.

use std::fmt;
use std::str::FromStr;

use crate::named::{Named, UnknownName, by_name};

/// What decides about a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Engine {
    /// Passes everything and does nothing else: the cost of the attach point itself.
    Null,
    /// The filter ladder in Rust.
    Native,
    /// The filter ladder, or a script of the user's, in Lua.
    Lua,
    /// The filter ladder, or a program of the user's, in the kernel.
    Ebpf,
}

/// Where a hook sits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum AttachPoint {
    /// The server's or client's own loop, once per received message.
    Message,
    /// `SO_ATTACH_BPF` on the data socket.
    Socket,
    /// The interface's tc hook, incoming frames.
    TcxIngress,
    /// The interface's tc hook, outgoing frames.
    TcxEgress,
    /// XDP in the driver, or generic where the driver cannot.
    Xdp,
    /// XDP in the driver only.
    XdpNative,
    /// XDP in the network stack.
    XdpGeneric,
    /// A netfilter queue with the verdict from user space.
    Nfqueue,
}

impl Engine {
    /// Where the engine runs when the spec does not say.
    #[must_use]
    pub fn default_attach(self) -> AttachPoint {
        match self {
            Engine::Ebpf => AttachPoint::Xdp,
            Engine::Null | Engine::Native | Engine::Lua => AttachPoint::Message,
        }
    }
}

impl AttachPoint {
    /// Whether the point belongs to a network interface, so that `iface=` means something.
    #[must_use]
    pub fn is_on_interface(self) -> bool {
        match self {
            AttachPoint::TcxIngress
            | AttachPoint::TcxEgress
            | AttachPoint::Xdp
            | AttachPoint::XdpNative
            | AttachPoint::XdpGeneric => true,
            AttachPoint::Message | AttachPoint::Socket | AttachPoint::Nfqueue => false,
        }
    }

    /// Whether a program of the kernel's runs there, which the kernel times and not this process.
    #[must_use]
    pub fn is_in_kernel(self) -> bool {
        !matches!(self, AttachPoint::Message | AttachPoint::Nfqueue)
    }
}

impl Named for Engine {
    const WHAT: &'static str = "engine";
    const ALL: &'static [Engine] = &[Engine::Null, Engine::Native, Engine::Lua, Engine::Ebpf];

    fn name(self) -> &'static str {
        match self {
            Engine::Null => "null",
            Engine::Native => "native",
            Engine::Lua => "lua",
            Engine::Ebpf => "ebpf",
        }
    }
}

impl Named for AttachPoint {
    const WHAT: &'static str = "attach point";
    const ALL: &'static [AttachPoint] = &[
        AttachPoint::Message,
        AttachPoint::Socket,
        AttachPoint::TcxIngress,
        AttachPoint::TcxEgress,
        AttachPoint::Xdp,
        AttachPoint::XdpNative,
        AttachPoint::XdpGeneric,
        AttachPoint::Nfqueue,
    ];

    fn name(self) -> &'static str {
        match self {
            AttachPoint::Message => "message",
            AttachPoint::Socket => "socket",
            AttachPoint::TcxIngress => "tcx-ingress",
            AttachPoint::TcxEgress => "tcx-egress",
            AttachPoint::Xdp => "xdp",
            AttachPoint::XdpNative => "xdp-native",
            AttachPoint::XdpGeneric => "xdp-generic",
            AttachPoint::Nfqueue => "nfqueue",
        }
    }
}

impl fmt::Display for Engine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl fmt::Display for AttachPoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Engine {
    type Err = UnknownName;

    fn from_str(text: &str) -> Result<Engine, UnknownName> {
        by_name(text)
    }
}

impl FromStr for AttachPoint {
    type Err = UnknownName;

    fn from_str(text: &str) -> Result<AttachPoint, UnknownName> {
        by_name(text)
    }
}
