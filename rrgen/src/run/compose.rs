//! Puts the measuring loop together from the parts that a plan names; each step fixes one type.

use std::mem;
use std::sync::mpsc::{Receiver, SyncSender};

use compat::text::interim::{Interval, IntervalMeter};
use hooks::Verdict;
use hooks::host::EndHook;

use super::flow::FlowThread;
use super::link::{Link, LinkKind};
use super::stretch::Length;
use super::{Event, Interim};
use crate::engine::{
    Clock, Count, Deadline, Flag, Flow, LatencyHistogram, LockStep, Monotonic, Paced, Pacer, Recorder, Stop, Unlimited,
    Window, run_flow, warm_up,
};

/// What the parts are made from.
pub(super) struct Composer<'a, L> {
    pub(super) thread: &'a FlowThread<'a>,
    pub(super) link: &'a mut L,
    pub(super) histogram: &'a mut LatencyHistogram,
    /// To be called with every response.
    pub(super) hook: Option<&'a mut EndHook>,
}

/// The meter of interim results and how many units a transaction is.
type Metered<'a> = Option<&'a mut (IntervalMeter, u64)>;

/// What one loop is for.
struct Part<'a> {
    /// Time and intervals count from here, ns.
    started_ns: u64,
    length: Length,
    purpose: Purpose<'a>,
}

enum Purpose<'a> {
    WarmUp,
    Measure(Metered<'a>),
}

impl<L: Link> Composer<'_, L> {
    /// Runs the warm-up, and leaves nothing in flight.
    pub(super) fn warm_up(&mut self, started_ns: u64, length: Length) -> Flow {
        self.run(Part { started_ns, length, purpose: Purpose::WarmUp })
    }

    /// Runs the test. A timed one without a warm-up counts from before the connect, as netperf's alarm does.
    pub(super) fn measure(&mut self, started_ns: u64, length: Length, interim: Metered<'_>) -> Flow {
        self.run(Part { started_ns, length, purpose: Purpose::Measure(interim) })
    }

    fn run(&mut self, part: Part<'_>) -> Flow {
        match part.length {
            Length::Time(ns) => self.with_stop(&Deadline { at_ns: part.started_ns.saturating_add(ns) }, part),
            Length::Transactions(transactions) => self.with_stop(&Count { transactions }, part),
            Length::Endless => self.with_stop(&Unlimited, part),
        }
    }

    fn with_stop(&mut self, stop: &impl Stop, part: Part<'_>) -> Flow {
        let plan = self.thread.plan;
        let total = match part.length {
            Length::Transactions(count) => Some(count),
            Length::Time(_) | Length::Endless => None,
        };
        match plan.burst {
            // A burst within one transaction's connection makes no sense; netperf ignores it, too.
            burst if burst > 0 && !matches!(plan.link.kind, LinkKind::Reconnecting(_)) => {
                self.with_window(stop, Window::new(burst as usize + 1, total), part)
            }
            _ => self.with_window(stop, LockStep::default(), part),
        }
    }

    fn with_window(&mut self, stop: &impl Stop, pacer: impl Pacer, part: Part<'_>) -> Flow {
        match self.thread.plan.pace {
            None => self.with_pacer(stop, pacer, part),
            Some(pace) => {
                let paced = Paced::new(pacer, pace.transactions, pace.interval_ns, part.started_ns);
                self.with_pacer(stop, paced, part)
            }
        }
    }

    fn with_pacer(&mut self, stop: &impl Stop, pacer: impl Pacer, part: Part<'_>) -> Flow {
        let mut end_hook = self.hook.take();
        let flow = match end_hook.as_deref_mut() {
            Some(EndHook::Messages(hook)) => self.with_hook(stop, pacer, part, |response| hook.on_message(response)),
            // Nobody to call: there is none, or the kernel does the calling.
            _ => self.with_hook(stop, pacer, part, |_| Verdict::Pass),
        };
        self.hook = end_hook;
        flow
    }

    fn with_hook(
        &mut self,
        stop: &impl Stop,
        mut pacer: impl Pacer,
        part: Part<'_>,
        hook: impl FnMut(&[u8]) -> Verdict,
    ) -> Flow {
        let stop = (Flag(self.thread.stop), stop);
        let clock = Monotonic;
        let now_ns = clock.now_ns();
        match part.purpose {
            Purpose::WarmUp => warm_up(self.link, &clock, now_ns, &mut pacer, &stop, self.histogram, hook),
            Purpose::Measure(None) => run_flow(self.link, &clock, now_ns, &mut pacer, &stop, self.histogram, hook),
            Purpose::Measure(Some((meter, units))) => {
                meter.restart(part.started_ns);
                let FlowThread { events, empty, .. } = self.thread;
                let mut interim =
                    InterimResults { histogram: self.histogram, meter, units: *units, events, empty: empty.as_ref() };
                let flow = run_flow(self.link, &clock, now_ns, &mut pacer, &stop, &mut interim, hook);
                if let Some(rest) = interim.meter.finish(clock.now_ns()) {
                    interim.emit(rest, Event::Interim);
                }
                flow
            }
        }
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
    fn emit(&mut self, interval: Interval, event: fn(Interim) -> Event) {
        let empty = self.empty.and_then(|empty| empty.recv().ok());
        let round_trips = empty.map(|empty| mem::replace(self.histogram, empty));
        let _ = self.events.send(event(Interim { interval, round_trips }));
    }
}

impl Recorder for InterimResults<'_> {
    #[inline]
    fn record(&mut self, sent_ns: u64, completed_ns: u64) {
        self.histogram.record(sent_ns, completed_ns);
        if let Some(interval) = self.meter.record(self.units, completed_ns) {
            self.emit(interval, Event::Interim);
        }
    }

    #[cold]
    fn lost(&mut self, now_ns: u64) {
        let left_out = self.meter.start_over(now_ns);
        // The next interval's round trips are its own, and the run has these all the same.
        if left_out.units > 0 && self.empty.is_some() {
            self.emit(left_out, Event::LeftOut);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::intervals::Intervals;
    use super::*;
    use std::sync::mpsc::sync_channel;

    #[test]
    fn what_a_loss_fell_into_is_kept_apart_from_the_next_interval() {
        let (mut meter, mut histogram) = (IntervalMeter::exact(1.0), LatencyHistogram::new());
        let (events, heard) = sync_channel(8);
        let (_intervals, empty) = Intervals::new();
        let mut interim = InterimResults {
            histogram: &mut histogram,
            meter: &mut meter,
            units: 1,
            events: &events,
            empty: Some(&empty),
        };
        interim.record(0, 300_000_000);
        interim.lost(600_000_000);
        interim.lost(900_000_000);
        interim.record(1_000_000_000, 1_000_000_500);
        interim.record(1_500_000_000, 1_900_000_000);
        let Ok(Event::LeftOut(lost)) = heard.try_recv() else { panic!("the first interval") };
        let Ok(Event::Interim(next)) = heard.try_recv() else { panic!("the second, nothing in between") };
        assert_eq!((lost.interval.units, lost.interval.actual_us), (1, 600_000));
        assert_eq!((next.interval.units, next.interval.actual_us), (2, 1_000_000));
        assert_eq!(lost.round_trips.map(|kept| kept.histogram().len()), Some(1));
        assert_eq!(next.round_trips.map(|kept| kept.histogram().len()), Some(2));
    }
}
