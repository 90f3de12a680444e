//! When the control plane has to step in: a peer that does not answer must not hold a run.

use std::time::{Duration, Instant};

/// What a transaction in flight gets after the end of a timed test, before it is abandoned. netperf gives it
/// nothing; this only keeps the control plane out of the way of a loop that ends by itself.
const GRACE: Duration = Duration::from_millis(10);

/// How long the data connection may take to come about.
pub(crate) const CONNECT_PATIENCE: Duration = Duration::from_secs(20);

/// How long a connected server may send nothing: netperf's limit for any answer.
pub(crate) const SILENCE_LIMIT: Duration = Duration::from_secs(120);

/// How long a packet may be missing when there is a hook that may have dropped it.
const HOOK_PATIENCE: Duration = Duration::from_secs(5);

/// How often silence is looked for.
pub(crate) const CHECK_EVERY: Duration = Duration::from_secs(5);

/// What to do at an alarm.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Action {
    /// The run is over: end it even if a response is outstanding.
    ForceStop,
    /// See whether the connection is there and alive.
    Check,
}

/// How long to wait for a peer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Patience {
    /// For the connection to come about.
    pub(crate) connect: Duration,
    /// For the next byte.
    pub(crate) silence: Duration,
}

impl Patience {
    /// The limits of a run with or without a hook on the way.
    pub(super) fn with_hook(hooked: bool) -> Self {
        if hooked {
            Self { connect: HOOK_PATIENCE, silence: HOOK_PATIENCE }
        } else {
            Self { connect: CONNECT_PATIENCE, silence: SILENCE_LIMIT }
        }
    }
}

/// The alarms of one run.
#[derive(Debug)]
pub(super) struct Watchdog {
    /// The socket the run was last seen on, by number, and since when.
    seen: (u64, Instant),
    patience: Patience,
    force_at: Option<Instant>,
    /// The run was asked to end: nothing prolongs it any more.
    stopping: bool,
    check_at: Instant,
}

impl Watchdog {
    /// Watches a run that starts now and lasts `length`, if it is timed.
    pub(super) fn new(started: Instant, length: Option<Duration>, patience: Patience) -> Self {
        Self {
            seen: (0, started),
            patience,
            force_at: end(started, length),
            stopping: false,
            check_at: started + CHECK_EVERY,
        }
    }

    /// What lasts `length`, if it is timed, begins only now.
    pub(super) fn begins(&mut self, now: Instant, length: Option<Duration>) {
        self.seen.1 = now;
        if !self.stopping {
            self.force_at = end(now, length);
        }
    }

    /// The run was asked to end now.
    pub(super) fn stop_requested(&mut self, now: Instant) {
        self.stopping = true;
        let at = now + GRACE;
        self.force_at = Some(self.force_at.map_or(at, |earlier| earlier.min(at)));
    }

    /// How long to sleep for the next alarm.
    pub(super) fn sleep(&self, now: Instant) -> Duration {
        self.force_at.map_or(self.check_at, |force_at| force_at.min(self.check_at)).saturating_duration_since(now)
    }

    /// The alarm that is due at `now`, if any.
    pub(super) fn due(&mut self, now: Instant) -> Option<Action> {
        if self.force_at.is_some_and(|at| now >= at) {
            // Once is enough: the data thread ends now.
            self.force_at = None;
            return Some(Action::ForceStop);
        }
        (now >= self.check_at).then(|| {
            self.check_at = now + CHECK_EVERY;
            Action::Check
        })
    }

    /// How long this run waits for its peer.
    pub(super) fn patience(&self) -> Patience {
        self.patience
    }

    /// How long the run has been on the socket with number `generation`.
    pub(super) fn stuck_for(&mut self, generation: u64, now: Instant) -> Duration {
        // The first socket is there from the start.
        if self.seen.0 != generation && generation > 1 {
            self.seen = (generation, now);
        }
        now.duration_since(self.seen.1)
    }
}

/// When a run that starts now has had its time.
fn end(started: Instant, length: Option<Duration>) -> Option<Instant> {
    length.and_then(|length| started.checked_add(length)?.checked_add(GRACE))
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);
    const PATIENCE: Patience = Patience { connect: CONNECT_PATIENCE, silence: SILENCE_LIMIT };

    #[test]
    fn a_timed_run_is_forced_to_end_just_after_its_time_and_once() {
        let start = Instant::now();
        let mut watchdog = Watchdog::new(start, Some(2 * SECOND), PATIENCE);
        assert_eq!(watchdog.sleep(start), 2 * SECOND + GRACE);
        assert_eq!(watchdog.due(start + 2 * SECOND), None);
        assert_eq!(watchdog.due(start + 2 * SECOND + GRACE), Some(Action::ForceStop));
        assert_eq!(watchdog.due(start + 3 * SECOND), None);
    }

    #[test]
    fn a_signal_brings_the_end_forward_but_never_back() {
        let start = Instant::now();
        let mut watchdog = Watchdog::new(start, Some(4 * SECOND), PATIENCE);
        watchdog.stop_requested(start + SECOND);
        assert_eq!(watchdog.due(start + SECOND + GRACE), Some(Action::ForceStop));
        let mut unlimited = Watchdog::new(start, None, PATIENCE);
        unlimited.stop_requested(start + SECOND);
        unlimited.stop_requested(start + 2 * SECOND);
        assert_eq!(unlimited.due(start + SECOND + GRACE), Some(Action::ForceStop));
    }

    #[test]
    fn after_a_warm_up_the_time_counts_anew_unless_the_run_is_to_end() {
        let start = Instant::now();
        let mut watchdog = Watchdog::new(start, Some(3 * SECOND), PATIENCE);
        watchdog.begins(start + 2 * SECOND, Some(2 * SECOND));
        assert_eq!(watchdog.due(start + 3 * SECOND + GRACE), None);
        watchdog.stop_requested(start + 3 * SECOND);
        watchdog.begins(start + 3 * SECOND, Some(2 * SECOND));
        assert_eq!(watchdog.due(start + 3 * SECOND + GRACE), Some(Action::ForceStop));
    }

    #[test]
    fn a_run_that_begins_late_has_its_whole_time_unless_it_was_to_end_before() {
        let start = Instant::now();
        let late = start + 9 * SECOND;
        let mut watchdog = Watchdog::new(start, None, PATIENCE);
        assert_eq!(watchdog.due(start + 5 * SECOND), Some(Action::Check));
        watchdog.begins(late, Some(2 * SECOND));
        assert_eq!(watchdog.sleep(late), SECOND, "the next check");
        assert_eq!(watchdog.due(late + 2 * SECOND + GRACE), Some(Action::ForceStop));
        let mut interrupted = Watchdog::new(start, None, PATIENCE);
        interrupted.stop_requested(start);
        interrupted.begins(late, Some(2 * SECOND));
        assert_eq!(interrupted.due(late), Some(Action::ForceStop));
    }

    #[test]
    fn an_endless_run_is_checked_at_a_steady_pace() {
        let start = Instant::now();
        let mut watchdog = Watchdog::new(start, None, PATIENCE);
        assert_eq!(watchdog.sleep(start), CHECK_EVERY);
        assert_eq!(watchdog.due(start + CHECK_EVERY), Some(Action::Check));
        assert_eq!(watchdog.due(start + CHECK_EVERY + SECOND), None);
    }

    #[test]
    fn a_run_that_changes_its_socket_is_not_stuck() {
        let start = Instant::now();
        let mut watchdog = Watchdog::new(start, None, PATIENCE);
        assert_eq!(watchdog.stuck_for(1, start + SECOND), SECOND);
        assert_eq!(watchdog.stuck_for(5, start + 2 * SECOND), Duration::ZERO);
        assert_eq!(watchdog.stuck_for(5, start + 4 * SECOND), 2 * SECOND);
    }
}
