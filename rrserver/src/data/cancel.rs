//! How the control plane ends a data thread that is blocked in the kernel: it shuts the socket down.
//!
//! No flag to poll between two packets, no signal to race with, no time-out to arm per call. A test that makes a
//! connection per transaction says here which socket it is on; a test with one socket says so once.

use std::net::Shutdown;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::{io, mem};

use socket2::Socket;

use super::{Wake, retransmits};

/// The socket a data thread may be blocked on, shared by that thread and whoever may have to end it.
#[derive(Debug, Default)]
pub struct Cancel(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    socket: Option<Arc<Socket>>,
    /// All of them, where there are many.
    flows: Arc<[Arc<Socket>]>,
    /// Where the thread, or several of them, wait instead.
    wake: Option<Arc<Wake>>,
    /// How many sockets have been held so far: whether there is progress.
    generation: u64,
    cancelled: bool,
}

impl Cancel {
    /// Says that the calling thread works on `socket` from now on. `false`: it has been cancelled, and must not block.
    #[must_use]
    pub fn hold(&self, socket: &Arc<Socket>) -> bool {
        let mut state = self.state();
        state.generation += 1;
        let released = state.socket.replace(Arc::clone(socket));
        let go_on = !state.cancelled;
        drop(state);
        // May close it, which is a system call: not under the lock.
        drop(released);
        go_on
    }

    /// Says that all `flows` are waited for from now on, and `wake` beside them. `false`: cancelled already.
    #[must_use]
    pub fn hold_many(&self, flows: &Arc<[Arc<Socket>]>, wake: &Arc<Wake>) -> bool {
        let mut state = self.state();
        state.wake = Some(Arc::clone(wake));
        state.flows = Arc::clone(flows);
        let released = state.socket.take();
        let go_on = !state.cancelled;
        drop(state);
        drop(released);
        go_on
    }

    /// The next connection of `listener`, which is held from then on; `None` when the thread is to end.
    ///
    /// # Errors
    /// The kernel has no connection to give.
    pub fn accept(&self, listener: &Arc<Socket>) -> io::Result<Option<Arc<Socket>>> {
        if !self.hold(listener) {
            return Ok(None);
        }
        match listener.accept() {
            Ok((connection, _peer)) => {
                let connection = Arc::new(connection);
                Ok(self.hold(&connection).then_some(connection))
            }
            Err(_) if self.is_cancelled() => Ok(None),
            Err(e) => Err(e),
        }
    }

    /// Ends the thread, wherever it is blocked and whatever it holds next.
    pub fn cancel(&self, how: Shutdown) {
        let mut state = self.state();
        state.cancelled = true;
        if let Some(wake) = &state.wake {
            wake.ring();
        }
        if let Some(socket) = &state.socket {
            // Fails where there is nothing left to wait on.
            let _ = socket.shutdown(how);
        }
    }

    /// The thread works on no socket any more; one that nobody else has is closed.
    pub fn release(&self) {
        let mut state = self.state();
        let released = (state.socket.take(), mem::take(&mut state.flows));
        drop(state);
        drop(released);
    }

    /// Whether the thread has been told to end.
    #[must_use]
    pub fn is_cancelled(&self) -> bool {
        self.state().cancelled
    }

    /// Segments that the connections which are held have sent again.
    #[must_use]
    pub fn retransmits(&self) -> u64 {
        let (socket, flows) = {
            let state = self.state();
            (state.socket.clone(), Arc::clone(&state.flows))
        };
        retransmits(socket.iter().chain(flows.iter()).map(|socket| &**socket))
    }

    /// The socket the thread is on, and how many there have been.
    #[must_use]
    pub fn current(&self) -> (Option<Arc<Socket>>, u64) {
        let state = self.state();
        (state.socket.clone(), state.generation)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::{EpollFlows, Exchange, Happening, Wait};
    use socket2::{Domain, Type};
    use std::net::{Ipv4Addr, SocketAddr};
    use std::thread;

    fn socket(kind: Type) -> Arc<Socket> {
        let socket = Socket::new(Domain::IPV4, kind, None).expect("socket");
        socket.bind(&SocketAddr::from((Ipv4Addr::LOCALHOST, 0)).into()).expect("bound");
        Arc::new(socket)
    }

    #[test]
    fn a_blocked_accept_and_a_blocked_receive_both_end() {
        for kind in [Type::STREAM, Type::DGRAM] {
            let (socket, cancel) = (socket(kind), Arc::new(Cancel::default()));
            if kind == Type::STREAM {
                socket.listen(1).expect("listening");
            }
            assert!(cancel.hold(&socket));
            let blocked = thread::spawn(move || match kind {
                Type::STREAM => socket.accept().map(drop),
                _ => socket.recv(&mut [std::mem::MaybeUninit::uninit()]).map(drop),
            });
            cancel.cancel(Shutdown::Both);
            let _ = blocked.join().expect("ended");
        }
    }

    #[test]
    fn whoever_waits_for_many_is_rung() {
        let (wake, cancel) = (Arc::new(Wake::new().expect("wake")), Cancel::default());
        let none = Arc::from([]);
        assert!(cancel.hold_many(&none, &wake));
        cancel.cancel(Shutdown::Both);
        let messages = crate::data::Messages { outgoing: b"x", recv_size: 1, kept: false, asked: false };
        let mut flows = EpollFlows::new(&none, &wake, messages, Wait::Block).expect("epoll");
        assert!(matches!(flows.next(None), Ok(Happening::Woken)));
        assert!(!cancel.hold_many(&none, &wake));
    }

    #[test]
    fn after_the_end_nothing_is_held_without_notice() {
        let cancel = Cancel::default();
        assert!(cancel.hold(&socket(Type::STREAM)));
        cancel.cancel(Shutdown::Both);
        assert!(!cancel.hold(&socket(Type::STREAM)));
        assert!(cancel.is_cancelled());
        assert_eq!(cancel.current().1, 2);
    }
}
