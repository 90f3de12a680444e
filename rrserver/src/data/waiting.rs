//! What a way to wait takes beyond the receive call: options of a socket, or of the epoll instance that stands for many,
//! for the kernel's busy polling, and the truth about whether it really polled.
//!
//! Busy polling is the device's business: loopback and many drivers have no queue to ask (no NAPI id), and the kernel
//! then sleeps without a word. A figure measured so must not be taken for one of busy polling.

use std::io;
use std::os::fd::AsFd;

use rustix::ioctl::{Opcode, Setter, ioctl, opcode};

use super::{Wait, raw_option};

/// What waits in its own way: a data socket, or an epoll instance for many.
#[derive(Debug)]
pub struct Waiting {
    wait: Wait,
    refused: Option<String>,
}

impl Waiting {
    /// Prepares `socket`; what the kernel refuses is told by [`shortfall`](Self::shortfall).
    pub fn begin(socket: &impl AsFd, wait: Wait) -> Self {
        let refused = match wait {
            Wait::Block | Wait::Spin => None,
            Wait::BusyPoll { usec } => busy_poll(socket, usec).err().map(|error| {
                format!("({error}): it takes CAP_NET_ADMIN, or the sysctl net.core.busy_read at {usec} or more")
            }),
        };
        Self { wait, refused }
    }

    /// Prepares `epoll`, by which many sockets are waited for.
    pub fn begin_many(epoll: &impl AsFd, wait: Wait) -> Self {
        let refused = match wait {
            Wait::Block | Wait::Spin => None,
            Wait::BusyPoll { usec } => busy_poll_many(epoll, usec)
                .err()
                .map(|error| format!("({error}): of many flows it is the kernel's from Linux 6.9 on")),
        };
        Self { wait, refused }
    }

    /// How it waits.
    #[must_use]
    pub fn wait(&self) -> Wait {
        self.wait
    }

    /// Why `socket`, which has received something, or the epoll instance it belongs to, did not wait as it was asked to;
    /// `None` if it did.
    #[must_use]
    pub fn shortfall(&self, socket: &impl AsFd) -> Option<String> {
        let (wait, Wait::BusyPoll { .. }) = (self.wait, self.wait) else { return None };
        if let Some(reason) = &self.refused {
            return Some(format!("{wait}: refused {reason}; waited as with block"));
        }
        // An older kernel cannot say; the ids of queues begin well above 0.
        let has_queue = raw_option::get(socket, libc::SOL_SOCKET, libc::SO_INCOMING_NAPI_ID).is_ok_and(|id| id > 0);
        (!has_queue).then(|| {
            format!(
                "{wait}: there is no device queue to poll (loopback, or a driver without NAPI); waited as with block"
            )
        })
    }
}

fn busy_poll(socket: &impl AsFd, usec: u32) -> io::Result<()> {
    raw_option::set(socket, libc::SOL_SOCKET, libc::SO_BUSY_POLL, i32::try_from(usec).unwrap_or(i32::MAX))?;
    // Keeps interrupts from getting in between; polling works without, and this one is always privileged.
    let _ = raw_option::set(socket, libc::SOL_SOCKET, libc::SO_PREFER_BUSY_POLL, 1);
    Ok(())
}

/// The kernel's `struct epoll_params` (`linux/eventpoll.h`).
#[repr(C)]
struct EpollParams {
    busy_poll_usecs: u32,
    /// Packets taken at once; 0 is the kernel's own measure.
    busy_poll_budget: u16,
    prefer_busy_poll: u8,
    pad: u8,
}

fn busy_poll_many(epoll: &impl AsFd, usec: u32) -> io::Result<()> {
    const EPIOCSPARAMS: Opcode = opcode::write::<EpollParams>(0x8A, 1);
    let params = EpollParams { busy_poll_usecs: usec, busy_poll_budget: 0, prefer_busy_poll: 1, pad: 0 };
    // SAFETY: this number takes a pointer to such a struct, and the kernel only reads it.
    unsafe { ioctl(epoll, Setter::<EPIOCSPARAMS, EpollParams>::new(params)) }.map_err(io::Error::from)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::UdpSocket;

    fn shortfall(wait: &str) -> Option<String> {
        let socket = UdpSocket::bind("127.0.0.1:0").expect("socket");
        let waiting = Waiting::begin(&socket, wait.parse().expect("a way to wait"));
        socket.send_to(&[1], socket.local_addr().expect("address")).expect("sent");
        socket.recv(&mut [0]).expect("received");
        waiting.shortfall(&socket)
    }

    #[test]
    fn loopback_has_no_queue_to_poll_and_it_is_said() {
        let said = shortfall("busy-poll:50").expect("a note");
        assert!(said.starts_with("busy-poll:50: ") && said.ends_with("waited as with block"), "{said}");
        assert_eq!((shortfall("block"), shortfall("spin")), (None, None));
    }
}
