//! One hook per attach point of an interface, agreed on by all processes of the host.
//!
//! The kernel keeps a second XDP program out, but lets any number of programs onto a tc hook, where two tests
//! would silently measure each other. A name in the abstract socket namespace is the lock that fits: like an
//! interface it belongs to a network namespace, and it is free again when its process dies, however it dies.

use std::io;
use std::os::linux::net::SocketAddrExt;
use std::os::unix::net::{SocketAddr, UnixListener};

use crate::engine::ebpf::EbpfError;
use crate::spec::{AttachPoint, InterfaceName};

/// An attach point of an interface that is ours until this is dropped.
#[derive(Debug)]
pub(super) struct Claim {
    _name: UnixListener,
}

impl Claim {
    /// Claims `attach` on `interface`.
    pub(super) fn new(interface: &InterfaceName, attach: AttachPoint) -> Result<Claim, EbpfError> {
        let occupied = || EbpfError::Occupied { interface: interface.to_string(), attach };
        let bound = SocketAddr::from_abstract_name(format!("rrgen/{interface}/{attach}"))
            .and_then(|name| UnixListener::bind_addr(&name));
        match bound {
            Ok(name) => Ok(Claim { _name: name }),
            Err(error) if error.kind() == io::ErrorKind::AddrInUse => Err(occupied()),
            Err(error) => Err(EbpfError::from_kernel("claiming the interface", &error)),
        }
    }
}
