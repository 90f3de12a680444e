//! Receiving without ever sleeping, on sockets that cannot be woken by their end alone.
//!
//! A TCP connection that is shut down gives every receive an answer at once. A datagram socket does not: one that only
//! asks for datagrams would spin for ever. It looks up now and then, only while nothing comes.

use std::hint;
use std::os::fd::BorrowedFd;
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::{Errno, Result};

/// Empty receives between two looks around, some tens of microseconds.
const LOOK_EVERY: u32 = 64;

/// When a socket that has nothing to give is left alone.
#[derive(Debug, Clone, Copy)]
pub(super) struct Spin {
    /// Gives up with [`Errno::AGAIN`] after so long; waits for ever without.
    pub(super) patience: Option<Duration>,
}

impl Spin {
    /// Repeats `receive`, which must not wait, until it has an answer; `None` once `socket` is shut down.
    #[inline]
    pub(super) fn until<T>(self, socket: BorrowedFd<'_>, mut receive: impl FnMut() -> Result<T>) -> Result<Option<T>> {
        let mut started = None;
        loop {
            for _ in 0..LOOK_EVERY {
                match receive() {
                    Err(Errno::AGAIN) => hint::spin_loop(),
                    answer => return answer.map(Some),
                }
            }
            if is_shut_down(socket)? {
                return Ok(None);
            }
            let started = *started.get_or_insert_with(Instant::now);
            if self.patience.is_some_and(|patience| started.elapsed() >= patience) {
                return Err(Errno::AGAIN);
            }
        }
    }
}

#[cold]
fn is_shut_down(socket: BorrowedFd<'_>) -> Result<bool> {
    let mut asked = [PollFd::from_borrowed_fd(socket, PollFlags::RDHUP)];
    poll(&mut asked, Some(&Timespec::default()))?;
    Ok(asked[0].revents().intersects(PollFlags::RDHUP | PollFlags::HUP))
}

#[cfg(test)]
mod tests {
    use super::*;
    use rustix::net::{Shutdown, shutdown};
    use std::net::UdpSocket;
    use std::os::fd::AsFd;

    #[test]
    fn it_ends_with_an_answer_an_error_the_shutdown_or_its_patience() {
        let socket = UdpSocket::bind("127.0.0.1:0").expect("socket");
        let (fd, patient) = (socket.as_fd(), Spin { patience: None });
        let mut asked = 0;
        let answer = patient.until(fd, || {
            asked += 1;
            if asked == 1000 { Ok(7) } else { Err(Errno::AGAIN) }
        });
        assert_eq!((answer, asked), (Ok(Some(7)), 1000));
        assert_eq!(patient.until(fd, || Err::<(), _>(Errno::CONNREFUSED)), Err(Errno::CONNREFUSED));
        let nothing = || Err::<(), _>(Errno::AGAIN);
        assert_eq!(Spin { patience: Some(Duration::ZERO) }.until(fd, nothing), Err(Errno::AGAIN));
        // Not connected: an error, and shut down nevertheless.
        let _ = shutdown(fd, Shutdown::Both);
        assert_eq!(patient.until(fd, nothing), Ok(None));
    }
}
