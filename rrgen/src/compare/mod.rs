//! `rrgen compare`: what a variant costs, with an answer one can trust.
//!
//! The command line and the machine become the header of a results file ([`args`], [`setup`]); a session fills it,
//! round by round ([`round`], [`lockstep`]) or slot by slot ([`slot`]); the report reads it. Which variants there are,
//! [`hooks`] decides; a hook comes and goes with its variant's [`connection`].

mod args;
mod connection;
mod cpus;
mod dialect;
mod ground;
mod hooks;
mod limits;
mod lockstep;
mod netperf;
mod peers;
mod progress;
mod rehearsal;
mod round;
mod session;
mod setup;
mod slot;
mod supervisor;
mod traffic;

use std::ffi::OsString;

use compat::text::failure::Report as Printed;

use crate::report::{Page, Request};
use session::Finish;

/// Carries out `rrgen compare` with the words after it: what to print where, and the exit status. How it goes is told
/// on stderr meanwhile. Must come before the process has a second thread.
#[must_use]
pub fn run(words: &[OsString]) -> Printed {
    let options = match args::Options::read(words) {
        Ok(options) => options,
        Err(printed) => return printed,
    };
    let page = options.report.as_deref().map(Page::new).transpose();
    let mut page = match page {
        Ok(page) => page,
        Err(error) => return failed(&error.to_string()),
    };
    let format = options.format;
    let mut session = match setup::session(options) {
        Ok(session) => session,
        Err(error) => return failed(&error.to_string()),
    };
    let mut printed = Printed { stdout: String::new(), stderr: String::new(), status: 0 };
    let finish = session.run();
    let results = session.store.results();
    match finish {
        Ok(Finish::Complete) => {}
        Ok(Finish::Interrupted) => {
            let (done, planned) = (results.finished_rounds(), results.header.settings.rounds);
            printed.stderr.push_str(&told(&format!("interrupted after {done} of {planned} rounds")));
        }
        Err(error) => {
            if let Some(page) = &mut page {
                page.add_failure(&error.to_string());
            }
            printed = failed(&error.to_string());
        }
    }
    // What failed before its first round has said so already.
    if printed.status == 0 || results.finished_rounds() > 0 {
        match (Request { format, margin: None, source: None }).of_results(results, page.as_mut()) {
            Ok(report) => printed.stdout.push_str(&report),
            Err(error) => also(&mut printed, &error.to_string()),
        }
    }
    if let Err(error) = page.map_or(Ok(()), Page::write) {
        also(&mut printed, &error.to_string());
    }
    printed
}

/// Adds an error to what is printed.
fn also(printed: &mut Printed, error: &str) {
    printed.stderr.push_str(&told(error));
    printed.status = 1;
}

fn failed(error: &str) -> Printed {
    Printed { stdout: String::new(), stderr: told(error), status: 1 }
}

fn told(text: &str) -> String {
    format!("rrgen compare: {text}\n")
}
