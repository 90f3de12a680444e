//! The limits of a script: memory, and instructions per call.
//!
//! The interpreter counts instructions and calls back once per [`TICK`]. The count runs on from packet to packet, so
//! that a packet only has to clear the number of ticks seen, and is stopped at its [`PACKET_TICKS`]th: after
//! more than one and at most two times [`TICK`] instructions. (Luau calls back at every loop and call instead.)

use std::sync::atomic::{AtomicU32, Ordering::Relaxed};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use mlua::{Lua, VmState};

/// Memory of one interpreter, in bytes.
pub const MEMORY_MAX: usize = 4 * 1024 * 1024;
/// Instructions between two looks at the budget.
pub const TICK: u32 = if cfg!(feature = "luau") { 1 } else { 10_000 };
/// Ticks that end a packet.
const PACKET_TICKS: u32 = if cfg!(feature = "luau") { 20_000 } else { 2 };
/// Ticks that end the loading of a script, which may build tables.
const LOAD_TICKS: u32 = PACKET_TICKS * 500;

/// Calls within the prelude that may lie above the script's own; `find_tcp` and its steps are three.
const PRELUDE_DEPTH: usize = 4;

/// What the running call has used up, and where it was stopped.
#[derive(Debug)]
pub(super) struct Meter {
    ticks: AtomicU32,
    limit: AtomicU32,
    /// The script's name, by which its lines are told from the prelude's.
    script: String,
    /// What the budget had to say; the interpreter's own error does not carry it through a bare call.
    stopped: Mutex<Option<String>>,
    /// The line last entered; followed from the first error without a line on.
    line: Mutex<Option<String>>,
}

impl Meter {
    /// A meter for `lua`, with the limits of loading, installed.
    pub(super) fn install(lua: &Lua, script: &str) -> mlua::Result<Arc<Meter>> {
        let meter = Arc::new(Meter {
            ticks: AtomicU32::new(0),
            limit: AtomicU32::new(LOAD_TICKS),
            script: script.to_owned(),
            stopped: Mutex::default(),
            line: Mutex::default(),
        });
        match lua.set_memory_limit(MEMORY_MAX) {
            // LuaJIT brings its own allocator: there, `tick` looks at the memory instead.
            Ok(_) | Err(mlua::Error::MemoryControlNotAvailable) => {}
            Err(error) => return Err(error),
        }
        watch(lua, &meter, false)?;
        Ok(meter)
    }

    /// Ends loading: from now on the limits of a packet count.
    pub(super) fn loaded(&self) {
        self.limit.store(PACKET_TICKS, Relaxed);
    }

    /// Begins a call with a fresh budget.
    #[inline]
    pub(super) fn begin(&self) {
        self.ticks.store(0, Relaxed);
    }

    /// What stopped the last call, if the budget did.
    pub(super) fn stopped(&self) -> Option<String> {
        lock(&self.stopped).take()
    }

    /// The line of an error that came without one. The first such error starts the search, since following
    /// every line is dear; the next one finds it.
    pub(super) fn locate(self: &Arc<Meter>, lua: &Lua) -> Option<String> {
        let line = lock(&self.line).take();
        if line.is_none() {
            // A failing request to follow lines leaves the error without one.
            watch(lua, self, true).ok()?;
        }
        line
    }

    /// Counts one tick; an error when the call has used up its budget.
    fn tick(&self, lua: &Lua) -> mlua::Result<VmState> {
        let used_up = self.ticks.fetch_add(1, Relaxed) + 1 >= self.limit.load(Relaxed);
        let reason = if used_up {
            format!("stopped after {} instructions", self.limit.load(Relaxed) * TICK)
        } else if lua.used_memory() > MEMORY_MAX {
            "not enough memory".to_owned()
        } else {
            return Ok(VmState::Continue);
        };
        let reason = self.here(lua).map_or(reason.clone(), |line| format!("{line}: {reason}"));
        *lock(&self.stopped) = Some(reason.clone());
        Err(mlua::Error::runtime(reason))
    }

    /// Where the script is, as `name:line`; the functions of the prelude that it may be in are stepped over.
    fn here(&self, lua: &Lua) -> Option<String> {
        let line_at = |level| {
            lua.inspect_stack(level, |debug| {
                let own = debug.source().short_src.as_deref() == Some(self.script.as_str());
                debug.current_line().filter(|_| own)
            })?
        };
        (0..PRELUDE_DEPTH).find_map(line_at).map(|line| format!("{}:{line}", self.script))
    }
}

/// Has the interpreter call back once per tick and, when `lines`, at every line.
#[cfg(not(feature = "luau"))]
fn watch(lua: &Lua, meter: &Arc<Meter>, lines: bool) -> mlua::Result<()> {
    use mlua::HookTriggers;
    use mlua::debug::DebugEvent;

    let ticks = HookTriggers::new().every_nth_instruction(TICK);
    let meter = Arc::clone(meter);
    lua.set_hook(if lines { ticks.every_line() } else { ticks }, move |lua, debug| {
        if debug.event() == DebugEvent::Line {
            *lock(&meter.line) = meter.here(lua);
            return Ok(VmState::Continue);
        }
        meter.tick(lua)
    })
}

/// Has the interpreter call back at every loop and call, which is also where lines are followed.
#[cfg(feature = "luau")]
fn watch(lua: &Lua, meter: &Arc<Meter>, lines: bool) -> mlua::Result<()> {
    let meter = Arc::clone(meter);
    lua.set_interrupt(move |lua| {
        if lines {
            *lock(&meter.line) = meter.here(lua);
        }
        meter.tick(lua)
    });
    Ok(())
}

/// The content, whatever became of the thread that held the lock last: it is replaced as a whole.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
