//! What the interpreter of this thread is doing right now: which frame it looks at, and whether it may be interrupted.
//!
//! Thread-local, because both readers need it without an argument: the accessors of `pkt` (an upvalue would cost a
//! call into the interpreter per access) and the signal handler of the watchdog.

use std::cell::Cell;
use std::ffi::c_int;
use std::slice;
use std::sync::atomic::{AtomicBool, AtomicI32, AtomicPtr, AtomicU64, Ordering::*};

use mlua::ffi::lua_State;

use super::interrupt;

thread_local! {
    static RUNNING: Running = const {
        Running {
            thread: Cell::new(0),
            start: Cell::new(std::ptr::null()),
            len: Cell::new(0),
            state: AtomicPtr::new(std::ptr::null_mut()),
            interrupted: AtomicBool::new(false),
        }
    };
}

struct Running {
    /// This thread's number in the kernel; 0 before it was asked for.
    thread: Cell<c_int>,
    start: Cell<*const u8>,
    len: Cell<usize>,
    /// The interpreter in a call, else null. Atomic like the flag below, for the signal handler.
    state: AtomicPtr<lua_State>,
    interrupted: AtomicBool,
}

/// How an engine's calls look from the watchdog's thread.
#[derive(Debug, Default)]
pub(super) struct Pulse {
    /// Counts beginnings and ends of calls, so that it is odd during a call.
    beats: AtomicU64,
    thread: AtomicI32,
}

impl Pulse {
    /// A number that changes with every call, and the kernel's number of the thread if that is in a call.
    pub(super) fn read(&self) -> (u64, Option<c_int>) {
        let beats = self.beats.load(Acquire);
        (beats, (beats % 2 == 1).then(|| self.thread.load(Relaxed)))
    }

    #[inline]
    fn beat(&self) {
        // One thread at a time writes, so that no locked addition is needed.
        self.beats.store(self.beats.load(Relaxed).wrapping_add(1), Release);
    }
}

/// Marks the end of a call even when it unwinds.
struct Call<'a> {
    running: &'a Running,
    pulse: &'a Pulse,
    state: *mut lua_State,
}

/// Runs `call`, which enters the interpreter `state`, with `frame` in the accessors' view.
#[inline]
pub(super) fn run<T>(state: *mut lua_State, pulse: &Pulse, frame: &[u8], call: impl FnOnce() -> T) -> T {
    RUNNING.with(|running| {
        pulse.thread.store(running.thread(), Relaxed);
        pulse.beat();
        running.start.set(frame.as_ptr());
        running.len.set(frame.len());
        running.state.store(state, Release);
        let _end = Call { running, pulse, state };
        call()
    })
}

impl Drop for Call<'_> {
    #[inline]
    fn drop(&mut self) {
        self.running.state.store(std::ptr::null_mut(), Release);
        self.running.len.set(0);
        self.pulse.beat();
        if self.running.interrupted.load(Acquire) {
            self.running.interrupted.store(false, Release);
            // SAFETY: the interpreter whose call ends here is alive and idle.
            unsafe { interrupt::clear(self.state) };
        }
    }
}

impl Running {
    #[inline]
    fn thread(&self) -> c_int {
        if self.thread.get() == 0 {
            // SAFETY: `gettid` takes nothing and cannot fail.
            self.thread.set(unsafe { libc::gettid() });
        }
        self.thread.get()
    }
}

/// The length of the frame at hand; 0 between calls.
#[inline]
pub(super) fn frame_len() -> usize {
    RUNNING.with(|running| running.len.get())
}

/// Hands the `n` bytes at `at` of the frame at hand to `read`, `None` past its end.
#[inline]
pub(super) fn with_bytes<T>(at: usize, n: usize, read: impl FnOnce(Option<&[u8]>) -> T) -> T {
    RUNNING.with(|running| {
        let len = running.len.get();
        if at > len || len - at < n {
            return read(None);
        }
        if n == 0 {
            return read(Some(&[]));
        }
        // SAFETY: a non-zero length stands beside the start of a slice of that length, put there by `run` and
        // taken away before the slice's borrow ends; the range was just checked to lie within.
        read(Some(unsafe { slice::from_raw_parts(running.start.get().add(at), n) }))
    })
}

/// Interrupts the call that this thread is in, if it is in one. Called by the signal handler.
pub(super) fn interrupt_this_thread() {
    RUNNING.with(|running| {
        let state = running.state.load(Acquire);
        if !state.is_null() {
            running.interrupted.store(true, Release);
            // SAFETY: the call on this thread is suspended by the signal, hence its interpreter alive.
            unsafe { interrupt::request(state) };
        }
    });
}
