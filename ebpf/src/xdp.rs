//! XDP: the frame as the driver received it, in one piece, read through pointers.

use aya_ebpf::{
    bindings::xdp_action::{XDP_DROP, XDP_PASS},
    macros::xdp,
    programs::XdpContext,
};

use crate::{abi::Search, frame::Frame, packet, parse::Tcp, programs::programs};

impl Frame for XdpContext {
    #[inline(always)]
    fn load<const N: usize>(&self, at: usize) -> Option<[u8; N]> {
        packet::load(self.data(), self.data_end(), at)
    }

    #[inline(always)]
    fn reaches(&self, len: usize) -> bool {
        self.data() + len <= self.data_end()
    }

    #[inline(always)]
    fn payload_matches(&self, tcp: &Tcp, search: &Search) -> bool {
        search.matches(|position| {
            let at = tcp.payload + position;
            if at >= tcp.end {
                return None;
            }
            self.load(at).map(|[byte]| byte)
        })
    }
}

programs! {
    #[xdp]
    fn(XdpContext) -> u32 { pass: XDP_PASS, drop: XDP_DROP }
    xdp_null: pass,
    xdp_pass: pass,
    xdp_count: count,
    xdp_parse: parse,
    xdp_port: port,
    xdp_payload: payload,
}
