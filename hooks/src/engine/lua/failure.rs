//! Failed calls: counted all, and the first one kept with its line.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use mlua::Lua;

use crate::ledger::clip_error;

/// Why a call gave no verdict.
#[derive(Debug)]
pub(super) enum Failure {
    /// An error of the script, which mostly says where.
    Raised(String),
    /// Memory ran out, which does not.
    Memory(String),
    /// Neither `PASS` nor `DROP` was returned.
    NoVerdict,
}

/// The failures of one script.
#[derive(Debug)]
pub(super) struct Failures {
    /// The script's name.
    script: String,
    /// Where it defines `on_packet`, as `name:line`.
    defined_at: String,
    count: u64,
    first: Option<FirstError>,
    /// The line the script is in; followed from the first failure without one on, since following is dear.
    line: Arc<Mutex<Option<String>>>,
}

#[derive(Debug)]
struct FirstError {
    text: String,
    /// Whether the text begins with the line that failed, not just with that of `on_packet`.
    located: bool,
}

impl Failures {
    /// No failure yet.
    pub(super) fn new(script: &str, line: usize) -> Failures {
        Failures {
            script: script.to_owned(),
            defined_at: format!("{script}:{line}"),
            count: 0,
            first: None,
            line: Arc::default(),
        }
    }

    /// How many calls failed.
    pub(super) fn count(&self) -> u64 {
        self.count
    }

    /// The first failure, beginning with `name:line:`; the line of `on_packet` where no better one is known.
    pub(super) fn first(&self) -> Option<String> {
        self.first.as_ref().map(|first| first.text.clone())
    }

    /// Notes a failure.
    #[cold]
    pub(super) fn note(&mut self, lua: &Lua, failure: Failure) {
        self.count += 1;
        if self.first.as_ref().is_some_and(|first| first.located) {
            return;
        }
        let (text, located) = match failure {
            Failure::Raised(text) if text.starts_with(&format!("{}:", self.script)) => (text, true),
            // A tail call hides the line of an error; the function it was in is known all the same.
            Failure::Raised(text) => (format!("{}: {text}", self.defined_at), true),
            Failure::NoVerdict => (format!("{}: on_packet returned neither PASS nor DROP", self.defined_at), true),
            Failure::Memory(text) => match lock(&self.line).take() {
                Some(line) => (format!("{line}: {text}"), true),
                None => (format!("{}: {text}", self.defined_at), false),
            },
        };
        if !located {
            follow_lines(lua, &self.script, &self.line);
        }
        if located || self.first.is_none() {
            self.first = Some(FirstError { text: clip_error(&text), located });
        }
    }
}

/// Has the interpreter tell every line of the script that it enters; an error without a line is no reason to fail.
#[cfg(not(feature = "luau"))]
fn follow_lines(lua: &Lua, script: &str, line: &Arc<Mutex<Option<String>>>) {
    let (script, line) = (script.to_owned(), Arc::clone(line));
    let _ = lua.set_hook(mlua::HookTriggers::EVERY_LINE, move |_, debug| {
        if debug.source().short_src.as_deref() == Some(script.as_str()) {
            *lock(&line) = debug.current_line().map(|number| format!("{script}:{number}"));
        }
        Ok(mlua::VmState::Continue)
    });
}

/// Luau cannot tell lines as it goes: its memory errors stay with the line of `on_packet`.
#[cfg(feature = "luau")]
fn follow_lines(_lua: &Lua, _script: &str, _line: &Arc<Mutex<Option<String>>>) {}

/// The content, whatever became of a thread that held the lock: it is only ever replaced as a whole.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
