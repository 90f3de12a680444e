//! Lua: the ladder as readable scripts, and the user's own.
//!
//! A script defines `on_packet(pkt)` and returns `PASS` or `DROP`; `PORT` and `PAYLOAD` hold the hook's parameters
//! and `find_tcp(pkt)` does the walk (`lua/walk.lua`). A function `counters()`, if there is one, returns what the
//! script counted: calls, frames with TCP, passes, drops. Whatever a script does, it sees nothing of the host
//! (`lua/sandbox.lua`), its memory is limited, a call that does not end is ended (`watchdog`), and an error passes
//! the packet.
//!
//! The call itself goes through the interpreter's C interface: one protected call, two registry look-ups, no
//! allocation.

mod failure;
mod interrupt;
mod packet;
mod running;
mod script;
mod watchdog;

use std::ffi::{CStr, c_int};
use std::io;
use std::sync::Arc;

use mlua::chunk::ChunkMode;
use mlua::ffi::{self, lua_State};
use mlua::{Function, Lua, LuaOptions, RegistryKey, StdLib};

use self::failure::{Failure, Failures};
use self::packet::packet_table;
use self::running::{Pulse, run};
use self::watchdog::Watchdog;
use super::{EngineReport, PacketEngine};
use crate::filter::{Filter, FilterCounters};
use crate::ledger::clip_error;
use crate::verdict::Verdict;

pub use script::{SCRIPT_MAX, Script};

/// Memory of one interpreter, in bytes.
pub const MEMORY_MAX: usize = 4 * 1024 * 1024;

/// `PASS` and `DROP` as a script sees them, numbered as netfilter numbers its verdicts.
const PASS: ffi::lua_Integer = 1;
const DROP: ffi::lua_Integer = 0;
/// The function every script defines, and the one it may define.
const ON_PACKET: &str = "on_packet";
const COUNTERS: &str = "counters";
/// Stack slots of one call: the function, its argument, and one to spare for the error.
const STACK: c_int = 3;

/// What runs in every interpreter before the script.
const PRELUDE: [(&str, &str); 2] =
    [("sandbox.lua", include_str!("../../../lua/sandbox.lua")), ("walk.lua", include_str!("../../../lua/walk.lua"))];

/// Why a script cannot be a hook.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LuaError {
    /// The file cannot be read.
    #[error("script {name}: {error}; scripts are looked for in --hook-dir")]
    Unreadable {
        /// The file's name.
        name: String,
        /// Why.
        error: io::Error,
    },
    /// The file is longer than [`SCRIPT_MAX`].
    #[error("script {name} is longer than {SCRIPT_MAX} bytes")]
    TooLong {
        /// The file's name.
        name: String,
    },
    /// The script does not compile or fails while it is loaded; the text begins with `name:line:`.
    #[error("{0}")]
    Load(String),
    /// The script compiles and defines no function `on_packet`.
    #[error("{name}:{line}: the script ends without having defined a function {ON_PACKET}(pkt)")]
    NoFunction {
        /// The script's name.
        name: String,
        /// Its last line.
        line: usize,
    },
    /// The interpreter could not be set up.
    #[error("cannot set up the Lua interpreter: {0}")]
    Interpreter(#[from] mlua::Error),
    /// The watchdog could not be started.
    #[error("cannot watch over the Lua interpreter: {0}")]
    Watchdog(io::Error),
}

/// One interpreter with one script.
pub struct LuaEngine {
    lua: Lua,
    state: State,
    on_packet: RegistryKey,
    pkt: RegistryKey,
    pulse: Arc<Pulse>,
    hash: String,
    failures: Failures,
    _watchdog: Watchdog,
}

/// The interpreter's own handle, taken once.
struct State(*mut lua_State);

// SAFETY: the handle belongs to the `Lua` of the same engine and is only used through `&mut LuaEngine`, so by one
// thread at a time; the interpreter itself is not bound to a thread (mlua's `send`).
unsafe impl Send for State {}

impl LuaEngine {
    /// Loads a script with the parameters of `filter`.
    ///
    /// # Errors
    ///
    /// [`LuaError::Load`] and [`LuaError::NoFunction`], with the line; [`LuaError::Interpreter`] and
    /// [`LuaError::Watchdog`] when the host is at fault.
    pub fn load(script: &Script, filter: &Filter) -> Result<LuaEngine, LuaError> {
        let lua = sandboxed(filter)?;
        let state = reserve_stack(&lua)?;
        let pulse = Arc::new(Pulse::default());
        let watchdog = Watchdog::start(Arc::clone(&pulse)).map_err(LuaError::Watchdog)?;
        let chunk = lua.load(script.text()).set_name(format!("@{}", script.name())).set_mode(ChunkMode::Text);
        run(state, &pulse, &[], || chunk.exec()).map_err(|error| LuaError::Load(load_error(script, &error)))?;
        let no_function = |_| LuaError::NoFunction { name: script.name().to_owned(), line: script.last_line() };
        let on_packet: Function = lua.globals().get(ON_PACKET).map_err(no_function)?;
        let line = on_packet.info().line_defined.unwrap_or_default();
        Ok(LuaEngine {
            state: State(state),
            on_packet: lua.create_registry_value(on_packet)?,
            pkt: lua.create_registry_value(packet_table(&lua)?)?,
            lua,
            pulse,
            hash: script.hash(),
            failures: Failures::new(script.name(), line),
            _watchdog: watchdog,
        })
    }

    /// Calls `on_packet(pkt)`.
    #[inline]
    fn call(&self) -> Result<Verdict, Failure> {
        let state = self.state.0;
        // SAFETY: the handle is alive and used by this thread only; `reserve_stack` made room for what is pushed; the
        // call is protected, so neither error nor lack of memory unwinds past it; the one value it leaves is popped.
        unsafe {
            ffi::lua_rawgeti(state, ffi::LUA_REGISTRYINDEX, self.on_packet.id().into());
            ffi::lua_rawgeti(state, ffi::LUA_REGISTRYINDEX, self.pkt.id().into());
            let status = ffi::lua_pcall(state, 1, 1, 0);
            let outcome = if status == ffi::LUA_OK { verdict(state) } else { Err(failure(state, status)) };
            ffi::lua_settop(state, -2);
            outcome
        }
    }

    /// What the script counted, if it says.
    fn counters(&self) -> Option<FilterCounters> {
        let counters: Function = self.lua.globals().get(COUNTERS).ok()?;
        let (calls, tcp, passes, drops) = run(self.state.0, &self.pulse, &[], || counters.call(())).ok()?;
        Some(FilterCounters { calls, tcp, passes, drops })
    }
}

impl PacketEngine for LuaEngine {
    #[inline]
    fn on_frame(&mut self, frame: &[u8]) -> Verdict {
        match run(self.state.0, &self.pulse, frame, || self.call()) {
            Ok(verdict) => verdict,
            Err(failure) => {
                self.failures.note(&self.lua, failure);
                Verdict::Pass
            }
        }
    }

    fn report(&mut self) -> EngineReport {
        EngineReport {
            counters: self.counters(),
            errors: self.failures.count(),
            first_error: self.failures.first(),
            hash: Some(self.hash.clone()),
        }
    }
}

/// An interpreter with the prelude, the parameters, and nothing else.
fn sandboxed(filter: &Filter) -> mlua::Result<Lua> {
    // LuaJIT runs interpreted: its compiler starts with the `jit` library, and compiled loops cannot be interrupted.
    let lua = Lua::new_with(StdLib::MATH | StdLib::STRING | StdLib::TABLE, LuaOptions::default())?;
    lua.set_memory_limit(MEMORY_MAX)?;
    for (name, text) in PRELUDE {
        lua.load(text).set_name(format!("@{name}")).exec()?;
    }
    let globals = lua.globals();
    globals.set("PASS", PASS)?;
    globals.set("DROP", DROP)?;
    globals.set("PORT", filter.port)?;
    globals.set("PAYLOAD", lua.create_string(filter.pattern.as_bytes())?)?;
    Ok(lua)
}

/// The interpreter's handle, with room on its stack for one call at a time.
fn reserve_stack(lua: &Lua) -> mlua::Result<*mut lua_State> {
    let mut handle = std::ptr::null_mut();
    let mut reserved = 0;
    // SAFETY: growing the stack is protected by `exec_raw`; the handle stays valid as long as `lua`.
    unsafe {
        lua.exec_raw::<()>((), |state| {
            handle = state;
            reserved = ffi::lua_checkstack(state, STACK);
        })?;
    }
    if reserved == 0 { Err(mlua::Error::StackError) } else { Ok(handle) }
}

/// The verdict on top of the stack.
///
/// # Safety
///
/// `state` is alive and has a value on its stack.
#[inline]
unsafe fn verdict(state: *mut lua_State) -> Result<Verdict, Failure> {
    let mut is_number = 0;
    // SAFETY: reading a number changes nothing but its form.
    let value = unsafe { ffi::lua_tointegerx(state, -1, &raw mut is_number) };
    match (is_number, value) {
        (1, PASS) => Ok(Verdict::Pass),
        (1, DROP) => Ok(Verdict::Drop),
        _ => Err(Failure::NoVerdict),
    }
}

/// The error on top of the stack.
///
/// # Safety
///
/// `state` is alive and has an error on its stack.
#[cold]
unsafe fn failure(state: *mut lua_State, status: c_int) -> Failure {
    // SAFETY: a string is only borrowed, until it is popped; other values are not converted, which could fail.
    let text = unsafe {
        if ffi::lua_type(state, -1) == ffi::LUA_TSTRING {
            CStr::from_ptr(ffi::lua_tostring(state, -1)).to_string_lossy().into_owned()
        } else {
            "an error without text".to_owned()
        }
    };
    if status == ffi::LUA_ERRMEM { Failure::Memory(text) } else { Failure::Raised(text) }
}

/// The first line of a load error, without the interpreter's traceback, led by the script's name.
fn load_error(script: &Script, error: &mlua::Error) -> String {
    let text = match error {
        mlua::Error::SyntaxError { message, .. } | mlua::Error::RuntimeError(message) => message.clone(),
        other => other.to_string(),
    };
    let text = clip_error(text.lines().next().unwrap_or_default());
    if text.starts_with(script.name()) { text } else { format!("{}: {text}", script.name()) }
}
