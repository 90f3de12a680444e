//! Puts the measuring loop together from the parts that a plan names; each step fixes one type.

use std::mem;
use std::sync::mpsc::{Receiver, SyncSender};

use compat::text::interim::{Interval, IntervalMeter};
use compat::wire::TestLength;
use hooks::Verdict;
use hooks::host::EndHook;

use super::flow::FlowThread;
use super::link::{Link, LinkKind};
use super::{Event, Interim};
use crate::engine::{
    Clock, Count, Deadline, Flag, Flow, LatencyHistogram, LockStep, Monotonic, Paced, Pacer, Recorder, Stop, Unlimited,
    Window, run_flow,
};

const NS_PER_SEC: u64 = 1_000_000_000;

/// What the parts are made from.
pub(super) struct Composer<'a, L> {
    pub(super) thread: &'a FlowThread<'a>,
    pub(super) link: &'a mut L,
    pub(super) clock: Monotonic,
    /// Before the connect.
    pub(super) started_ns: u64,
    pub(super) histogram: &'a mut LatencyHistogram,
    /// To be called with every response.
    pub(super) hook: Option<&'a mut EndHook>,
}

/// The meter of interim results and how many units a transaction is.
type Metered<'a> = Option<&'a mut (IntervalMeter, u64)>;

impl<L: Link> Composer<'_, L> {
    /// Chooses when to stop; the timed end counts from before the connect, as netperf's alarm does.
    pub(super) fn measure(&mut self, interim: Metered<'_>) -> Flow {
        match self.thread.plan.length {
            TestLength::Seconds(seconds) => {
                let at_ns = self.started_ns + u64::from(seconds) * NS_PER_SEC;
                self.with_stop(&Deadline { at_ns }, interim)
            }
            TestLength::Transactions(count) => self.with_stop(&Count { transactions: count.into() }, interim),
            TestLength::UntilClosed => self.with_stop(&Unlimited, interim),
        }
    }

    fn with_stop(&mut self, stop: &impl Stop, interim: Metered<'_>) -> Flow {
        let plan = self.thread.plan;
        let total = match plan.length {
            TestLength::Transactions(count) => Some(u64::from(count)),
            _ => None,
        };
        match plan.burst {
            // A burst within one transaction's connection makes no sense; netperf ignores it, too.
            burst if burst > 0 && !matches!(plan.link.kind, LinkKind::Reconnecting(_)) => {
                self.with_window(stop, Window::new(burst as usize + 1, total), interim)
            }
            _ => self.with_window(stop, LockStep::default(), interim),
        }
    }

    fn with_window(&mut self, stop: &impl Stop, pacer: impl Pacer, interim: Metered<'_>) -> Flow {
        match self.thread.plan.pace {
            None => self.with_pacer(stop, pacer, interim),
            Some(pace) => {
                let paced = Paced::new(pacer, pace.transactions, pace.interval_ns, self.started_ns);
                self.with_pacer(stop, paced, interim)
            }
        }
    }

    fn with_pacer(&mut self, stop: &impl Stop, pacer: impl Pacer, interim: Metered<'_>) -> Flow {
        match self.hook.take() {
            Some(EndHook::Messages(hook)) => self.with_hook(stop, pacer, interim, |response| hook.on_message(response)),
            // Nobody to call: there is none, or the kernel does the calling.
            _ => self.with_hook(stop, pacer, interim, |_| Verdict::Pass),
        }
    }

    fn with_hook(
        &mut self,
        stop: &impl Stop,
        mut pacer: impl Pacer,
        interim: Metered<'_>,
        hook: impl FnMut(&[u8]) -> Verdict,
    ) -> Flow {
        let stop = (Flag(self.thread.stop), stop);
        let clock = self.clock;
        let connected_ns = clock.now_ns();
        let Some((meter, units)) = interim else {
            return run_flow(self.link, &clock, connected_ns, &mut pacer, &stop, self.histogram, hook);
        };
        meter.restart(self.started_ns);
        let FlowThread { events, empty, .. } = self.thread;
        let mut interim =
            InterimResults { histogram: self.histogram, meter, units: *units, events, empty: empty.as_ref() };
        let flow = run_flow(self.link, &clock, connected_ns, &mut pacer, &stop, &mut interim, hook);
        if let Some(rest) = interim.meter.finish(clock.now_ns()) {
            interim.emit(rest);
        }
        flow
    }
}

/// Records, and hands every full interval to the control plane, which does the formatting.
struct InterimResults<'a> {
    histogram: &'a mut LatencyHistogram,
    meter: &'a mut IntervalMeter,
    units: u64,
    events: &'a SyncSender<Event>,
    /// Where empty histograms come from, if every interval is to have its own.
    empty: Option<&'a Receiver<LatencyHistogram>>,
}

impl InterimResults<'_> {
    #[cold]
    fn emit(&mut self, interval: Interval) {
        let empty = self.empty.and_then(|empty| empty.recv().ok());
        let round_trips = empty.map(|empty| mem::replace(self.histogram, empty));
        let _ = self.events.send(Event::Interim(Interim { interval, round_trips }));
    }
}

impl Recorder for InterimResults<'_> {
    #[inline]
    fn record(&mut self, sent_ns: u64, completed_ns: u64) {
        self.histogram.record(sent_ns, completed_ns);
        if let Some(interval) = self.meter.record(self.units, completed_ns) {
            self.emit(interval);
        }
    }

    #[cold]
    fn lost(&mut self, now_ns: u64) {
        self.meter.start_over(now_ns);
    }
}
