//! The socket filter: runs on a TCP socket for every segment that reached it.
//!
//! There the skb's data begins with the TCP header, but the headers before it are still in memory, and the kernel
//! reads them for a program that asks by distance from the link-layer header. So this program parses the very
//! frame that the others do. Only the payload, which may lie in fragments, must be asked for by distance from the data.

use core::mem::MaybeUninit;

use aya_ebpf::{
    EbpfContext, bindings::bpf_hdr_start_off::BPF_HDR_START_MAC, helpers::bpf_skb_load_bytes_relative,
    macros::socket_filter, programs::SkBuffContext,
};

use crate::{
    abi::Search,
    frame::Frame,
    parse::{ETHERNET_LEN, Tcp},
    programs::programs,
    window,
};

impl Frame for SkBuffContext {
    #[inline(always)]
    fn load<const N: usize>(&self, at: usize) -> Option<[u8; N]> {
        let mut bytes = MaybeUninit::<[u8; N]>::uninit();
        // SAFETY: the helper fills all N bytes or fails, and checks the offset against the skb.
        unsafe {
            let error = bpf_skb_load_bytes_relative(
                self.as_ptr(),
                at as u32,
                bytes.as_mut_ptr().cast(),
                N as u32,
                BPF_HDR_START_MAC,
            );
            if error == 0 { Some(bytes.assume_init()) } else { None }
        }
    }

    #[inline(always)]
    fn reaches(&self, len: usize) -> bool {
        // The stack has checked the TCP header of what it received before it runs a socket's filter.
        was_received(self) || len <= ETHERNET_LEN + self.len() as usize
    }

    #[inline(always)]
    fn payload_matches(&self, tcp: &Tcp, search: &Search) -> bool {
        let data = if was_received(self) { tcp.header } else { ETHERNET_LEN };
        let end = tcp.end.min(data + self.len() as usize);
        window::matches(self, tcp.payload - data, end - tcp.payload, search)
    }
}

/// Whether the skb came up the receive path, which notes the interface in it: its data then begins with the TCP
/// header. One made by `BPF_PROG_TEST_RUN` came from nowhere, and its data begins behind the Ethernet header.
#[inline(always)]
fn was_received(context: &SkBuffContext) -> bool {
    // SAFETY: the context that the kernel handed in; the verifier knows its layout.
    unsafe { (*context.skb.skb).ingress_ifindex != 0 }
}

/// The length kept of a passed segment: all of it.
const KEEP: i64 = u32::MAX as i64;
/// The length kept of a dropped segment.
const NOTHING: i64 = 0;

programs! {
    #[socket_filter]
    fn(SkBuffContext) -> i64 { pass: KEEP, drop: NOTHING }
    socket_null: pass,
    socket_pass: pass,
    socket_count: count,
    socket_parse: parse,
    socket_port: port,
    socket_payload: payload,
}
