//! `pkt`, the frame as a script sees it: `pkt:u16(12)` and its siblings, without an allocation per call.
//!
//! The obvious binding, a userdata whose methods are found through its metatable and which is type-checked on
//! every access, costs more than the access. Here `pkt` is a plain table of C functions that ignore their `self`
//! and read the frame at hand (`benches/engines.rs` has both).

use std::ffi::c_int;

use mlua::ffi::{self, lua_State};
use mlua::{Lua, Table};

use super::running::{frame_len, with_bytes};

/// The stack index of the first argument behind `self`.
const FIRST: c_int = 2;

/// Builds `pkt`.
pub(super) fn packet_table(lua: &Lua) -> mlua::Result<Table> {
    let functions: [(&str, ffi::lua_CFunction); 5] =
        [("len", len), ("u8", uint::<1>), ("u16", uint::<2>), ("u32", uint::<4>), ("bytes", bytes)];
    let pkt = lua.create_table()?;
    for (name, function) in functions {
        // SAFETY: each function keeps to its arguments and its one result, and raises errors only where nothing
        // needs dropping.
        pkt.set(name, unsafe { lua.create_c_function(function) }?)?;
    }
    Ok(pkt)
}

/// `pkt:len()`: the frame's length in bytes.
unsafe extern "C-unwind" fn len(state: *mut lua_State) -> c_int {
    // SAFETY: called by the interpreter; a C function has room for its result.
    unsafe { ffi::lua_pushinteger(state, frame_len() as ffi::lua_Integer) };
    1
}

/// `pkt:u8(i)`, `pkt:u16(i)`, `pkt:u32(i)`: `N` bytes at offset `i` in network order, nil past the end.
unsafe extern "C-unwind" fn uint<const N: usize>(state: *mut lua_State) -> c_int {
    // SAFETY: called by the interpreter; a C function has room for its result.
    unsafe {
        let at = match offset(state, FIRST) {
            Ok(at) => at,
            Err(index) => return no_number(state, index),
        };
        with_bytes(at, N, |bytes| match bytes {
            Some(bytes) => {
                let value = bytes.iter().fold(0_u32, |value, byte| value << 8 | u32::from(*byte));
                ffi::lua_pushinteger(state, value as ffi::lua_Integer);
            }
            None => ffi::lua_pushnil(state),
        });
    }
    1
}

/// `pkt:bytes(i, n)`: `n` bytes at offset `i` as a string, nil past the end.
unsafe extern "C-unwind" fn bytes(state: *mut lua_State) -> c_int {
    // SAFETY: as for `uint`; the interpreter copies the bytes.
    unsafe {
        let (at, n) = match (offset(state, FIRST), offset(state, FIRST + 1)) {
            (Ok(at), Ok(n)) => (at, n),
            (Err(index), _) | (_, Err(index)) => return no_number(state, index),
        };
        with_bytes(at, n, |bytes| match bytes {
            Some(bytes) => {
                ffi::lua_pushlstring(state, bytes.as_ptr().cast(), bytes.len());
            }
            None => ffi::lua_pushnil(state),
        });
    }
    1
}

/// The argument at `index` as an offset, negative ones past any end; its index when it is no number.
///
/// # Safety
///
/// `state` is the running function's.
#[inline]
unsafe fn offset(state: *mut lua_State, index: c_int) -> Result<usize, c_int> {
    let mut is_number = 0;
    // SAFETY: an absent argument reads as no number.
    let value = unsafe { ffi::lua_tointegerx(state, index, &raw mut is_number) };
    if is_number == 0 { Err(index) } else { Ok(usize::try_from(value).unwrap_or(usize::MAX)) }
}

/// Raises the script's error for a missing or mistyped argument.
///
/// # Safety
///
/// `state` is the running function's, and no frame up to the interpreter's holds a value that needs dropping.
#[cold]
unsafe fn no_number(state: *mut lua_State, index: c_int) -> c_int {
    // SAFETY: as required of the caller.
    unsafe { ffi::luaL_argerror(state, index, c"a whole number expected".as_ptr()) }
}
