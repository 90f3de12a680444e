//! `rrgen`: command line to plan, plan to run, run to text or a document.

use std::io::{self, BufWriter, ErrorKind, IsTerminal, Write};
use std::process::ExitCode;

use compat::text::failure::Report;
use compat::wire::Family;
use rrgen::cli::{self, Command, Inside};
use rrgen::local::LocalServer;
use rrgen::output::{Account, Document, IntervalLog, Printer, Renderer, failure, faults};
use rrgen::plan::{Host, Plan};
use rrgen::run::{self, RunResult};
use rrgen::subcommand::Subcommand;
use rrserver::data::make_room;
use rrserver::survive_file_size_limit;

fn main() -> ExitCode {
    survive_file_size_limit();
    let argv: Vec<_> = std::env::args_os().collect();
    if let Some(subcommand) = Subcommand::of(&argv) {
        return subcommand.run(&argv[2..], print);
    }
    match cli::read(&argv) {
        Ok(Command::Print(report)) | Err(report) => print(&report),
        Ok(Command::Run { plan, local, notices }) => {
            print(&notices);
            if let Err(e) = make_room(plan.test.load.descriptors(local.is_some())) {
                return complain(&plan, &e.to_string());
            }
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
    let (out, err) = (stdout(plan.style.stock), io::stderr());
    if plan.style.json {
        carry_out(plan, Document::new(plan, out, err))
    } else {
        carry_out(plan, Printer::new(plan, out, err))
    }
}

/// Where results go. As for netperf, whose stdio holds back what goes to a pipe or a file: a run that is killed has
/// printed nothing, and a script that put a time limit on it sees that.
fn stdout(stock: bool) -> Box<dyn Write> {
    match stock && !io::stdout().is_terminal() {
        true => Box::new(BufWriter::new(io::stdout())),
        false => Box::new(io::stdout()),
    }
}

fn carry_out(plan: &Plan, renderer: impl Renderer) -> ExitCode {
    let log = match IntervalLog::of(plan) {
        Ok(log) => log,
        Err(e) => return complain(plan, &e.to_string()),
    };
    let mut observers = (renderer, log);
    let ran = run::run(plan, &mut observers);
    let (mut renderer, log) = observers;
    let result = match ran {
        Ok(result) => result,
        Err(failure) => {
            // What it holds back comes first.
            drop(renderer);
            return fail(plan, &failure.report(plan.style.stock));
        }
    };
    let mut faults = faults(&result);
    faults.extend(save_ledger(plan, &result).err().map(|e| format!("--hook-ledger: cannot write the file: {e}")));
    if let Some(Err(e)) = log.map(IntervalLog::finish) {
        faults.push(format!("{e}; these results cover only the time until then"));
    }
    renderer.result(&result, &faults);
    match renderer.finish() {
        Ok(()) if faults.is_empty() => ExitCode::SUCCESS,
        Ok(()) => ExitCode::FAILURE,
        // Whoever reads our output has seen enough.
        Err(e) if e.kind() == ErrorKind::BrokenPipe => ExitCode::FAILURE,
        Err(e) => unwritten(&e),
    }
}

fn save_ledger(plan: &Plan, result: &RunResult) -> io::Result<()> {
    let file = plan.hook.as_ref().and_then(|hook| hook.ledger.as_deref());
    file.zip(Account::of(result)).map_or(Ok(()), |(file, account)| account.save(file))
}

fn complain(plan: &Plan, text: &str) -> ExitCode {
    fail(plan, &complaint(text))
}

fn complaint(text: &str) -> Report {
    Report { stdout: String::new(), stderr: format!("{}: {text}\n", cli::name()), status: 1 }
}

/// Says why a run has no results, in the form that results would have had.
fn fail(plan: &Plan, report: &Report) -> ExitCode {
    if plan.style.json { print(&failure(report)) } else { print(report) }
}

/// Prints each part where it belongs; the exit status that goes with it.
fn print(report: &Report) -> ExitCode {
    let mut out = io::stdout();
    let written = out.write_all(report.stdout.as_bytes()).and_then(|()| out.flush());
    let _ = io::stderr().write_all(report.stderr.as_bytes());
    match written {
        // A stream that nobody reads takes nothing from the exit status.
        Err(e) if e.kind() != ErrorKind::BrokenPipe => unwritten(&e),
        _ => ExitCode::from(report.status),
    }
}

/// Says that stdout does not have what it should, on the stream that is left.
fn unwritten(error: &io::Error) -> ExitCode {
    let _ = io::stderr().write_all(complaint(&format!("cannot write to stdout: {error}")).stderr.as_bytes());
    ExitCode::FAILURE
}
