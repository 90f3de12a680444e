//! The command line: what the user typed, and what it means.
//!
//! netperf's dialect is parsed by `compat` (getopt's permutation, `--`, optional arguments and pairs cannot be
//! said in clap); clap renders the help from the same tables.

mod chosen;
mod ends;
mod forms;
mod help;
mod hook;
mod links;
mod load;
mod meaning;
mod named;
mod open_loop;
mod own;
mod persona;
mod warm_up;

use std::ffi::OsString;
use std::path::PathBuf;

use compat::args::{self, Stream};
use compat::text::failure::Report;
use compat::text::tcp_info::DUMP_TCP_INFO;

pub(crate) use help::netperf_argument;
pub use persona::name;

use crate::plan::Plan;
use meaning::Surroundings;
use own::OwnId;
pub(crate) use persona::Persona;

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
    let persona = Persona::of(argv.first());
    if persona == Persona::Rrgen && argv.get(1).is_some_and(|word| word == HOOKS) {
        return Ok(Command::Print(Report { stdout: hooks::capability::Host::probe().describe(), ..nothing() }));
    }
    let own = if persona == Persona::Netperf { &[] } else { own::OPTIONS };
    let invocation = args::parse(argv, own).map_err(|error| persona.usage_error(&error))?;
    if let Some(info) = invocation.info {
        return Ok(Command::Print(persona.inform(info)));
    }
    if let Some((_, Some(dir))) = invocation.own.iter().find(|(id, _)| *id == OwnId::InstallLinks) {
        return links::install(dir.as_ref()).map(Command::Print).map_err(refused);
    }
    let local = invocation.own.iter().any(|(id, _)| *id == OwnId::Local);
    let words: Vec<_> = argv.iter().map(|word| word.to_string_lossy()).collect();
    let around = Surroundings {
        local,
        stock: persona == Persona::Netperf,
        dump_tcp_info: std::env::var_os(DUMP_TCP_INFO).is_some(),
        command_line: &words.join(" "),
    };
    let plan = meaning::plan(&invocation, &around)?;
    let mut notices = nothing();
    for warning in &invocation.warnings {
        match warning.stream() {
            // There stdout has nothing but the document.
            Some(Stream::Stdout) if plan.style.json => notices.stderr.push_str(&format!("{warning}\n")),
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

/// A command line that cannot be carried out.
fn refused(text: impl std::fmt::Display) -> Report {
    Report { stderr: format!("{}: {text}\n", name()), status: 1, ..nothing() }
}
