//! The reference filter as kernel programs: three attach points × the ladder of work.
//!
//! What is compared is the cost of a place and of a language, so all programs share one walk to TCP
//! ([`parse`]) and one ladder ([`ladder`]); an attach point adds only its own way to reach the bytes of the frame.

#![no_std]
#![no_main]
#![feature(asm_experimental_arch)]

#[path = "../../hooks/src/engine/ebpf/abi.rs"]
mod abi;
mod frame;
mod ladder;
mod packet;
mod parse;
mod programs;
mod socket;
mod tc;
mod window;
mod xdp;

/// Helpers of the kernel are open to programs under the GPL only.
#[unsafe(no_mangle)]
#[unsafe(link_section = "license")]
static LICENSE: [u8; 13] = *b"Dual MIT/GPL\0";

/// Required by the language; the verifier rejects a program that could get here.
#[panic_handler]
fn panic(_: &core::panic::PanicInfo<'_>) -> ! {
    loop {}
}
