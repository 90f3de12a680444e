//! `--hdr-log`: every round trip of a run, interval by interval, for HdrHistogram's tools and `rrgen merge`.
//!
//! With interim results each of them is an interval, otherwise each iteration. A line is written as soon as its interval
//! is over: a run that is ended in whatever way leaves what it measured until then.

use std::fs::File;
use std::io::{self, Write};
use std::ops::ControlFlow;
use std::path::Path;
use std::time::SystemTime;

use compat::text::banner::Endpoint;
use hdrhistogram::Histogram;

use crate::engine::{Clock, Monotonic};
use crate::hdr_log::{Span, Writer, tag_of};
use crate::plan::Plan;
use crate::run::{Interim, Iteration, Observer};

const NS_PER_S: f64 = 1e9;
const NS_PER_US: u64 = 1_000;

/// Writes down what it hears of a run.
pub struct IntervalLog<W> {
    writer: Writer<W>,
    /// The log's start on the engine's clock.
    start_ns: u64,
    tag: Option<String>,
    /// There are no intervals within an iteration.
    whole_iterations: bool,
    failed: Option<io::Error>,
}

impl IntervalLog<File> {
    /// The log that `plan` asks for, in a new file or in the place of an old one.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn create(path: &Path, plan: &Plan) -> io::Result<Self> {
        Self::begin(File::create(path)?, plan)
    }
}

impl<W: Write> IntervalLog<W> {
    fn begin(out: W, plan: &Plan) -> io::Result<Self> {
        Ok(Self {
            writer: Writer::begin(out, SystemTime::now())?,
            start_ns: Monotonic.now_ns(),
            tag: plan.hook.as_ref().map(|hook| tag_of(&hook.spec.to_string())),
            whole_iterations: !plan.keeps_intervals(),
            failed: None,
        })
    }

    /// Whether every interval got there.
    ///
    /// # Errors
    /// The first failure to write, which has ended the run.
    pub fn finish(self) -> io::Result<()> {
        self.failed.map_or(Ok(()), Err)
    }

    fn add(&mut self, start_ns: u64, length_ns: u64, histogram: &Histogram<u64>) -> ControlFlow<()> {
        let start_s = start_ns.saturating_sub(self.start_ns) as f64 / NS_PER_S;
        let span = Span { start_s, length_s: length_ns as f64 / NS_PER_S };
        match self.writer.interval(self.tag.as_deref(), span, histogram) {
            Ok(()) => ControlFlow::Continue(()),
            Err(error) => {
                self.failed.get_or_insert(error);
                ControlFlow::Break(())
            }
        }
    }
}

impl<W: Write> Observer for IntervalLog<W> {
    fn connected(&mut self, _source: &Endpoint, _destination: &Endpoint) {}

    fn interim(&mut self, interim: &Interim) -> ControlFlow<()> {
        let Some(round_trips) = &interim.round_trips else { return ControlFlow::Continue(()) };
        let length_ns = interim.interval.actual_us * NS_PER_US;
        self.add(interim.interval.end_ns.saturating_sub(length_ns), length_ns, round_trips.histogram())
    }

    fn iteration(&mut self, iteration: &Iteration) -> ControlFlow<()> {
        let flow = &iteration.flow;
        match self.whole_iterations {
            true => self.add(flow.started_ns, flow.elapsed_ns, &flow.histogram),
            false => ControlFlow::Continue(()),
        }
    }

    fn remark(&mut self, _text: &str) {}
}
