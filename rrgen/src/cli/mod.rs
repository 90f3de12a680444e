//! The command line: what the user typed, and what it means.
//!
//! netperf's dialect is parsed by `compat` (getopt's permutation, `--`, optional arguments and pairs cannot be
//! said in clap); clap renders the help from the same tables.

mod help;
mod hook;
mod meaning;
mod own;

use std::ffi::OsString;
use std::path::PathBuf;

use compat::args::{self, Info, Stream};
use compat::text::failure::Report;

use crate::plan::Plan;
use own::OwnId;

/// A server inside.
#[derive(Debug)]
pub struct Inside {
    /// Where its hooks take scripts and objects from (`--hook-dir`).
    pub hook_dir: Option<PathBuf>,
}

/// What the program is asked to do.
#[derive(Debug)]
pub enum Command {
    /// Run the test.
    Run {
        /// What to run.
        plan: Box<Plan>,
        /// Against a server inside (`--local`), which takes scripts and objects from this folder.
        local: Option<Inside>,
        /// What netperf says about the options before it starts.
        notices: Report,
    },
    /// Print something and leave.
    Print(Report),
}

/// As the first word: print what hooks this host can run. netperf would ignore it as a stray word.
const HOOKS: &str = "hooks";

/// Understands the words of a command line, the program's name first.
///
/// # Errors
/// What is wrong with it, with the stream and the exit status it belongs to.
pub fn read(argv: &[OsString]) -> Result<Command, Report> {
    if argv.get(1).is_some_and(|word| word == HOOKS) {
        return Ok(Command::Print(Report { stdout: hooks::capability::Host::probe().describe(), ..nothing() }));
    }
    let invocation = args::parse(argv, own::OPTIONS).map_err(|error| usage_error(&error))?;
    if let Some(info) = invocation.info {
        return Ok(Command::Print(inform(info)));
    }
    let local = invocation.own.iter().any(|(id, _)| *id == OwnId::Local);
    let plan = meaning::plan(&invocation, local)?;
    let mut notices = nothing();
    for warning in &invocation.warnings {
        match warning.stream() {
            Some(Stream::Stdout) => notices.stdout.push_str(&format!("{warning}\n")),
            Some(Stream::Stderr) => notices.stderr.push_str(&format!("{warning}\n")),
            None => {}
        }
    }
    let local = local.then(|| Inside { hook_dir: hook::hook_dir(&invocation.own) });
    Ok(Command::Run { plan: Box::new(plan), local, notices })
}

fn nothing() -> Report {
    Report { stdout: String::new(), stderr: String::new(), status: 0 }
}

fn inform(info: Info) -> Report {
    let version = format!("rrgen {}, compatible with Netperf version 2.7.0\n", env!("CARGO_PKG_VERSION"));
    match info {
        Info::Version => Report { stdout: version, ..nothing() },
        Info::Help => Report { stdout: help::text(), ..nothing() },
        // netperf's own exit status and streams for its -h.
        Info::Usage => Report { stderr: help::text(), status: 1, ..nothing() },
        Info::TestUsage => Report { stdout: help::text(), status: 1, ..nothing() },
    }
}

fn usage_error(error: &args::ArgsError) -> Report {
    let text = match error {
        // Begins with the program's name, as getopt's messages do.
        args::ArgsError::Getopt { .. } => format!("{error}\nrrgen: `rrgen --help` lists the options\n"),
        _ => format!("rrgen: {error}\n"),
    };
    match error.stream() {
        Stream::Stdout => Report { stdout: text, status: error.status(), ..nothing() },
        Stream::Stderr => Report { stderr: text, status: error.status(), ..nothing() },
    }
}

/// A command line that cannot be carried out.
fn refused(text: impl std::fmt::Display) -> Report {
    Report { stderr: format!("rrgen: {text}\n"), status: 1, ..nothing() }
}
