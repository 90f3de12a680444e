//! `pkt`, the frame as a script sees it: `pkt:u16(12)` and its siblings, without an allocation per call.
//!
//! The obvious binding, a userdata whose methods are found through its metatable and which is type-checked on
//! every access, costs more than the access. Here `pkt` is a plain table of C functions that ignore their `self`
//! and read the one frame at hand through a pointer they were created with (`benches/engines.rs` has both).

use std::ffi::{CStr, c_int, c_void};
use std::slice;
use std::sync::Arc;
use std::sync::atomic::{AtomicPtr, AtomicUsize, Ordering::Relaxed};

use mlua::ffi::{self, lua_State};
use mlua::{Lua, Table};

/// The stack index of the first argument behind `self`.
const FIRST: c_int = 2;

/// The frame at hand. Atomics only because an engine may move between threads; no two ever use it at once.
#[derive(Debug, Default)]
pub(super) struct FrameSlot {
    start: AtomicPtr<u8>,
    len: AtomicUsize,
}

impl FrameSlot {
    /// Shows `frame` to the accessors while `call` runs, and nothing afterwards.
    #[inline]
    pub(super) fn with<T>(&self, frame: &[u8], call: impl FnOnce() -> T) -> T {
        self.start.store(frame.as_ptr().cast_mut(), Relaxed);
        self.len.store(frame.len(), Relaxed);
        let value = call();
        // Length 0 keeps the stale pointer from being read.
        self.len.store(0, Relaxed);
        value
    }

    /// The `n` bytes at `at`; `None` past the end.
    #[inline]
    fn get(&self, at: usize, n: usize) -> Option<&[u8]> {
        let len = self.len.load(Relaxed);
        if at > len || len - at < n {
            return None;
        }
        if n == 0 {
            return Some(&[]);
        }
        // SAFETY: a non-zero length is stored together with the start of a slice of that length, by `with`, which
        // clears it before the slice's borrow ends; the range was just checked to lie within.
        Some(unsafe { slice::from_raw_parts(self.start.load(Relaxed).add(at), n) })
    }
}

/// Builds `pkt`. The functions keep a bare pointer to `slot`, which must therefore outlive `lua`.
pub(super) fn packet_table(lua: &Lua, slot: &Arc<FrameSlot>) -> mlua::Result<Table> {
    let functions: [(&CStr, ffi::lua_CFunction); 5] =
        [(c"len", len), (c"u8", uint::<1>), (c"u16", uint::<2>), (c"u32", uint::<4>), (c"bytes", bytes)];
    let slot = Arc::as_ptr(slot).cast_mut().cast::<c_void>();
    let pkt = lua.create_table()?;
    // SAFETY: `exec_raw` protects the call, so that a failing allocation is an error here; each round takes the
    // two values it pushes, above the table that is its argument and becomes its result.
    unsafe {
        lua.exec_raw(pkt, |state| {
            for (name, function) in functions {
                ffi::lua_pushlightuserdata(state, slot);
                ffi::lua_pushcclosure(state, function, 1);
                ffi::lua_setfield(state, -2, name.as_ptr());
            }
        })
    }
}

/// The slot that the running function was created with.
///
/// # Safety
///
/// `state` runs a function made by [`packet_table`].
#[inline]
unsafe fn slot<'a>(state: *mut lua_State) -> &'a FrameSlot {
    // SAFETY: the first upvalue is the slot's address, and the slot outlives the interpreter.
    unsafe { &*ffi::lua_touserdata(state, ffi::lua_upvalueindex(1)).cast::<FrameSlot>() }
}

/// The argument at `index` as an offset; an `Err` has raised no error yet. Negative numbers are past any end.
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

/// `pkt:len()`: the frame's length in bytes.
unsafe extern "C-unwind" fn len(state: *mut lua_State) -> c_int {
    // SAFETY: called by the interpreter as made by `packet_table`; a C function has room for its result.
    unsafe { ffi::lua_pushinteger(state, slot(state).len.load(Relaxed) as ffi::lua_Integer) };
    1
}

/// `pkt:u8(i)`, `pkt:u16(i)`, `pkt:u32(i)`: `N` bytes at offset `i` in network order, nil past the end.
unsafe extern "C-unwind" fn uint<const N: usize>(state: *mut lua_State) -> c_int {
    // SAFETY: called by the interpreter as made by `packet_table`; a C function has room for its result, and raising
    // an error unwinds no value that needs dropping.
    unsafe {
        let at = match offset(state, FIRST) {
            Ok(at) => at,
            Err(index) => return no_number(state, index),
        };
        match slot(state).get(at, N) {
            Some(bytes) => {
                let value = bytes.iter().fold(0_u32, |value, byte| value << 8 | u32::from(*byte));
                ffi::lua_pushinteger(state, value as ffi::lua_Integer);
            }
            None => ffi::lua_pushnil(state),
        }
    }
    1
}

/// `pkt:bytes(i, n)`: `n` bytes at offset `i` as a string, nil past the end.
unsafe extern "C-unwind" fn bytes(state: *mut lua_State) -> c_int {
    // SAFETY: as for `uint`; the string is copied by the interpreter.
    unsafe {
        let (at, n) = match (offset(state, FIRST), offset(state, FIRST + 1)) {
            (Ok(at), Ok(n)) => (at, n),
            (Err(index), _) | (_, Err(index)) => return no_number(state, index),
        };
        match slot(state).get(at, n) {
            Some(bytes) => {
                ffi::lua_pushlstring(state, bytes.as_ptr().cast(), bytes.len());
            }
            None => ffi::lua_pushnil(state),
        }
    }
    1
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
