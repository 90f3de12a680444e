//! The watchdog of one engine: a thread that notices a call which does not end, and interrupts it.
//!
//! It looks every [`PERIOD`]. A call that it sees twice gets a signal, whose handler runs on the script's own thread, the
//! only place from which an interpreter may be told to stop ([`super::interrupt`]). The signal is `SIGURG`: ignored by
//! default, so that one which comes late does nothing.

use std::ffi::c_int;
use std::io;
use std::sync::Arc;
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use signal_hook::SigId;
use signal_hook::consts::SIGURG;
use signal_hook::low_level::{register, unregister};

use super::running::{Pulse, interrupt_this_thread};

/// Time between two looks; a call is interrupted after one to two of them.
const PERIOD: Duration = Duration::from_millis(20);

/// A running watchdog; it ends with its engine.
#[derive(Debug)]
pub(super) struct Watchdog {
    handler: SigId,
    /// Closing the channel is what ends the thread.
    leash: Option<Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Watchdog {
    /// Starts watching `pulse`.
    pub(super) fn start(pulse: Arc<Pulse>) -> io::Result<Watchdog> {
        // SAFETY: the handler touches thread-local atomics and makes one call that is meant for signal handlers.
        let handler = unsafe { register(SIGURG, interrupt_this_thread)? };
        let (leash, held) = mpsc::channel();
        let mut watchdog = Watchdog { handler, leash: Some(leash), thread: None };
        let thread = thread::Builder::new().name("lua-watchdog".to_owned());
        watchdog.thread = Some(thread.spawn(move || watch(&pulse, &held))?);
        Ok(watchdog)
    }
}

impl Drop for Watchdog {
    fn drop(&mut self) {
        drop(self.leash.take());
        if let Some(thread) = self.thread.take() {
            // The thread has nothing to panic with.
            let _ = thread.join();
        }
        unregister(self.handler);
    }
}

fn watch(pulse: &Pulse, leash: &Receiver<()>) {
    let mut seen = pulse.read();
    while leash.recv_timeout(PERIOD) == Err(RecvTimeoutError::Timeout) {
        let now = pulse.read();
        if let (_, Some(thread)) = now
            && now == seen
        {
            signal(thread);
        }
        seen = now;
    }
}

/// Sends the signal to a thread of this process, which may have ended since.
fn signal(thread: c_int) {
    let process = std::process::id();
    // SAFETY: numbers only; a thread that is gone makes the call fail, which is as good.
    unsafe { libc::syscall(libc::SYS_tgkill, process, thread, SIGURG) };
}
