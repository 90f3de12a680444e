//! The system's error number in the loader's errors, which wrap it in a different way for every kind of call.

use std::io;

use aya::maps::MapError;
use aya::programs::{ProgramError, SocketFilterError, TcError, XdpError};

/// An error that may come from a system call.
pub(crate) trait Errno: std::error::Error + 'static {
    /// The number, if one is known.
    fn errno(&self) -> Option<i32>;
}

impl Errno for io::Error {
    fn errno(&self) -> Option<i32> {
        self.raw_os_error()
    }
}

impl Errno for MapError {
    fn errno(&self) -> Option<i32> {
        match self {
            MapError::CreateError { io_error, .. } => io_error.raw_os_error(),
            MapError::SyscallError(error) => error.io_error.raw_os_error(),
            _ => None,
        }
    }
}

impl Errno for TcError {
    fn errno(&self) -> Option<i32> {
        match self {
            TcError::NetlinkError(error) => error.raw_os_error(),
            TcError::IoError(error) => error.raw_os_error(),
            _ => None,
        }
    }
}

impl Errno for ProgramError {
    fn errno(&self) -> Option<i32> {
        match self {
            ProgramError::LoadError { io_error, .. } => io_error.raw_os_error(),
            ProgramError::SyscallError(error) => error.io_error.raw_os_error(),
            ProgramError::NetlinkError(error) | ProgramError::XdpError(XdpError::NetlinkError(error)) => {
                error.raw_os_error()
            }
            ProgramError::TcError(error) => error.errno(),
            ProgramError::SocketFilterError(SocketFilterError::SetsockoptError { io_error, .. }) => {
                io_error.raw_os_error()
            }
            ProgramError::MapError(error) => error.errno(),
            _ => None,
        }
    }
}
