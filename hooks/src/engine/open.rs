//! From what was asked for to an engine that runs, for hosts that choose at run time.

use std::path::Path;

use super::{Burning, NativeEngine, NullEngine, PacketEngine};
use crate::spec::{Engine, HookSpec};

/// Why there is no engine for a hook.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OpenError {
    /// The engine runs in the kernel.
    #[error("{0} runs in the kernel, not in this process")]
    InKernel(Engine),
    /// The build has no Lua.
    #[error("this build has no Lua: build with the feature lua, luajit or luau")]
    NoLua,
    /// A script is asked for and there is no directory to look in.
    #[error("script={0} needs a directory of scripts: start the hook host with --hook-dir DIR")]
    NoDirectory(String),
    /// The script is at fault.
    #[cfg(feature = "script")]
    #[error(transparent)]
    Lua(#[from] super::LuaError),
}

/// The engine of a hook in user space, ready to run; `directory` is where scripts come from.
///
/// # Errors
///
/// [`OpenError`], which says what to do.
pub fn open(spec: &HookSpec, directory: Option<&Path>) -> Result<Box<dyn PacketEngine>, OpenError> {
    match spec.engine {
        Engine::Null => Ok(Box::new(NullEngine)),
        Engine::Native => {
            let native = NativeEngine::new(spec.params.filter());
            Ok(match spec.params.burn {
                None => Box::new(native),
                Some(burn) => Box::new(Burning::new(native, burn)),
            })
        }
        Engine::Lua => open_lua(spec, directory),
        Engine::Ebpf => Err(OpenError::InKernel(spec.engine)),
    }
}

#[cfg(feature = "script")]
fn open_lua(spec: &HookSpec, directory: Option<&Path>) -> Result<Box<dyn PacketEngine>, OpenError> {
    use super::{LuaEngine, Script};

    let filter = spec.params.filter();
    let script = match (&spec.params.script, directory) {
        (None, _) => Script::of(filter.rung),
        (Some(name), Some(directory)) => Script::read(directory, name)?,
        (Some(name), None) => return Err(OpenError::NoDirectory(name.to_string())),
    };
    Ok(Box::new(LuaEngine::load(&script, &filter)?))
}

#[cfg(not(feature = "script"))]
fn open_lua(_spec: &HookSpec, _directory: Option<&Path>) -> Result<Box<dyn PacketEngine>, OpenError> {
    Err(OpenError::NoLua)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::corpus;
    use crate::verdict::Verdict;

    fn open_text(spec: &str, directory: Option<&Path>) -> Result<Box<dyn PacketEngine>, OpenError> {
        open(&spec.parse().unwrap(), directory)
    }

    /// How many frames of the corpus the hook drops.
    fn drops(spec: &str, directory: Option<&Path>) -> usize {
        let mut engine = open_text(spec, directory).unwrap();
        corpus().iter().filter(|frame| engine.on_frame(&frame.bytes) == Verdict::Drop).count()
    }

    #[test]
    fn a_spec_s_parameters_reach_its_engine() {
        assert_eq!(drops("null", None), 0);
        assert_eq!(drops("native:filter=parse", None), 0);
        assert!(drops("native:filter=payload", None) > drops("native", None));
        assert!(drops("native:port=40000", None) > drops("native:port=1", None));
    }

    #[test]
    fn a_kernel_engine_is_refused() {
        assert!(matches!(open_text("ebpf", None), Err(OpenError::InKernel(Engine::Ebpf))));
    }

    #[cfg(feature = "script")]
    #[test]
    fn scripts_come_from_the_directory_only() {
        let directory = tempfile::tempdir().unwrap();
        std::fs::write(directory.path().join("all.lua"), "function on_packet() return DROP end").unwrap();
        assert_eq!(drops("lua:port=40000", None), drops("native:port=40000", None));
        assert_eq!(drops("lua:script=all.lua", Some(directory.path())), corpus().len());
        let refused = open_text("lua:script=all.lua", None).err().unwrap();
        assert!(refused.to_string().contains("--hook-dir"), "{refused}");
    }

    #[cfg(not(feature = "script"))]
    #[test]
    fn a_build_without_lua_says_so() {
        assert!(matches!(open_text("lua", None), Err(OpenError::NoLua)));
    }
}
