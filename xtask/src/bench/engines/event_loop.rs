//! What the loops under comparison have in common: messages of one byte over many sockets, in one thread.
//!
//! Nothing else is in them, neither framing nor clocks, so that what differs is how the kernel is asked.

use std::io;
use std::net::TcpStream;

use clap::ValueEnum;

use super::epoll::EpollLoop;
use super::uring::UringLoop;

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Engine {
    Epoll,
    Uring,
}

/// What was heard of a flow, by its number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Heard {
    Message(usize),
    Closed(usize),
}

pub(super) trait EventLoop {
    /// Sends a message on `flow`, at once or when the loop next asks the kernel.
    fn send(&mut self, flow: usize) -> io::Result<()>;

    /// Waits for what is heard next.
    fn next(&mut self) -> io::Result<Heard>;
}

impl Engine {
    /// A loop of this kind over `sockets`, whose numbers are the flows'.
    pub(super) fn over(self, sockets: &[TcpStream]) -> anyhow::Result<Box<dyn EventLoop + '_>> {
        Ok(match self {
            Self::Epoll => Box::new(EpollLoop::new(sockets)?),
            Self::Uring => Box::new(UringLoop::new(sockets)?),
        })
    }

    /// As on this program's command line.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Epoll => "epoll",
            Self::Uring => "uring",
        }
    }
}
