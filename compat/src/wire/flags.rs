//! The bits of field 12 of a request and of field 6 of a response.

/// TCP_NODELAY on the server's data socket.
pub const NODELAY: u32 = 0x1;
/// One connection per transaction.
pub const CONNECTION_TEST: u32 = 0x4;
/// Measure the server's CPU.
pub const MEASURE_CPU: u32 = 0x8;
/// No SO_DONTROUTE; also makes the results name the congestion control algorithm.
pub const ALLOW_ROUTING: u32 = 0x20;
/// Tell the server's interface name; like the next three it is sent for omni output and never answered.
pub const WANT_INTERFACE_NAME: u32 = 0x40;
/// Tell the server's interface slot.
pub const WANT_INTERFACE_SLOT: u32 = 0x80;
/// Tell the server's interface vendor and device numbers.
pub const WANT_INTERFACE_IDS: u32 = 0x100;
/// Tell the server's interface driver.
pub const WANT_DRIVER: u32 = 0x200;
/// TCP fast open (test `-F`).
pub const FAST_OPEN: u32 = 0x800;
/// IP_PKTINFO on the server's data socket (test `-B`).
pub const PKTINFO: u32 = 0x2000;
/// TCP_DEFER_ACCEPT on the server's listening socket (test `-a`).
pub const DEFER_ACCEPT: u32 = 0x8000;
/// SO_KEEPALIVE on the data socket.
pub const KEEPALIVE: u32 = 0x8000_0000;

/// The bits that are fields of their own in [`OmniRequest`](super::OmniRequest); the others go through its
/// `other_flags`.
pub(super) const NAMED: u32 = NODELAY | CONNECTION_TEST | MEASURE_CPU | ALLOW_ROUTING | KEEPALIVE;

/// `bit` if `set`, else nothing.
pub(super) fn when(set: bool, bit: u32) -> u32 {
    if set { bit } else { 0 }
}
