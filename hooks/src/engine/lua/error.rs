//! Why a script cannot be a hook: found when it is loaded, and told with its line.

use std::io;

use super::{ON_PACKET, SCRIPT_MAX};

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
