//! SIGINT and SIGALRM end the measuring and print its results, as with netperf. A second one, or one while the
//! results are awaited, gives up.

use std::io;
use std::process;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use signal_hook::consts::{SIGALRM, SIGINT};
use signal_hook::iterator::{Handle, Signals};

/// What a shell reports for a process that SIGINT ended.
const EXIT_INTERRUPTED: i32 = 128 + SIGINT;

/// Signals closer together than this are one: `timeout` sends its own to the process and then to its group.
const SECOND_THOUGHT: Duration = Duration::from_secs(1);

/// Catches the signals while it lives.
#[derive(Debug)]
pub(crate) struct SignalWatch {
    handle: Handle,
    /// The next signal ends the process.
    giving_up: Arc<AtomicBool>,
}

impl SignalWatch {
    /// Calls `tell` at the first signal.
    ///
    /// # Errors
    /// The kernel refused the handlers, or no thread was to be had.
    pub(crate) fn start(tell: impl FnOnce() + Send + 'static) -> io::Result<Self> {
        let mut signals = Signals::new([SIGINT, SIGALRM])?;
        let handle = signals.handle();
        let giving_up = Arc::<AtomicBool>::default();
        let give_up = Arc::clone(&giving_up);
        thread::Builder::new().name("rr-signals".into()).spawn(move || {
            let mut tell = Some(tell);
            let mut first: Option<Instant> = None;
            for _ in signals.forever() {
                let second = first.is_some_and(|first| first.elapsed() >= SECOND_THOUGHT);
                if second || give_up.load(Ordering::Relaxed) {
                    process::exit(EXIT_INTERRUPTED);
                }
                first.get_or_insert_with(Instant::now);
                if let Some(tell) = tell.take() {
                    tell();
                }
            }
        })?;
        Ok(Self { handle, giving_up })
    }

    /// There is nothing left that a signal could end early.
    pub(super) fn measured(&self) {
        self.giving_up.store(true, Ordering::Relaxed);
    }
}

impl Drop for SignalWatch {
    fn drop(&mut self) {
        self.handle.close();
    }
}
