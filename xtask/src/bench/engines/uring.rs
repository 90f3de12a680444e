//! The loop by io_uring, with everything it offers for this work, through the ring of the product.
//!
//! What is received is of no interest, and a send of one byte fits or fails: neither is looked at any further.

use std::io;
use std::net::TcpStream;

use io_uring::cqueue::{self, buffer_select, more};
use io_uring::opcode;
use io_uring::squeue::Flags;
use io_uring::types::Fixed;
use rrserver::data::{BufferPlan, Ring};

use super::event_loop::{EventLoop, Heard};

static MESSAGE: [u8; 1] = *b"r";

pub(super) struct UringLoop {
    ring: Ring,
}

impl UringLoop {
    pub(super) fn new(sockets: &[TcpStream]) -> io::Result<Self> {
        let mut ring = Ring::new(sockets, BufferPlan::of(sockets.len(), MESSAGE.len(), false))?;
        for flow in 0..sockets.len() as u32 {
            ring.receive(flow, flow.into())?;
        }
        Ok(Self { ring })
    }

    fn heard(&mut self, completion: &cqueue::Entry) -> io::Result<Heard> {
        let flow = completion.user_data() as usize;
        if completion.result() < 0 {
            return Err(io::Error::from_raw_os_error(-completion.result()));
        }
        if let Some(buffer) = buffer_select(completion.flags()) {
            self.ring.give_back(buffer);
        }
        if completion.result() == 0 {
            return Ok(Heard::Closed(flow));
        }
        if !more(completion.flags()) {
            self.ring.receive(flow as u32, flow as u64)?;
        }
        Ok(Heard::Message(flow))
    }
}

impl EventLoop for UringLoop {
    fn send(&mut self, flow: usize) -> io::Result<()> {
        let send = opcode::Send::new(Fixed(flow as u32), MESSAGE.as_ptr(), MESSAGE.len() as u32);
        // SAFETY: it reads a static.
        unsafe { self.ring.push(&send.build().flags(Flags::SKIP_SUCCESS).user_data(flow as u64)) }
    }

    fn next(&mut self) -> io::Result<Heard> {
        loop {
            match self.ring.completion() {
                Some(completion) => return self.heard(&completion),
                None => self.ring.wait(None)?,
            }
        }
    }
}
