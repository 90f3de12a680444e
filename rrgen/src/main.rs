//! `rrgen`: command line to plan, plan to run, run to netperf's text.

use std::io::{self, ErrorKind, Write};
use std::process::ExitCode;

use compat::text::failure::Report;
use compat::wire::Family;
use rrgen::cli::{self, Command, Inside};
use rrgen::local::LocalServer;
use rrgen::output::Printer;
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
        Err(e) => return complain(&e.to_string()),
    };
    let address = server.address();
    plan.target.host = Host { name: address.ip().to_string(), family: plan.target.host.family };
    plan.target.port = address.port();
    run_and_print(&plan)
}

fn run_and_print(plan: &Plan) -> ExitCode {
    let mut printer = Printer::new(plan, io::stdout().lock(), io::stderr());
    let complete = match run::run(plan, &mut printer) {
        Ok(result) => printer.result(&result),
        Err(failure) => return print(&failure.report(plan.style.stock)),
    };
    match printer.finish() {
        Ok(()) if complete => ExitCode::SUCCESS,
        Ok(()) => ExitCode::FAILURE,
        // Whoever reads our output has seen enough.
        Err(e) if e.kind() == ErrorKind::BrokenPipe => ExitCode::FAILURE,
        Err(e) => complain(&format!("cannot write to stdout: {e}")),
    }
}

fn complain(text: &str) -> ExitCode {
    print(&Report { stdout: String::new(), stderr: format!("rrgen: {text}\n"), status: 1 })
}

/// Prints each part where it belongs; the exit status that goes with it.
fn print(report: &Report) -> ExitCode {
    // A stream that nobody reads takes nothing from the exit status.
    let _ = io::stdout().write_all(report.stdout.as_bytes());
    let _ = io::stdout().flush();
    let _ = io::stderr().write_all(report.stderr.as_bytes());
    ExitCode::from(report.status)
}
