//! SIGINT and SIGALRM end a run and print its results, as with netperf. A second one gives up.

use std::io;
use std::process;
use std::sync::mpsc::SyncSender;
use std::thread;

use signal_hook::consts::{SIGALRM, SIGINT};
use signal_hook::iterator::{Handle, Signals};

use super::Event;

/// What a shell reports for a process that SIGINT ended.
const EXIT_INTERRUPTED: i32 = 128 + SIGINT;

/// Catches the signals while it lives.
#[derive(Debug)]
pub(super) struct SignalWatch {
    handle: Handle,
}

impl SignalWatch {
    /// Forwards the first signal as an [`Event::Signal`].
    ///
    /// # Errors
    /// The kernel refused the handlers, or no thread was to be had.
    pub(super) fn start(events: SyncSender<Event>) -> io::Result<Self> {
        let mut signals = Signals::new([SIGINT, SIGALRM])?;
        let handle = signals.handle();
        thread::Builder::new().name("rr-signals".into()).spawn(move || {
            let mut forwarded = false;
            for _ in signals.forever() {
                if forwarded {
                    process::exit(EXIT_INTERRUPTED);
                }
                forwarded = true;
                let _ = events.send(Event::Signal);
            }
        })?;
        Ok(Self { handle })
    }
}

impl Drop for SignalWatch {
    fn drop(&mut self) {
        self.handle.close();
    }
}
