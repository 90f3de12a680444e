//! A descriptor for the moment when there is no other: with it a client is accepted that nothing can be opened for, and
//! its connection closed.
//!
//! Else it would stay in the kernel's queue, connected and unanswered, until its own patience ends.

use std::fs::File;
use std::net::SocketAddr;
use std::os::fd::AsFd;

/// What is given up to turn a client away, and taken again.
#[derive(Debug)]
pub(crate) struct Reserve(Option<File>);

impl Reserve {
    pub(crate) fn new() -> Self {
        Self(any_file())
    }

    /// Closes the next connection in the queue of `listener`, which does not block; whose it was. `None`: nobody is
    /// there, or somebody else took the descriptor.
    pub(crate) fn turn_away(&mut self, listener: &impl AsFd) -> Option<SocketAddr> {
        self.0 = None;
        let client = rustix::net::acceptfrom(listener).ok().and_then(|(_, peer)| peer?.try_into().ok());
        self.0 = any_file();
        client
    }
}

fn any_file() -> Option<File> {
    File::open("/dev/null").ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Read;
    use std::net::{TcpListener, TcpStream};

    #[test]
    fn whoever_is_turned_away_learns_it_at_once() {
        let listener = TcpListener::bind("127.0.0.1:0").expect("listener");
        listener.set_nonblocking(true).expect("nonblocking");
        let mut reserve = Reserve::new();
        assert_eq!(reserve.turn_away(&listener), None);
        for _ in 0..2 {
            let mut client = TcpStream::connect(listener.local_addr().expect("address")).expect("connected");
            assert_eq!(reserve.turn_away(&listener), client.local_addr().ok());
            assert_eq!(client.read(&mut [0]).expect("the end"), 0);
        }
        assert!(reserve.0.is_some());
    }
}
