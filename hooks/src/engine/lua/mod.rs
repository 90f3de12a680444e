//! Lua: the ladder as readable scripts, and the user's own.
//!
//! A script defines `on_packet(pkt)` and returns `PASS` or `DROP`; `PORT` and `PAYLOAD` hold the hook's parameters
//! and `find_tcp(pkt)` does the walk (`lua/walk.lua`). A function `counters()`, if there is one, returns what the
//! script counted: calls, frames with TCP, passes, drops. Whatever a script does, it sees nothing of the host
//! (`lua/sandbox.lua`), its memory is limited, a call that does not end is ended (`watchdog`), and an error passes
//! the packet.
//!
//! A frame is read through `pkt` (`packet`): `pkt:len()`, `pkt:u8(i)`, `pkt:u16(i)`, `pkt:u32(i)`, `pkt:bytes(i, n)`.

mod call;
mod error;
mod failure;
mod interrupt;
mod packet;
mod running;
mod script;
mod watchdog;

use std::sync::Arc;

use mlua::chunk::ChunkMode;
use mlua::{Function, Lua, LuaOptions, StdLib};

use self::call::{DROP, PASS, PacketCall};
use self::failure::Failures;
use self::packet::packet_table;
use self::running::{Pulse, run};
use self::watchdog::Watchdog;
use super::{EngineReport, PacketEngine};
use crate::filter::{Filter, FilterCounters};
use crate::ledger::clip_error;
use crate::verdict::Verdict;

pub use error::LuaError;
pub use script::{SCRIPT_MAX, Script};

/// Memory of one interpreter, in bytes.
pub const MEMORY_MAX: usize = 4 * 1024 * 1024;

/// The function every script defines, and the one it may define.
const ON_PACKET: &str = "on_packet";
const COUNTERS: &str = "counters";

/// What runs in every interpreter before the script.
const PRELUDE: [(&str, &str); 2] =
    [("sandbox.lua", include_str!("../../../lua/sandbox.lua")), ("walk.lua", include_str!("../../../lua/walk.lua"))];

/// One interpreter with one script.
pub struct LuaEngine {
    lua: Lua,
    call: PacketCall,
    pulse: Arc<Pulse>,
    hash: String,
    failures: Failures,
    _watchdog: Watchdog,
}

impl LuaEngine {
    /// Loads a script with the parameters of `filter`.
    ///
    /// # Errors
    ///
    /// [`LuaError::Load`] and [`LuaError::NoFunction`], with the line; [`LuaError::Interpreter`] and
    /// [`LuaError::Watchdog`] when the host is at fault.
    pub fn load(script: &Script, filter: &Filter) -> Result<LuaEngine, LuaError> {
        let lua = sandboxed(filter)?;
        let pulse = Arc::new(Pulse::default());
        let watchdog = Watchdog::start(Arc::clone(&pulse)).map_err(LuaError::Watchdog)?;
        let chunk = lua.load(script.text()).set_name(format!("@{}", script.name())).set_mode(ChunkMode::Text);
        run(call::state_of(&lua)?, &pulse, &[], || chunk.exec())
            .map_err(|error| LuaError::Load(load_error(script, &error)))?;
        let no_function = |_| LuaError::NoFunction { name: script.name().to_owned(), line: script.last_line() };
        let on_packet: Function = lua.globals().get(ON_PACKET).map_err(no_function)?;
        let line = on_packet.info().line_defined.unwrap_or_default();
        Ok(LuaEngine {
            call: PacketCall::new(&lua, on_packet, packet_table(&lua)?)?,
            lua,
            pulse,
            hash: script.hash(),
            failures: Failures::new(script.name(), line),
            _watchdog: watchdog,
        })
    }

    /// What the script counted, if it says.
    fn counters(&self) -> Option<FilterCounters> {
        let counters: Function = self.lua.globals().get(COUNTERS).ok()?;
        let (calls, tcp, passes, drops) = run(self.call.state(), &self.pulse, &[], || counters.call(())).ok()?;
        Some(FilterCounters { calls, tcp, passes, drops })
    }
}

impl PacketEngine for LuaEngine {
    #[inline]
    fn on_frame(&mut self, frame: &[u8]) -> Verdict {
        match run(self.call.state(), &self.pulse, frame, || self.call.make()) {
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

/// The first line of a load error, without the interpreter's traceback, led by the script's name.
fn load_error(script: &Script, error: &mlua::Error) -> String {
    let text = match error {
        mlua::Error::SyntaxError { message, .. } | mlua::Error::RuntimeError(message) => message.clone(),
        other => other.to_string(),
    };
    let text = clip_error(text.lines().next().unwrap_or_default());
    if text.starts_with(script.name()) { text } else { format!("{}: {text}", script.name()) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::filter::Rung;
    use crate::testing::corpus;

    #[test]
    fn a_call_allocates_nothing() {
        let frames = corpus();
        let mut engine = LuaEngine::load(&Script::of(Rung::Port), &Filter::of(Rung::Port)).unwrap();
        // Collected first, so that nothing old is freed while counting; run once, so that the stack has its depth.
        engine.lua.gc_collect().unwrap();
        let mut judge_all = || {
            for frame in &frames {
                engine.on_frame(&frame.bytes);
            }
            engine.lua.used_memory()
        };
        let before = judge_all();
        assert_eq!(judge_all(), before);
    }
}
