//! A blocking socket as a byte stream, by bare system calls.
//!
//! The C library's `send` and `recv` are cancellation points: in a program with threads each pays two atomic
//! operations for a feature that Rust has no use for. rustix calls the kernel directly.

use std::io::{self, Read, Write};
use std::os::fd::{AsFd, BorrowedFd};

use rustix::net::{RecvFlags, SendFlags};

/// Reads and writes a connected socket.
#[derive(Debug, Clone, Copy)]
pub struct SocketStream<'a>(BorrowedFd<'a>);

impl<'a> SocketStream<'a> {
    /// The byte stream of `socket`.
    pub fn new(socket: &'a impl AsFd) -> Self {
        Self(socket.as_fd())
    }
}

impl Read for SocketStream<'_> {
    #[inline]
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        Ok(rustix::net::recv(self.0, buffer, RecvFlags::empty())?.1)
    }
}

impl Write for SocketStream<'_> {
    #[inline]
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        // A peer that is gone is an error of this call, not a signal to the process.
        Ok(rustix::net::send(self.0, bytes, SendFlags::NOSIGNAL)?)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
