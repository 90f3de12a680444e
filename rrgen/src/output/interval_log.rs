//! `--hdr-log`: every round trip of a run, interval by interval, for HdrHistogram's tools and `rrgen merge`.
//!
//! With interim results each of them is an interval, otherwise each iteration. A line is written as soon as its interval
//! is over: a run that is ended in whatever way leaves what it measured until then.

use std::fs::File;
use std::io;
use std::ops::ControlFlow;
use std::path::PathBuf;
use std::time::SystemTime;

use compat::text::banner::Endpoint;
use hdrhistogram::Histogram;
use thiserror::Error;

use crate::engine::{Clock, Monotonic};
use crate::hdr_log::{Span, Writer, tag_of};
use crate::plan::Plan;
use crate::run::{Interim, Iteration, Observer};

/// The tag of an open loop's service times; what has no tag of ours is counted from the intended start.
const SERVICE: &str = "service";

const NS_PER_S: f64 = 1e9;
const NS_PER_US: u64 = 1_000;

/// A log that cannot be written.
#[derive(Debug, Error)]
#[error("--hdr-log: cannot write {}: {error}", file.display())]
pub struct LogError {
    file: PathBuf,
    #[source]
    error: io::Error,
}

/// Writes down what it hears of a run.
pub struct IntervalLog {
    file: PathBuf,
    writer: Writer<File>,
    /// The log's start on the engine's clock.
    start_ns: u64,
    tag: Option<String>,
    /// There are no intervals within an iteration.
    whole_iterations: bool,
    failed: Option<io::Error>,
}

impl IntervalLog {
    /// The log that `plan` asks for, if it does, in a new file or in the place of an old one.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn of(plan: &Plan) -> Result<Option<Self>, LogError> {
        let Some(file) = plan.style.hdr_log.clone() else { return Ok(None) };
        match File::create(&file).and_then(|out| Writer::begin(out, SystemTime::now())) {
            Err(error) => Err(LogError { file, error }),
            Ok(writer) => Ok(Some(Self {
                file,
                writer,
                start_ns: Monotonic.now_ns(),
                tag: plan.hook.as_ref().map(|hook| tag_of(&hook.spec.to_string())),
                whole_iterations: !plan.keeps_intervals(),
                failed: None,
            })),
        }
    }

    /// Whether every interval got there.
    ///
    /// # Errors
    /// The first failure to write, which has ended the run.
    pub fn finish(self) -> Result<(), LogError> {
        let file = self.file;
        self.failed.map_or(Ok(()), |error| Err(LogError { file, error }))
    }

    fn add(&mut self, of: Option<&str>, start_ns: u64, length_ns: u64, histogram: &Histogram<u64>) -> ControlFlow<()> {
        let parts: Vec<&str> = self.tag.as_deref().into_iter().chain(of).collect();
        let tag = (!parts.is_empty()).then(|| parts.join(";"));
        let start_s = start_ns.saturating_sub(self.start_ns) as f64 / NS_PER_S;
        let span = Span { start_s, length_s: length_ns as f64 / NS_PER_S };
        match self.writer.interval(tag.as_deref(), span, histogram) {
            Ok(()) => ControlFlow::Continue(()),
            Err(error) => {
                self.failed.get_or_insert(error);
                ControlFlow::Break(())
            }
        }
    }
}

impl Observer for IntervalLog {
    fn connected(&mut self, _source: &Endpoint, _destination: &Endpoint) {}

    fn interim(&mut self, interim: &Interim) -> ControlFlow<()> {
        let Some(round_trips) = &interim.round_trips else { return ControlFlow::Continue(()) };
        let length_ns = interim.interval.actual_us * NS_PER_US;
        self.add(None, interim.interval.end_ns.saturating_sub(length_ns), length_ns, round_trips.histogram())
    }

    /// Every round trip is in the log, also those before a loss.
    fn left_out(&mut self, interim: &Interim) -> ControlFlow<()> {
        self.interim(interim)
    }

    fn iteration(&mut self, iteration: &Iteration) -> ControlFlow<()> {
        let flow = &iteration.flow;
        if self.whole_iterations {
            self.add(None, flow.started_ns, flow.elapsed_ns, &flow.histogram)?;
        }
        match &flow.open {
            Some(open) => self.add(Some(SERVICE), flow.started_ns, flow.elapsed_ns, &open.service),
            None => ControlFlow::Continue(()),
        }
    }

    fn remark(&mut self, _text: &str) {}
}
