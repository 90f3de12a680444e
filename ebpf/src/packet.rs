//! Packet memory as pointers, and the proofs the verifier wants before it lets a program follow one.

use core::arch::asm;

/// The `N` bytes `at` bytes behind `data`, or none where they do not lie before `data_end`.
///
/// Both bounds must come from the program's context, where the verifier knows them as packet pointers.
#[inline(always)]
pub(crate) fn load<const N: usize>(data: usize, data_end: usize, at: usize) -> Option<[u8; N]> {
    let start = data + at;
    // Of `start + 1 > data_end` the compiler makes `start >= data_end`, from which the verifier learns nothing.
    if opaque(start + N) > data_end {
        return None;
    }
    // SAFETY: the comparison above, which the verifier checks, puts all N bytes before the end.
    Some(unsafe { *(start as *const [u8; N]) })
}

/// The same value, of which the compiler knows nothing: a check that follows stays in the program even where the
/// compiler has proved it needless, because the verifier may be unable to follow that proof.
#[inline(always)]
pub(crate) fn opaque(mut value: usize) -> usize {
    // SAFETY: moves a register to itself. Without an instruction of its own the claim that the value changed
    // would leave two entries for one instruction in the line table, and the kernel rejects that.
    unsafe { asm!("{0} = {0}", inout(reg) value, options(pure, nomem, nostack, preserves_flags)) };
    value
}
