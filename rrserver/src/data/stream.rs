//! A socket as a byte stream, by bare system calls.
//!
//! The C library's `send` and `recv` are cancellation points: in a program with threads each pays two atomic
//! operations for a feature that Rust has no use for. rustix calls the kernel directly.

use std::hint;
use std::io::{self, Read, Write};
use std::os::fd::{AsFd, BorrowedFd};

use rustix::io::Errno;
use rustix::net::{RecvFlags, SendFlags};

use super::Wait;

/// Reads and writes a connected socket.
#[derive(Debug, Clone, Copy)]
pub struct SocketStream<'a> {
    socket: BorrowedFd<'a>,
    receiving: RecvFlags,
}

impl<'a> SocketStream<'a> {
    /// The byte stream of `socket`, which sleeps until there is something to read.
    pub fn new(socket: &'a impl AsFd) -> Self {
        Self::waiting(socket, Wait::Block)
    }

    /// The byte stream of `socket`, whose reads wait as they are told. A spinning one ends like any other when its
    /// socket is shut down: there is no flag to look at.
    pub fn waiting(socket: &'a impl AsFd, wait: Wait) -> Self {
        let receiving = match wait {
            Wait::Block | Wait::BusyPoll { .. } => RecvFlags::empty(),
            Wait::Spin => RecvFlags::DONTWAIT,
        };
        Self { socket: socket.as_fd(), receiving }
    }
}

impl Read for SocketStream<'_> {
    #[inline(always)]
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            match rustix::net::recv(self.socket, &mut *buffer, self.receiving) {
                Err(Errno::AGAIN) if self.receiving.contains(RecvFlags::DONTWAIT) => hint::spin_loop(),
                received => return Ok(received?.1),
            }
        }
    }
}

impl Write for SocketStream<'_> {
    #[inline(always)]
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        // A peer that is gone is an error of this call, not a signal to the process.
        Ok(rustix::net::send(self.socket, bytes, SendFlags::NOSIGNAL)?)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::{Shutdown, TcpListener, TcpStream};
    use std::sync::mpsc::channel;
    use std::thread;

    #[test]
    fn a_spinning_read_takes_what_comes_and_ends_when_its_socket_is_shut_down() {
        let listener = TcpListener::bind("127.0.0.1:0").expect("listener");
        let mut peer = TcpStream::connect(listener.local_addr().expect("address")).expect("connected");
        let (socket, _) = listener.accept().expect("peer");
        let cancel = socket.try_clone().expect("descriptor");
        let (received, receiving) = channel();
        let reader = thread::spawn(move || {
            let mut stream = SocketStream::waiting(&socket, Wait::Spin);
            let mut byte = [0];
            stream.read_exact(&mut byte).expect("a byte");
            received.send(byte[0]).expect("told");
            stream.read(&mut byte).expect("the end")
        });
        peer.write_all(&[7]).expect("sent");
        assert_eq!(receiving.recv(), Ok(7));
        cancel.shutdown(Shutdown::Both).expect("shut down");
        assert_eq!(reader.join().expect("ended"), 0);
    }
}
