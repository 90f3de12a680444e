//! `--json`: one document on stdout when the run is over, described by `schema/rrgen.schema.json`.
//!
//! Programs want the whole and nothing else: no banner before it, interim results inside it. A run that fails is a
//! document, too, so that stdout can always be parsed; the message stays on stderr, and the exit status says which of the
//! two it is.

mod end;
mod load;
mod report;
mod settings;

use std::io::{self, Write};
use std::ops::ControlFlow;
use std::time::SystemTime;

use compat::text::banner::Endpoint;
use compat::text::failure::Report;
use serde::Serialize;

use super::{Renderer, ended, ends, since_1970};
use crate::latency::Summary;
use crate::plan::Plan;
use crate::run::{Interim, Iteration, Observer, RunResult};
use report::{Failed, Finished, InterimShape, IterationShape, RunReport};

/// Version of the documents; any change of meaning raises it.
const VERSION: u32 = 1;

/// Name and version of this program.
const PROGRAM: &str = concat!("rrgen ", env!("CARGO_PKG_VERSION"));

/// Interim results that a document holds at most: more than a week of them, second by second.
const INTERIMS_MAX: usize = 1_000_000;

const NS_PER_US: u64 = 1_000;

/// Collects a run, and writes it down at its end.
#[derive(Debug)]
pub struct Document<'a, O, E> {
    plan: &'a Plan,
    out: O,
    err: E,
    started: SystemTime,
    interims: Vec<InterimShape>,
    /// Interim results beyond [`INTERIMS_MAX`].
    left_out: u64,
    iterations: Vec<IterationShape>,
    notes: Vec<String>,
    written: io::Result<()>,
}

impl<'a, O: Write, E: Write> Document<'a, O, E> {
    /// Writes `plan`'s run to `out`, and notes to `err`, too.
    pub fn new(plan: &'a Plan, out: O, err: E) -> Self {
        let (interims, iterations, notes) = (Vec::new(), Vec::new(), Vec::new());
        Self { plan, out, err, started: SystemTime::now(), interims, left_out: 0, iterations, notes, written: Ok(()) }
    }

    fn note_what_is_special(&mut self, result: &RunResult) {
        ends::unbound(self.plan, &result.last).iter().for_each(|end| self.remark(end));
        ends::shortfalls(&result.last).iter().for_each(|shortfall| self.remark(shortfall));
        if let Some(warning) = result.iterations.warning() {
            let width = warning.throughput;
            self.remark(&format!("-I: the confidence asked for was not reached; the rate's interval is {width:.3} %"));
        }
        if self.left_out > 0 {
            self.remark(&format!("-D: {} interim results more than fit the document", self.left_out));
        }
    }
}

impl<O: Write, E: Write> Renderer for Document<'_, O, E> {
    fn result(&mut self, result: &RunResult, faults: &[String]) {
        self.note_what_is_special(result);
        faults.iter().for_each(|fault| self.remark(fault));
        let finished = Finished {
            plan: self.plan,
            result,
            started_s: since_1970(self.started).as_secs_f64(),
            iterations: &self.iterations,
            interims: &self.interims,
            complete: faults.is_empty(),
            notes: &self.notes,
        };
        let text = line(&RunReport::of(&finished));
        self.written = self.out.write_all(text.as_bytes()).and_then(|()| self.out.flush());
    }

    fn finish(self) -> io::Result<()> {
        self.written
    }
}

impl<O: Write, E: Write> Observer for Document<'_, O, E> {
    fn connected(&mut self, _source: &Endpoint, _destination: &Endpoint) {
        self.started = SystemTime::now();
    }

    fn interim(&mut self, interim: &Interim) -> ControlFlow<()> {
        if self.interims.len() == INTERIMS_MAX {
            self.left_out += 1;
            return ControlFlow::Continue(());
        }
        let elapsed_ns = interim.interval.actual_us * NS_PER_US;
        let transactions = interim.interval.units / self.plan.units_per_transaction();
        self.interims.push(InterimShape {
            ending_s: ended(interim.interval).as_secs_f64(),
            counted: IterationShape::new(transactions, elapsed_ns),
            round_trip: interim.round_trips.as_ref().and_then(|kept| Summary::of_some(kept.histogram())),
        });
        ControlFlow::Continue(())
    }

    fn iteration(&mut self, iteration: &Iteration) -> ControlFlow<()> {
        self.iterations.push(IterationShape::new(iteration.flow.transactions, iteration.flow.elapsed_ns));
        ControlFlow::Continue(())
    }

    fn remark(&mut self, text: &str) {
        self.notes.push(text.to_owned());
        // stderr may be closed; the document has it, too.
        let _ = writeln!(self.err, "rrgen: {text}");
    }
}

/// What to print instead of `report` on a run that has no results: a document on stdout, and all text on stderr.
#[must_use]
pub fn failure(report: &Report) -> Report {
    let stderr = format!("{}{}", report.stdout, report.stderr);
    let failed = Failed {
        kind: "run-failure",
        version: VERSION,
        program: PROGRAM,
        status: report.status,
        message: stderr.trim().to_owned(),
    };
    Report { stdout: line(&failed), stderr, status: report.status }
}

fn line(document: &impl Serialize) -> String {
    let mut json = serde_json::to_string(document).expect("documents have string keys only");
    json.push('\n');
    json
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_is_a_document_whatever_stream_netperf_has_for_it() {
        let netperfs = Report { stdout: "no \"response\"\n".into(), stderr: "rrgen: try again\n".into(), status: 255 };
        let Report { stdout, stderr, status } = failure(&netperfs);
        assert_eq!((stderr.as_str(), status), ("no \"response\"\nrrgen: try again\n", 255));
        let document: serde_json::Value = serde_json::from_str(&stdout).expect("a document");
        assert_eq!(document["kind"], "run-failure");
        assert_eq!(document["status"], 255);
        assert_eq!(document["message"], "no \"response\"\nrrgen: try again");
    }
}
