//! What comes out of a run, as it goes on and at its end: text, a JSON document, a log of histograms.
//!
//! As text, stdout stays netperf's byte for byte, because scripts read it; whatever netperf does not say goes to stderr.

mod account;
mod classic;
mod ends;
mod faults;
mod interval_log;
mod json;
mod omni;
pub(crate) mod uuid;

use std::fmt::Display;
use std::io::{self, Write};
use std::ops::ControlFlow;
use std::time::{Duration, SystemTime};

use compat::args::OutputFormat;
use compat::omni::Output;
use compat::text::banner::{Endpoint, OmniBanner};
use compat::text::interim::{InterimFormat, InterimLine, Interval};

pub use account::Account;
pub use faults::faults;
pub use interval_log::{IntervalLog, LogError};
pub use json::{Document, failure};

use crate::engine::{Clock, Monotonic};
use crate::latency::Summary;
use crate::plan::{Chosen, Plan};
use crate::run::{Interim, Iteration, Observer, RunResult};

/// Verbosity from which round-trip times, and what the test took at either end, are shown.
pub(crate) const DETAILS: i32 = 2;

/// A form of output.
pub trait Renderer: Observer {
    /// Shows the result, with what is wrong with it.
    fn result(&mut self, result: &RunResult, faults: &[String]);

    /// Whether everything for stdout got there.
    ///
    /// # Errors
    /// The first failure to write.
    fn finish(self) -> io::Result<()>;
}

const CPU_OF_WARM_UP: &str =
    "-C: the server knows of no warm-up (a stock netserver, or --control-per-flow); its CPU figures cover that, too";

/// Prints a run as it happens.
#[derive(Debug)]
pub struct Printer<'a, O, E> {
    plan: &'a Plan,
    out: O,
    err: E,
    /// The first write to stdout that failed; the run's exit status tells.
    failed: Option<io::Error>,
    /// Interim results so far, which `-k` numbers.
    interims: u32,
}

impl<'a, O: Write, E: Write> Printer<'a, O, E> {
    /// Prints `plan`'s run to `out` and `err`.
    pub fn new(plan: &'a Plan, out: O, err: E) -> Self {
        Self { plan, out, err, failed: None, interims: 0 }
    }

    /// What netperf does not say of the two ends.
    fn both_ends(&mut self, result: &RunResult) {
        let Plan { style, test, .. } = self.plan;
        if style.verbosity >= DETAILS && style.output.is_none() {
            if result.open.is_none() {
                self.remark(&Summary::of(&result.histogram).to_string());
            }
            ends::lines(&result.last).iter().for_each(|line| self.remark(line));
        }
        ends::shortfalls(&result.last).iter().for_each(|shortfall| self.remark(shortfall));
        let asks_cpu = test.cpu_rate.remote.is_some() && !self.plan.target.no_control;
        if asks_cpu && (test.warm_up.is_some() || test.ramp.is_some()) && result.last.server.is_none() {
            self.remark(CPU_OF_WARM_UP);
        }
    }

    fn print(&mut self, text: impl Display) {
        if self.failed.is_none() {
            self.failed = write!(self.out, "{text}").err();
        }
    }

    /// Whoever reads our pipe follows the run.
    fn flush(&mut self) {
        if self.failed.is_none() {
            self.failed = self.out.flush().err();
        }
    }
}

impl<O: Write, E: Write> Renderer for Printer<'_, O, E> {
    fn result(&mut self, result: &RunResult, faults: &[String]) {
        let style = &self.plan.style;
        match &style.output {
            // A row of zeros would look like a result.
            _ if faults::dropped_at_once(result) => {}
            None => self.print(classic::classic(self.plan, result)),
            Some(chosen) => {
                let values = &omni::values(self.plan, chosen, result);
                let Chosen { format, selection } = chosen;
                self.print(Output { format: *format, selection, values, headings: style.headings });
            }
        }
        self.both_ends(result);
        if let Some(fairness) = &result.last.flow.fairness {
            self.remark(&fairness.to_string());
        }
        if let Some((asked, open)) = self.plan.test.open.zip(result.open.as_ref()) {
            self.remark(&format!("open loop: offered {asked}; {open}"));
            self.remark(&format!("response time, from the intended start: {}", Summary::of(&result.histogram)));
            self.remark(&format!("service time, from the send: {}", Summary::of(&open.service)));
        }
        if let Some(server) =
            result.last.server.as_ref().filter(|server| style.verbosity >= DETAILS && server.flows > 1)
        {
            self.remark(&server.to_string());
        }
        ends::unbound(self.plan, &result.last).iter().for_each(|end| self.remark(end));
        if let Some(ledger) = &result.ledger {
            self.remark(&ledger.to_string());
        }
        faults.iter().for_each(|fault| self.remark(fault));
    }

    fn finish(mut self) -> io::Result<()> {
        self.flush();
        self.failed.map_or(Ok(()), Err)
    }
}

impl<O: Write, E: Write> Observer for Printer<'_, O, E> {
    fn connected(&mut self, source: &Endpoint, destination: &Endpoint) {
        if self.plan.style.headings {
            let banner = classic::banner(self.plan, source, destination);
            let banner = match self.plan.style.omni_title {
                true => OmniBanner(&banner).to_string(),
                false => banner.to_string(),
            };
            match &self.plan.hook {
                None => self.print(banner),
                // After all that netperf says: scripts know the start of the line.
                Some(hook) => self.print(format!("{} : hook {}\n", banner.trim_end(), hook.spec)),
            }
        }
    }

    fn interim(&mut self, interim: &Interim) -> ControlFlow<()> {
        let ending = ended(interim.interval);
        let format = match self.plan.style.output.as_ref().map(|chosen| chosen.format) {
            None | Some(OutputFormat::Columns) => InterimFormat::Classic,
            Some(OutputFormat::Csv) => InterimFormat::Csv,
            Some(OutputFormat::KeyVal) => InterimFormat::KeyValue(self.interims),
        };
        self.interims = self.interims.wrapping_add(1);
        self.print(InterimLine::new(interim.interval, self.plan.style.unit, ending, format));
        self.flush();
        if let Some(round_trips) = interim.round_trips.as_ref().filter(|_| self.plan.style.interim_latency) {
            self.remark(&format!("interim {}", Summary::of(round_trips.histogram())));
        }
        if self.failed.is_none() { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
    }

    fn iteration(&mut self, iteration: &Iteration) -> ControlFlow<()> {
        if let Some(info) = iteration.flow.at_end.tcp_info.filter(|_| self.plan.style.dump_tcp_info) {
            let _ = write!(self.err, "{}", info.dump);
        }
        ControlFlow::Continue(())
    }

    fn remark(&mut self, text: &str) {
        if !self.plan.style.stock {
            // stderr may be closed; the run goes on.
            let _ = writeln!(self.err, "rrgen: {text}");
        }
    }
}

/// When `interval` ended, since the Unix epoch: of many flows it is told later, when all threads have passed it.
fn ended(interval: Interval) -> Duration {
    let ago = Monotonic.now_ns().saturating_sub(interval.end_ns);
    since_1970(SystemTime::now()).saturating_sub(Duration::from_nanos(ago))
}

/// The time since the Unix epoch; none for a clock that is set before it.
fn since_1970(time: SystemTime) -> Duration {
    time.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default()
}
