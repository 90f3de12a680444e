//! One hook per attach point of an interface, agreed on by all processes of the host.
//!
//! The kernel keeps a second XDP program out, but lets any number of programs onto a tc hook, where two tests
//! would silently measure each other. A name in the abstract socket namespace is the lock that fits: like an
//! interface it belongs to a network namespace, and it is free again when its process dies, however it dies.

use std::io;
use std::os::linux::net::SocketAddrExt;
use std::os::unix::net::{SocketAddr, UnixListener};
use std::time::{Duration, Instant};

use crate::engine::ebpf::EbpfError;
use crate::spec::{AttachPoint, InterfaceName};

/// How long a name may outlive its claim: a process forked meanwhile holds a copy of it until it calls `exec`.
const GRACE: Duration = Duration::from_millis(200);
/// Time between two attempts.
const PAUSE: Duration = Duration::from_millis(5);

/// An attach point of an interface that is ours until this is dropped.
#[derive(Debug)]
pub(super) struct Claim {
    _name: UnixListener,
}

impl Claim {
    /// Claims `attach` on `interface`.
    pub(super) fn new(interface: &InterfaceName, attach: AttachPoint) -> Result<Claim, EbpfError> {
        let failed = |error| EbpfError::from_kernel("claiming the interface", &error);
        let name = SocketAddr::from_abstract_name(format!("rrgen/{interface}/{attach}")).map_err(failed)?;
        let start = Instant::now();
        loop {
            match UnixListener::bind_addr(&name) {
                Ok(name) => return Ok(Claim { _name: name }),
                Err(error) if error.kind() != io::ErrorKind::AddrInUse => return Err(failed(error)),
                Err(_) if start.elapsed() > GRACE => {
                    return Err(EbpfError::Occupied { interface: interface.to_string(), attach });
                }
                Err(_) => std::thread::sleep(PAUSE),
            }
        }
    }
}
