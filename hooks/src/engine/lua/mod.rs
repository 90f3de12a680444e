//! Lua: the ladder as readable scripts, and the user's own.
//!
//! A script defines `on_packet(pkt)` and returns `PASS` or `DROP`; `PORT` and `PAYLOAD` hold the hook's parameters
//! and `find_tcp(pkt)` does the walk (`lua/walk.lua`). A function `counters()`, if there is one, returns what the
//! script counted: calls, frames with TCP, passes, drops. Whatever a script does, it is bounded in memory and
//! instructions ([`budget`]), sees nothing of the host (`lua/sandbox.lua`), and an error passes the packet.
//!
//! The call itself is made through the interpreter's C interface: one protected call, two registry look-ups, no
//! allocation.

pub mod budget;
mod packet;
mod script;

use std::ffi::c_int;
use std::io;
use std::sync::Arc;

use mlua::chunk::ChunkMode;
use mlua::ffi::{self, lua_State};
use mlua::{Function, Lua, LuaOptions, RegistryKey, StdLib};

use self::budget::Meter;
use self::packet::{FrameSlot, packet_table};
use super::{EngineReport, PacketEngine};
use crate::filter::{Filter, FilterCounters};
use crate::ledger::clip_error;
use crate::verdict::Verdict;

pub use script::{SCRIPT_MAX, Script};

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
}

/// One interpreter with one script.
pub struct LuaEngine {
    /// Declared, and therefore dropped, before the slot that its functions point to.
    lua: Lua,
    state: State,
    on_packet: RegistryKey,
    pkt: RegistryKey,
    slot: Arc<FrameSlot>,
    meter: Arc<Meter>,
    /// Where the script defines `on_packet`, as `name:line`.
    defined_at: String,
    hash: String,
    errors: u64,
    first_error: Option<FirstError>,
}

/// The interpreter's own handle, taken once.
struct State(*mut lua_State);

// SAFETY: the handle belongs to the `Lua` of the same engine and is only used through `&mut LuaEngine`, so by one
// thread at a time; the interpreter itself is not bound to a thread (mlua's `send`).
unsafe impl Send for State {}

/// The failure that the ledger shows.
struct FirstError {
    text: String,
    /// Whether the text says where; a memory error does not.
    located: bool,
}

/// Why a call gave no verdict.
enum Failure {
    /// An error of the script, which says where.
    Raised(String),
    /// Memory ran out, which does not.
    Memory(String),
    /// Neither `PASS` nor `DROP`.
    NoVerdict,
}

impl LuaEngine {
    /// Loads a script with the parameters of `filter`.
    ///
    /// # Errors
    ///
    /// [`LuaError::Load`] and [`LuaError::NoFunction`], with the line, and [`LuaError::Interpreter`].
    pub fn load(script: &Script, filter: &Filter) -> Result<LuaEngine, LuaError> {
        let lua = Lua::new_with(StdLib::MATH | StdLib::STRING | StdLib::TABLE, LuaOptions::default())?;
        let meter = Meter::install(&lua, script.name())?;
        let slot = Arc::new(FrameSlot::default());
        for (name, text) in PRELUDE {
            lua.load(text).set_name(format!("@{name}")).exec()?;
        }
        let globals = lua.globals();
        globals.set("PASS", PASS)?;
        globals.set("DROP", DROP)?;
        globals.set("PORT", filter.port)?;
        globals.set("PAYLOAD", lua.create_string(filter.pattern.as_bytes())?)?;
        let chunk = lua.load(script.text()).set_name(format!("@{}", script.name())).set_mode(ChunkMode::Text);
        chunk.exec().map_err(|error| LuaError::Load(load_error(script, &error)))?;
        let no_function = |_| LuaError::NoFunction { name: script.name().to_owned(), line: script.last_line() };
        let on_packet: Function = globals.get(ON_PACKET).map_err(no_function)?;
        let defined_at = format!("{}:{}", script.name(), on_packet.info().line_defined.unwrap_or(0));
        meter.loaded();
        Ok(LuaEngine {
            state: State(reserve_stack(&lua)?),
            on_packet: lua.create_registry_value(on_packet)?,
            pkt: lua.create_registry_value(packet_table(&lua, &slot)?)?,
            lua,
            slot,
            meter,
            defined_at,
            hash: script.hash(),
            errors: 0,
            first_error: None,
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

    #[cold]
    fn note(&mut self, failure: Failure) {
        self.errors += 1;
        let stopped = self.meter.stopped();
        if self.first_error.as_ref().is_some_and(|first| first.located) {
            return;
        }
        let (located, text) = match failure {
            Failure::Raised(text) => (true, stopped.unwrap_or_else(|| self.placed(text))),
            Failure::NoVerdict => (true, format!("{}: {ON_PACKET} returned neither PASS nor DROP", self.defined_at)),
            Failure::Memory(text) => match self.meter.locate(&self.lua) {
                Some(line) => (true, format!("{line}: {text}")),
                None => (false, text),
            },
        };
        if self.first_error.is_none() || located {
            self.first_error = Some(FirstError { text: clip_error(&text), located });
        }
    }

    /// An error's text with a line: its own, or, where a tail call has hidden it, that of `on_packet`.
    fn placed(&self, text: String) -> String {
        let script = self.defined_at.trim_end_matches(|c: char| c.is_ascii_digit());
        if text.starts_with(script) { text } else { format!("{}: {text}", self.defined_at) }
    }

    /// What the script counted, if it says.
    fn counters(&mut self) -> Option<FilterCounters> {
        let counters: Function = self.lua.globals().get(COUNTERS).ok()?;
        self.meter.begin();
        let (calls, tcp, passes, drops) = counters.call(()).ok()?;
        Some(FilterCounters { calls, tcp, passes, drops })
    }
}

impl PacketEngine for LuaEngine {
    #[inline]
    fn on_frame(&mut self, frame: &[u8]) -> Verdict {
        self.meter.begin();
        match self.slot.with(frame, || self.call()) {
            Ok(verdict) => verdict,
            Err(failure) => {
                self.note(failure);
                Verdict::Pass
            }
        }
    }

    fn report(&mut self) -> EngineReport {
        EngineReport {
            counters: self.counters(),
            errors: self.errors,
            first_error: self.first_error.as_ref().map(|first| first.text.clone()),
            hash: Some(self.hash.clone()),
        }
    }
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
    // SAFETY: reading a number changes nothing.
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
            std::ffi::CStr::from_ptr(ffi::lua_tostring(state, -1)).to_string_lossy().into_owned()
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
        mlua::Error::CallbackError { cause, .. } => cause.to_string(),
        other => other.to_string(),
    };
    let text = clip_error(text.lines().next().unwrap_or_default());
    match text.find(script.name()) {
        Some(start) => text[start..].to_owned(),
        None => format!("{}: {text}", script.name()),
    }
}
