//! Watching over work that blocks: a round or a slot runs on a thread of its own, and this ends it when the user
//! interrupts or the server falls silent.

use std::fmt;
use std::io;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread;
use std::time::Duration;

use thiserror::Error;

use crate::run::{CHECK_EVERY, SignalWatch};
use crate::testbed::Namespace;

/// Work in progress, as seen from outside.
pub(super) trait Hold: Send {
    /// Ends it, wherever it blocks.
    fn end(&self);

    /// How long nothing has come from the server, if that is too long.
    fn silence(&self) -> Option<Duration>;
}

/// Why work failed.
pub(super) trait Cause: fmt::Display {
    /// Whether it may be done again: only for causes that were fixed before anything was measured, never for what a
    /// result looks like.
    fn is_repeatable(&self) -> bool;
}

enum Event {
    /// The work can be ended from now on.
    Begun(Box<dyn Hold>),
    /// The work is over.
    Over,
    /// SIGINT or SIGALRM.
    Signal,
}

/// Why there is no result.
#[derive(Debug, Error)]
pub(super) enum Ended<E> {
    /// The user wants no more.
    #[error("interrupted")]
    Interrupted,
    /// The server fell silent.
    #[error("no answer from the server for {} s", .0.as_secs())]
    Silent(Duration),
    /// The work could not be begun.
    #[error("cannot start a thread where the client is: {0}")]
    Start(#[source] io::Error),
    /// The work panicked.
    #[error("the measuring thread failed; please report this as a bug")]
    Died,
    /// The work failed.
    #[error(transparent)]
    Failed(E),
}

/// Attends to one piece of work after the other.
pub(super) struct Supervisor {
    sender: Sender<Event>,
    events: Receiver<Event>,
    interrupted: bool,
    _signals: SignalWatch,
}

impl Supervisor {
    /// Catches signals from now on.
    ///
    /// # Errors
    /// The kernel refuses.
    pub(super) fn new() -> io::Result<Self> {
        let (sender, events) = channel();
        let interrupt = sender.clone();
        let signals = SignalWatch::start(move || drop(interrupt.send(Event::Signal)))?;
        Ok(Self { sender, events, interrupted: false, _signals: signals })
    }

    /// Does `work` on a new thread, in `namespace` if there is one. Once it can be ended, it says so to what it is
    /// given.
    ///
    /// # Errors
    /// Why it has no result.
    pub(super) fn attend<T: Send, E: Cause + Send>(
        &mut self,
        namespace: Option<&Namespace>,
        work: impl FnOnce(&Begun) -> Result<T, E> + Send,
    ) -> Result<T, Ended<E>> {
        let begun = Begun(self.sender.clone());
        let (result, silent) = thread::scope(|scope| {
            let work = move || {
                // Sent however the work ends, so that nobody waits for it in vain.
                let _over = Over(&begun.0);
                namespace.map_or(Ok(()), Namespace::enter).map_err(Ended::Start)?;
                work(&begun).map_err(Ended::Failed)
            };
            let thread =
                thread::Builder::new().name("rr-compare".into()).spawn_scoped(scope, work).map_err(Ended::Start)?;
            let silent = self.watch();
            Ok((thread.join().unwrap_or(Err(Ended::Died)), silent))
        })?;
        match result {
            _ if self.interrupted => Err(Ended::Interrupted),
            // Whoever knows why it was silent tells more than the silence.
            Err(Ended::Failed(cause)) if !cause.is_repeatable() => Err(Ended::Failed(cause)),
            Err(other) => Err(silent.map_or(other, Ended::Silent)),
            result => result,
        }
    }

    /// Waits until the work is over; for how long the server was silent, if the work had to be ended for that.
    fn watch(&mut self) -> Option<Duration> {
        let mut hold: Option<Box<dyn Hold>> = None;
        let mut silent = None;
        loop {
            match self.events.recv_timeout(CHECK_EVERY) {
                Ok(Event::Begun(work)) => hold = Some(work),
                Ok(Event::Signal) => self.interrupted = true,
                Ok(Event::Over) | Err(RecvTimeoutError::Disconnected) => return silent,
                Err(RecvTimeoutError::Timeout) => {
                    silent = hold.as_ref().and_then(|work| work.silence());
                }
            }
            if let Some(work) = &hold
                && (silent.is_some() || self.interrupted)
            {
                work.end();
            }
        }
    }
}

/// By this, work says that it can be ended.
pub(super) struct Begun(Sender<Event>);

impl Begun {
    /// From now on `hold` ends the work.
    pub(super) fn by(&self, hold: impl Hold + 'static) {
        // Nobody listens only when nobody waits any more.
        let _ = self.0.send(Event::Begun(Box::new(hold)));
    }
}

struct Over<'a>(&'a Sender<Event>);

impl Drop for Over<'_> {
    fn drop(&mut self) {
        let _ = self.0.send(Event::Over);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::{SyncSender, sync_channel};

    use super::*;

    /// Work that waits to be ended.
    struct Waiting(SyncSender<()>);

    impl Hold for Waiting {
        fn end(&self) {
            let _ = self.0.try_send(());
        }

        fn silence(&self) -> Option<Duration> {
            None
        }
    }

    impl Cause for io::Error {
        fn is_repeatable(&self) -> bool {
            true
        }
    }

    #[test]
    fn work_has_its_result_and_its_failure() {
        let mut supervisor = Supervisor::new().unwrap();
        assert_eq!(supervisor.attend(None, |_| Ok::<_, io::Error>(7)).unwrap(), 7);
        let failed = supervisor.attend(None, |_| Err::<(), _>(io::Error::other("no"))).unwrap_err();
        assert_eq!(failed.to_string(), "no");
    }

    #[test]
    fn a_signal_ends_the_work_even_if_it_came_before() {
        let mut supervisor = Supervisor::new().unwrap();
        for _ in 0..2 {
            let _ = supervisor.sender.send(Event::Signal);
            let ended = supervisor.attend(None, |begun| {
                let (sender, ending) = sync_channel(1);
                begun.by(Waiting(sender));
                ending.recv().map_err(io::Error::other)
            });
            assert!(matches!(ended, Err(Ended::Interrupted)), "{ended:?}");
        }
    }

    #[test]
    fn work_that_panics_does_not_hang() {
        let died = Supervisor::new().unwrap().attend(None, |_| -> io::Result<()> { panic!("on purpose") });
        assert!(died.unwrap_err().to_string().contains("report this as a bug"));
    }
}
