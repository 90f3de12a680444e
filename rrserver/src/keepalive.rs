//! Keeps a control connection known to whatever is on its way: it is silent for as long as a test runs, and clouds and
//! firewalls forget what has been silent for minutes. The kernel's own probes begin after two hours.

use std::io;
use std::time::Duration;

use socket2::{SockRef, TcpKeepalive};

/// How long a connection may be silent before the kernel probes it: well below the 4 minutes of the strictest clouds.
const IDLE: Duration = Duration::from_secs(60);

/// Has the kernel probe `socket` when it is silent. A peer that has vanished ends the connection in some ten minutes.
///
/// # Errors
/// The kernel refuses; no TCP socket.
pub fn keep_alive<'a>(socket: impl Into<SockRef<'a>>) -> io::Result<()> {
    socket.into().set_tcp_keepalive(&TcpKeepalive::new().with_time(IDLE))
}
