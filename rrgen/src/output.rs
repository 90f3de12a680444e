//! netperf's text on stdout, ours on stderr.
//!
//! stdout stays netperf's byte for byte, because scripts read it; whatever netperf does not say goes to stderr.

use std::fmt::Display;
use std::io::{self, Write};
use std::ops::ControlFlow;
use std::time::SystemTime;

use compat::elapsed;
use compat::text::Test;
use compat::text::banner::{Banner, Endpoint};
use compat::text::interim::{InterimFormat, InterimLine, Interval};
use compat::text::table::{Classic, End};
use hdrhistogram::Histogram;

use crate::plan::Plan;
use crate::run::{Observer, RunResult, dropped};

/// Verbosity from which the round-trip times are shown.
const DETAILS: i32 = 2;

const CUT_SHORT: &str =
    "the server closed the data connection early: these results cover only the time until then; its log may say why";

/// Prints a run as it happens.
#[derive(Debug)]
pub struct Printer<'a, O, E> {
    plan: &'a Plan,
    out: O,
    err: E,
    /// The first write to stdout that failed; the run's exit status tells.
    failed: Option<io::Error>,
}

impl<'a, O: Write, E: Write> Printer<'a, O, E> {
    /// Prints `plan`'s run to `out` and `err`.
    pub fn new(plan: &'a Plan, out: O, err: E) -> Self {
        Self { plan, out, err, failed: None }
    }

    /// Prints the result; `false` if it does not cover the run that was asked for.
    pub fn result(&mut self, result: &RunResult) -> bool {
        self.print(classic(self.plan, result));
        if self.plan.style.verbosity >= DETAILS {
            self.remark(&round_trips(&result.flow.histogram));
        }
        if let Some(error) = &result.flow.unbound {
            self.remark(&format!("-T: {error}; the client ran unbound"));
        }
        if let Some(ledger) = &result.ledger {
            self.remark(&ledger.to_string());
        }
        if result.cut_short {
            self.remark(&result.ledger.as_ref().filter(|ledger| ledger.drops > 0).map_or(CUT_SHORT.into(), dropped));
        }
        let nothing = result.flow.transactions == 0;
        if nothing && !result.cut_short {
            self.remark(
                "not one transaction was completed; with a burst, fewer or smaller messages may fit the buffers",
            );
        }
        !result.cut_short && !nothing
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
            let banner = banner(self.plan, source, destination).to_string();
            match &self.plan.hook {
                None => self.print(banner),
                // After all that netperf says: scripts know the start of the line.
                Some(hook) => self.print(format!("{} : hook {}\n", banner.trim_end(), hook.spec)),
            }
        }
    }

    fn interim(&mut self, interval: Interval) -> ControlFlow<()> {
        let ending = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        self.print(InterimLine::new(interval, self.plan.style.unit, ending, InterimFormat::Classic));
        if self.failed.is_none() { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
    }

    fn remark(&mut self, text: &str) {
        // stderr may be closed; the run goes on.
        let _ = writeln!(self.err, "rrgen: {text}");
    }
}

fn banner(plan: &Plan, source: &Endpoint, destination: &Endpoint) -> Banner {
    Banner {
        test: Test::TcpRr,
        source: source.clone(),
        destination: destination.clone(),
        confidence: None,
        nodelay: plan.test.local_socket.nodelay,
        copy_avoidance: false,
        no_control: false,
        first_burst: plan.test.burst as i32,
        cpu_bind: plan.style.cpu_bind,
    }
}

/// netperf's table; bytes are the server's, as in netperf.
fn classic(plan: &Plan, result: &RunResult) -> Classic {
    let elapsed = elapsed::seconds(0, result.flow.elapsed_ns);
    let seconds = f64::from(elapsed);
    let unit = plan.style.unit;
    let buffers = &plan.test.buffers;
    let bytes = result.results.bytes_received + result.results.bytes_sent;
    Classic {
        test: Test::TcpRr,
        verbosity: plan.style.verbosity,
        headings: plan.style.headings,
        brand: plan.style.brand.clone(),
        warning: None,
        local: End {
            send_buffer: result.local.send_buffer as i32,
            recv_buffer: result.local.recv_buffer as i32,
            alignment: buffers.alignment.local.send as i32,
            offset: buffers.offset.local.send as i32,
            cpu: None,
        },
        remote: End {
            send_buffer: result.response.send_buffer,
            recv_buffer: result.response.recv_buffer,
            alignment: buffers.alignment.remote.recv as i32,
            offset: buffers.offset.remote.recv as i32,
            cpu: None,
        },
        request_size: plan.test.request_size as i32,
        response_size: plan.test.response_size as i32,
        elapsed,
        unit,
        throughput: unit.rate(unit.count(result.flow.transactions, bytes), seconds),
        transaction_rate: result.flow.transactions as f64 / seconds,
        first_burst: plan.test.burst as i32,
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
