//! The searched window of an skb's payload, copied to the stack because its bytes may lie in fragments.

use core::{mem::MaybeUninit, ptr};

use aya_ebpf::{EbpfContext, helpers::bpf_skb_load_bytes};

use crate::{
    abi::{PAYLOAD_WINDOW, Search},
    packet::opaque,
};

/// Whether `search` matches within the first bytes of the `len` that start `at` bytes into the skb's data.
#[inline(always)]
pub(crate) fn matches(skb: &impl EbpfContext, at: usize, len: usize, search: &Search) -> bool {
    let len = opaque(len.min(PAYLOAD_WINDOW));
    if len == 0 || len > PAYLOAD_WINDOW {
        return false;
    }
    let mut window = [const { MaybeUninit::<u64>::uninit() }; PAYLOAD_WINDOW / size_of::<u64>()];
    for word in &mut window {
        // SAFETY: a valid place. Volatile, because the compiler would call a function that clears byte by byte.
        unsafe { ptr::write_volatile(word.as_mut_ptr(), 0) };
    }
    let bytes = window.as_mut_ptr().cast::<u8>();
    // SAFETY: `len` is at most the buffer's size; the helper checks the offset against the skb.
    let error = unsafe { bpf_skb_load_bytes(skb.as_ptr(), at as u32, bytes.cast(), len as u32) };
    // SAFETY: `position` is below `len`, which is at most the buffer's size.
    let byte = |position| (position < len).then(|| unsafe { *bytes.add(position) });
    error == 0 && search.matches(byte)
}
