//! How a running call is made to stop, interpreter by interpreter.
//!
//! PUC Lua and LuaJIT can be told from a signal handler to call back after so many instructions, and are not slowed
//! down before. (A count that is always on costs PUC Lua a function call per instruction: it doubles the
//! price of a packet.) Luau looks for an interrupt at every loop and call anyway.

use std::ffi::c_int;

use mlua::ffi::{self, lua_State};

/// Instructions left to a call once it is told to stop. A thread that was merely not scheduled finishes within.
#[cfg(not(feature = "luau"))]
const GRACE_INSTRUCTIONS: c_int = 100_000;

/// Has the running call raise an error soon.
///
/// # Safety
///
/// `state` is alive and in a call on this thread. May be called by a signal handler.
#[cfg(not(feature = "luau"))]
pub(super) unsafe fn request(state: *mut lua_State) {
    // SAFETY: the one function of the interface that a signal handler may call; the standard `lua` program does so too.
    unsafe { ffi::lua_sethook(state, Some(stop), ffi::LUA_MASKCOUNT, GRACE_INSTRUCTIONS) };
}

/// Takes the request back.
///
/// # Safety
///
/// `state` is alive and used by this thread only.
#[cfg(not(feature = "luau"))]
pub(super) unsafe fn clear(state: *mut lua_State) {
    // SAFETY: as required of the caller.
    unsafe { ffi::lua_sethook(state, None, 0, 0) };
}

#[cfg(not(feature = "luau"))]
unsafe extern "C-unwind" fn stop(state: *mut lua_State, _event: *mut ffi::lua_Debug) {
    // SAFETY: called by the interpreter in `state`.
    unsafe { raise(state) };
}

/// As above, for Luau.
///
/// # Safety
///
/// `state` is alive and in a call on this thread. May be called by a signal handler.
#[cfg(feature = "luau")]
pub(super) unsafe fn request(state: *mut lua_State) {
    // SAFETY: the callbacks live as long as the state, and this one is read anew at every safe point.
    unsafe { (*ffi::lua_callbacks(state)).interrupt = Some(stop) };
}

/// As above, for Luau.
///
/// # Safety
///
/// `state` is alive and used by this thread only.
#[cfg(feature = "luau")]
pub(super) unsafe fn clear(state: *mut lua_State) {
    // SAFETY: as required of the caller.
    unsafe { (*ffi::lua_callbacks(state)).interrupt = None };
}

#[cfg(feature = "luau")]
unsafe extern "C-unwind" fn stop(state: *mut lua_State, collecting: c_int) {
    // The collector's own safe points cannot raise errors.
    if collecting < 0 {
        // SAFETY: called by the interpreter in `state`.
        unsafe { raise(state) };
    }
}

/// Raises the error of a call that takes too long, at the line it is in.
///
/// # Safety
///
/// `state` is calling back, and no frame up to the interpreter's holds a value that needs dropping.
unsafe fn raise(state: *mut lua_State) {
    // SAFETY: a callback has room for the two strings; raising the error is what the caller allows.
    unsafe {
        ffi::luaL_where(state, 0);
        ffi::lua_pushstring(state, c"stopped: the call takes too long".as_ptr());
        ffi::lua_concat(state, 2);
        ffi::lua_error(state);
    }
}
