//! The call of `on_packet(pkt)` through the interpreter's C interface: one protected call, two registry look-ups, no
//! allocation.

use std::ffi::{CStr, c_int};
use std::ptr;

use mlua::ffi::{self, lua_State};
use mlua::{Function, Lua, RegistryKey, Table};

use super::failure::Failure;
use crate::verdict::Verdict;

/// `PASS` and `DROP` as a script sees them, numbered as netfilter numbers its verdicts.
pub(super) const PASS: ffi::lua_Integer = 1;
pub(super) const DROP: ffi::lua_Integer = 0;
/// Stack slots of one call: the function, its argument, and one to spare for the error.
const STACK: c_int = 3;

/// A function and its argument, ready to be called over and over. Must not outlive its interpreter.
pub(super) struct PacketCall {
    state: *mut lua_State,
    on_packet: RegistryKey,
    pkt: RegistryKey,
}

// SAFETY: the state belongs to the `Lua` of the same engine and is only used through that engine, so by one thread at
// a time; the interpreter itself is not bound to a thread (mlua's `send`).
unsafe impl Send for PacketCall {}

impl PacketCall {
    /// Prepares `on_packet(pkt)`.
    pub(super) fn new(lua: &Lua, on_packet: Function, pkt: Table) -> mlua::Result<PacketCall> {
        let on_packet = lua.create_registry_value(on_packet)?;
        let pkt = lua.create_registry_value(pkt)?;
        Ok(PacketCall { state: state_of(lua)?, on_packet, pkt })
    }

    /// The interpreter.
    #[inline]
    pub(super) fn state(&self) -> *mut lua_State {
        self.state
    }

    /// Makes the call.
    #[inline]
    pub(super) fn make(&self) -> Result<Verdict, Failure> {
        let state = self.state;
        // SAFETY: the interpreter is alive and used by this thread only; `state_of` made room for what is pushed; the
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
}

/// The interpreter's state, with room on its stack for one call at a time.
pub(super) fn state_of(lua: &Lua) -> mlua::Result<*mut lua_State> {
    let mut handle = ptr::null_mut();
    let mut reserved = 0;
    // SAFETY: growing the stack is protected by `exec_raw`; the state stays valid as long as `lua`.
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
