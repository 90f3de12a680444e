//! Traffic control: the frame as an skb. Its headers mostly lie in one piece and are read through pointers; what
//! does not, such as the payload of locally made segments, is copied out.

use aya_ebpf::{
    bindings::{TC_ACT_SHOT, TC_ACT_UNSPEC},
    macros::classifier,
    programs::TcContext,
};

use crate::{abi::Search, frame::Frame, packet, parse::Tcp, programs::programs, window};

impl Frame for TcContext {
    #[inline(always)]
    fn load<const N: usize>(&self, at: usize) -> Option<[u8; N]> {
        packet::load(self.data(), self.data_end(), at).or_else(|| self.skb.load(at).ok())
    }

    #[inline(always)]
    fn reaches(&self, len: usize) -> bool {
        len <= self.len() as usize
    }

    #[inline(always)]
    fn payload_matches(&self, tcp: &Tcp, search: &Search) -> bool {
        let end = tcp.end.min(self.len() as usize);
        window::matches(self, tcp.payload, end - tcp.payload, search)
    }
}

// A pass is UNSPEC, so that other programs and filters at the same hook still have their say.
programs! {
    #[classifier]
    fn(TcContext) -> i32 { pass: TC_ACT_UNSPEC, drop: TC_ACT_SHOT }
    tc_null: pass,
    tc_pass: pass,
    tc_count: count,
    tc_parse: parse,
    tc_port: port,
    tc_payload: payload,
}
