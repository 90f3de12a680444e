//! SIGINT and SIGALRM end a run and print its results, as with netperf. A second one gives up.

use std::io;
use std::process;
use std::thread;

use signal_hook::consts::{SIGALRM, SIGINT};
use signal_hook::iterator::{Handle, Signals};

/// What a shell reports for a process that SIGINT ended.
const EXIT_INTERRUPTED: i32 = 128 + SIGINT;

/// Catches the signals while it lives.
#[derive(Debug)]
pub(crate) struct SignalWatch {
    handle: Handle,
}

impl SignalWatch {
    /// Calls `tell` at the first signal.
    ///
    /// # Errors
    /// The kernel refused the handlers, or no thread was to be had.
    pub(crate) fn start(tell: impl FnOnce() + Send + 'static) -> io::Result<Self> {
        let mut signals = Signals::new([SIGINT, SIGALRM])?;
        let handle = signals.handle();
        thread::Builder::new().name("rr-signals".into()).spawn(move || {
            let mut tell = Some(tell);
            for _ in signals.forever() {
                match tell.take() {
                    Some(tell) => tell(),
                    None => process::exit(EXIT_INTERRUPTED),
                }
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
