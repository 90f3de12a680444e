//! Integer socket options that no safe wrapper offers.

use std::io;
use std::mem;
use std::os::fd::{AsFd, AsRawFd};

/// Sets the integer option `name` of `level`.
///
/// # Errors
/// The kernel refused it.
pub(super) fn set(socket: &impl AsFd, level: i32, name: i32, value: i32) -> io::Result<()> {
    // SAFETY: `value` is readable for the length passed, and the kernel keeps no pointer to it.
    let rc = unsafe {
        libc::setsockopt(
            socket.as_fd().as_raw_fd(),
            level,
            name,
            (&raw const value).cast(),
            mem::size_of_val(&value) as libc::socklen_t,
        )
    };
    if rc == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}

/// Reads the integer option `name` of `level`.
///
/// # Errors
/// The kernel does not know it.
pub(super) fn get(socket: &impl AsFd, level: i32, name: i32) -> io::Result<i32> {
    let mut value = 0_i32;
    let mut length = mem::size_of_val(&value) as libc::socklen_t;
    // SAFETY: `value` is writable for `length` bytes, and the kernel keeps no pointer to either.
    let rc =
        unsafe { libc::getsockopt(socket.as_fd().as_raw_fd(), level, name, (&raw mut value).cast(), &raw mut length) };
    if rc == 0 { Ok(value) } else { Err(io::Error::last_os_error()) }
}
