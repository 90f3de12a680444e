//! `rrgen`: command line to plan, plan to run, run to text or a document.

use std::io::{self, ErrorKind, Write};
use std::path::Path;
use std::process::ExitCode;

use compat::text::failure::Report;
use compat::wire::Family;
use rrgen::cli::{self, Command, Inside};
use rrgen::local::LocalServer;
use rrgen::output::{Document, IntervalLog, Printer, Renderer, failure, faults};
use rrgen::plan::{Host, Plan};
use rrgen::run;
use rrgen::subcommand::Subcommand;

fn main() -> ExitCode {
    let argv: Vec<_> = std::env::args_os().collect();
    if let Some(subcommand) = Subcommand::of(&argv) {
        return subcommand.run(&argv[2..], print);
    }
    match cli::read(&argv) {
        Ok(Command::Print(report)) | Err(report) => print(&report),
        Ok(Command::Run { plan, local, notices }) => {
            print(&notices);
            match local {
                Some(inside) => run_locally(*plan, inside),
                None => run_and_print(&plan),
            }
        }
    }
}

/// Runs `plan` against a server inside.
fn run_locally(mut plan: Plan, inside: Inside) -> ExitCode {
    let ipv6 = plan.target.host.family == Family::Inet6;
    let server = match LocalServer::start(ipv6, plan.target.passphrase.clone(), inside.hook_dir) {
        Ok(server) => server,
        Err(e) => return complain(&plan, &e.to_string()),
    };
    let address = server.address();
    plan.target.host = Host { name: address.ip().to_string(), family: plan.target.host.family };
    plan.target.port = address.port();
    run_and_print(&plan)
}

fn run_and_print(plan: &Plan) -> ExitCode {
    let (out, err) = (io::stdout().lock(), io::stderr());
    if plan.style.json {
        carry_out(plan, Document::new(plan, out, err))
    } else {
        carry_out(plan, Printer::new(plan, out, err))
    }
}

fn carry_out(plan: &Plan, renderer: impl Renderer) -> ExitCode {
    let log = match plan.style.hdr_log.as_ref().map(|file| IntervalLog::create(file, plan)).transpose() {
        Ok(log) => log,
        Err(e) => return complain(plan, &hdr_log_failed(plan, &e)),
    };
    let mut observers = (renderer, log);
    let ran = run::run(plan, &mut observers);
    let (mut renderer, log) = observers;
    let result = match ran {
        Ok(result) => result,
        Err(failure) => return fail(plan, &failure.report(plan.style.stock)),
    };
    let mut faults = faults(&result);
    let log_fault = |e| format!("{}; these results cover only the time until then", hdr_log_failed(plan, &e));
    faults.extend(log.and_then(|log| log.finish().err()).map(log_fault));
    renderer.result(&result, &faults);
    match renderer.finish() {
        Ok(()) if faults.is_empty() => ExitCode::SUCCESS,
        Ok(()) => ExitCode::FAILURE,
        // Whoever reads our output has seen enough.
        Err(e) if e.kind() == ErrorKind::BrokenPipe => ExitCode::FAILURE,
        Err(e) => print(&complaint(&format!("cannot write to stdout: {e}"))),
    }
}

fn hdr_log_failed(plan: &Plan, error: &io::Error) -> String {
    let file = plan.style.hdr_log.as_deref().unwrap_or(Path::new(""));
    format!("--hdr-log: cannot write {}: {error}", file.display())
}

fn complain(plan: &Plan, text: &str) -> ExitCode {
    fail(plan, &complaint(text))
}

fn complaint(text: &str) -> Report {
    Report { stdout: String::new(), stderr: format!("rrgen: {text}\n"), status: 1 }
}

/// Says why a run has no results, in the form that results would have had.
fn fail(plan: &Plan, report: &Report) -> ExitCode {
    if plan.style.json { print(&failure(report)) } else { print(report) }
}

/// Prints each part where it belongs; the exit status that goes with it.
fn print(report: &Report) -> ExitCode {
    // A stream that nobody reads takes nothing from the exit status.
    let _ = io::stdout().write_all(report.stdout.as_bytes());
    let _ = io::stdout().flush();
    let _ = io::stderr().write_all(report.stderr.as_bytes());
    ExitCode::from(report.status)
}
