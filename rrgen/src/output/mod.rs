//! netperf's text on stdout, ours on stderr.
//!
//! stdout stays netperf's byte for byte, because scripts read it; whatever netperf does not say goes to stderr.

mod classic;
mod ends;
mod omni;
pub(crate) mod uuid;

use std::fmt::Display;
use std::io::{self, Write};
use std::ops::ControlFlow;
use std::time::SystemTime;

use compat::args::OutputFormat;
use compat::omni::Output;
use compat::text::banner::{Endpoint, OmniBanner};
use compat::text::interim::{InterimFormat, InterimLine, Interval};
use compat::text::tcp_info::TcpInfoDump;
use hdrhistogram::Histogram;

use crate::plan::{Chosen, Plan};
use crate::run::{Observer, RunResult, dropped};

/// Verbosity from which round-trip times, and what the test took at either end, are shown.
pub(crate) const DETAILS: i32 = 2;

const CUT_SHORT: &str =
    "the server closed the data connection early: these results cover only the time until then; its log may say why";

const NOTHING: &str = "not one transaction was completed; with a burst, fewer or smaller messages may fit the buffers";

const ONLY_WARMED_UP: &str = "the run ended in its warm-up, or just after it: there is nothing to report";

const CPU_OF_WARM_UP: &str =
    "-C: the peer is a stock netserver; its CPU figures cover the warm-up, too, of which it knows nothing";

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

    /// Prints the result; `false` if it does not cover the run that was asked for.
    pub fn result(&mut self, result: &RunResult) -> bool {
        let style = &self.plan.style;
        match &style.output {
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
        if let Some(server) =
            result.last.server.as_ref().filter(|server| style.verbosity >= DETAILS && server.flows > 1)
        {
            self.remark(&server.to_string());
        }
        if let Some(error) = &result.last.flow.unbound {
            self.remark(&format!("-T: {error}; the client ran unbound"));
        }
        if let Some(ledger) = &result.ledger {
            self.remark(&ledger.to_string());
        }
        let cut_short = result.last.cut_short;
        if cut_short {
            self.remark(&result.ledger.as_ref().filter(|ledger| ledger.drops > 0).map_or(CUT_SHORT.into(), dropped));
        }
        let silent = result.last.flow.fairness.map_or(0, |fairness| fairness.silent);
        let nothing = result.last.flow.transactions == 0;
        if nothing && !cut_short {
            self.remark(if self.plan.test.warm_up.is_some() { ONLY_WARMED_UP } else { NOTHING });
        }
        let unseen = result.ledger.as_ref().is_some_and(|ledger| ledger.calls == 0);
        if unseen && !nothing {
            self.remark(
                "the hook saw no frame: it was not on the way of this test; name its interface by iface=, or its host",
            );
        }
        if silent > 0 && !nothing && !cut_short {
            self.remark(&format!("{silent} flows completed not one transaction: the test was too short for so many"));
        }
        !cut_short && !nothing && !unseen && silent == 0
    }

    /// What netperf does not say of the two ends.
    fn both_ends(&mut self, result: &RunResult) {
        let Plan { style, test, .. } = self.plan;
        if style.verbosity >= DETAILS && style.output.is_none() {
            self.remark(&round_trips(&result.histogram));
            ends::lines(&result.last).iter().for_each(|line| self.remark(line));
        }
        ends::shortfalls(&result.last).iter().for_each(|shortfall| self.remark(shortfall));
        let asks_cpu = test.cpu_rate.remote.is_some() && !self.plan.target.no_control;
        if asks_cpu && test.warm_up.is_some() && result.last.server.is_none() {
            self.remark(CPU_OF_WARM_UP);
        }
    }

    /// Whether everything for stdout got there.
    ///
    /// # Errors
    /// The first failure to write.
    pub fn finish(self) -> io::Result<()> {
        self.failed.map_or(Ok(()), Err)
    }

    /// Every piece is flushed at once: whoever reads our pipe follows the run.
    fn print(&mut self, text: impl Display) {
        if self.failed.is_none() {
            self.failed = write!(self.out, "{text}").and_then(|()| self.out.flush()).err();
        }
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

    fn interim(&mut self, interval: Interval) -> ControlFlow<()> {
        let ending = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        let format = match self.plan.style.output.as_ref().map(|chosen| chosen.format) {
            None | Some(OutputFormat::Columns) => InterimFormat::Classic,
            Some(OutputFormat::Csv) => InterimFormat::Csv,
            Some(OutputFormat::KeyVal) => InterimFormat::KeyValue(self.interims),
        };
        self.interims = self.interims.wrapping_add(1);
        self.print(InterimLine::new(interval, self.plan.style.unit, ending, format));
        if self.failed.is_none() { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
    }

    fn tcp_info(&mut self, info: TcpInfoDump) {
        if self.plan.style.dump_tcp_info {
            let _ = write!(self.err, "{info}");
        }
    }

    fn remark(&mut self, text: &str) {
        if !self.plan.style.stock {
            // stderr may be closed; the run goes on.
            let _ = writeln!(self.err, "rrgen: {text}");
        }
    }
}

/// One line of round-trip times in microseconds.
fn round_trips(histogram: &Histogram<u64>) -> String {
    let us = |ns: u64| ns as f64 / 1e3;
    let mut line = format!(
        "round trip (us, {} transactions): min {:.2} mean {:.2}",
        histogram.len(),
        us(histogram.min()),
        histogram.mean() / 1e3
    );
    for (name, quantile) in [("p50", 0.5), ("p90", 0.9), ("p99", 0.99), ("p99.9", 0.999)] {
        line.push_str(&format!(" {name} {:.2}", us(histogram.value_at_quantile(quantile))));
    }
    line.push_str(&format!(" max {:.2}", us(histogram.max())));
    line
}
