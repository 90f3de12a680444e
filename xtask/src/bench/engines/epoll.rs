//! The loop by epoll, asked as the product's is: edge-triggered, one receive per edge.

use std::io;
use std::net::TcpStream;
use std::os::fd::OwnedFd;

use rustix::buffer::spare_capacity;
use rustix::event::epoll;
use rustix::io::Errno;
use rustix::net::{RecvFlags, SendFlags, recv, send};

use super::event_loop::{EventLoop, Heard};

/// Events that one call reports at most, as in the product.
const EVENTS: usize = 256;

pub(super) struct EpollLoop<'a> {
    epoll: OwnedFd,
    sockets: &'a [TcpStream],
    events: Vec<epoll::Event>,
    /// The next event to attend to.
    cursor: usize,
}

impl<'a> EpollLoop<'a> {
    pub(super) fn new(sockets: &'a [TcpStream]) -> io::Result<Self> {
        let epoll = epoll::create(epoll::CreateFlags::CLOEXEC)?;
        for (flow, socket) in sockets.iter().enumerate() {
            let data = epoll::EventData::new_u64(flow as u64);
            epoll::add(&epoll, socket, data, epoll::EventFlags::IN | epoll::EventFlags::ET)?;
        }
        Ok(Self { epoll, sockets, events: Vec::with_capacity(EVENTS), cursor: 0 })
    }

    fn ask(&mut self) -> io::Result<()> {
        self.events.clear();
        self.cursor = 0;
        match epoll::wait(&self.epoll, spare_capacity(&mut self.events), None) {
            Ok(_) | Err(Errno::INTR) => Ok(()),
            Err(e) => Err(e.into()),
        }
    }
}

impl EventLoop for EpollLoop<'_> {
    fn send(&mut self, flow: usize) -> io::Result<()> {
        send(&self.sockets[flow], b"r", SendFlags::DONTWAIT | SendFlags::NOSIGNAL)?;
        Ok(())
    }

    fn next(&mut self) -> io::Result<Heard> {
        loop {
            let Some(event) = self.events.get(self.cursor) else {
                self.ask()?;
                continue;
            };
            let flow = event.data.u64() as usize;
            self.cursor += 1;
            // A flow has one message on its way at most, so that this takes all there is.
            match recv(&self.sockets[flow], &mut [0_u8], RecvFlags::DONTWAIT) {
                Ok((_, 0)) => return Ok(Heard::Closed(flow)),
                Ok(_) => return Ok(Heard::Message(flow)),
                Err(Errno::AGAIN) => {}
                Err(e) => return Err(e.into()),
            }
        }
    }
}
