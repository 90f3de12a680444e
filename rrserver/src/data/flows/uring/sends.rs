//! Sends of many flows through a ring that says nothing of those that succeed.
//!
//! What has to be kept is the order of one flow's bytes, so that the kernel has one send of a flow at most. It is tried
//! without waiting for room; if the kernel takes less than all of it, it says so before it says anything of later
//! submissions. So when nothing is left to hear, whatever nobody complained of has been sent. What did not fit goes to the
//! kernel again, which finishes it in its own time and then tells.

use std::io;
use std::mem;

use io_uring::opcode;
use io_uring::squeue::Flags;
use io_uring::types::Fixed;
use rustix::io::Errno;

use super::Kind;
use super::ring::Ring;
use crate::data::Traffic;
use crate::data::flows::framing::Framing;

/// What sends have in common. A peer that is gone is an error of a send, not a signal to the process; and the kernel calls
/// what takes less than all of it a failure, which is told.
const WHOLE: i32 = libc::MSG_NOSIGNAL | libc::MSG_WAITALL;

/// The sends that the kernel has, or is about to get.
#[derive(Debug)]
pub(super) struct Sends<'a> {
    outgoing: &'a [u8],
    /// The flows of silent sends.
    silent: Vec<u32>,
    /// Of these the ones that the kernel has taken up, so that its complaints are there.
    settling: Vec<u32>,
    /// Whether there is one, for every flow.
    complained: Vec<bool>,
    /// A message waits for one before it that is about to be settled.
    is_owing: bool,
    traffic: Traffic,
}

impl<'a> Sends<'a> {
    /// Of messages `outgoing` on so many flows.
    pub(super) fn new(outgoing: &'a [u8], flows: usize) -> Self {
        Self {
            outgoing,
            silent: Vec::with_capacity(flows),
            settling: Vec::with_capacity(flows),
            complained: vec![false; flows],
            is_owing: false,
            traffic: Traffic::default(),
        }
    }

    pub(super) fn traffic(&self) -> Traffic {
        self.traffic
    }

    /// A message is to go out on `flow`.
    #[inline]
    pub(super) fn send(&mut self, ring: &mut Ring, flow: usize, framing: &mut Framing) -> io::Result<()> {
        if framing.enqueue(self.outgoing.len() as u32) {
            return self.push(ring, flow, framing, Kind::SilentSend);
        }
        self.is_owing = true;
        Ok(())
    }

    /// Whether another round of submitting and settling would have something further to send; asked once a round.
    pub(super) fn begin_round(&mut self) -> bool {
        mem::take(&mut self.is_owing)
    }

    /// The kernel has been entered, and its complaints are about to be heard: all of them, unless it keeps some back.
    #[inline]
    pub(super) fn begin_settling(&mut self, ring: &mut Ring) {
        if ring.is_submitted() && !ring.has_overflown() {
            mem::swap(&mut self.silent, &mut self.settling);
        } else {
            self.is_owing = true;
        }
    }

    /// The kernel says that a send took `result` bytes, or none and why; whether the flow has survived it.
    #[cold]
    pub(super) fn complain(
        &mut self,
        ring: &mut Ring,
        flow: usize,
        framing: &mut Framing,
        kind: Kind,
        result: i32,
    ) -> io::Result<bool> {
        self.complained[flow] |= kind == Kind::SilentSend;
        if result < 0 && !matches!(Errno::from_raw_os_error(-result), Errno::AGAIN | Errno::INTR) {
            return Ok(false);
        }
        if result > 0 {
            self.sent(framing, result as usize);
        }
        let next = if framing.is_sending() { Kind::PatientSend } else { Kind::SilentSend };
        self.push(ring, flow, framing, next)?;
        Ok(true)
    }

    /// All complaints have been heard: what there was none of is done, and what waited for it goes out.
    #[inline]
    pub(super) fn settle(&mut self, ring: &mut Ring, framings: &mut [Framing]) -> io::Result<()> {
        while let Some(flow) = self.settling.pop() {
            let flow = flow as usize;
            if !mem::take(&mut self.complained[flow]) {
                self.sent(&mut framings[flow], self.outgoing.len());
                self.push(ring, flow, &mut framings[flow], Kind::SilentSend)?;
            }
        }
        Ok(())
    }

    #[inline]
    fn sent(&mut self, framing: &mut Framing, bytes: usize) {
        framing.sent(bytes);
        self.traffic.send_calls += 1;
        self.traffic.bytes_sent += bytes as u64;
    }

    /// Queues what is due on `flow`, if anything is.
    #[inline]
    fn push(&mut self, ring: &mut Ring, flow: usize, framing: &mut Framing, kind: Kind) -> io::Result<()> {
        let due = framing.due(self.outgoing.len() as u32);
        if due == 0 {
            return Ok(());
        }
        let (flags, skip) = match kind {
            Kind::SilentSend => (WHOLE | libc::MSG_DONTWAIT, Flags::SKIP_SUCCESS),
            _ => (WHOLE, Flags::empty()),
        };
        let rest = &self.outgoing[self.outgoing.len() - due..];
        let send = opcode::Send::new(Fixed(flow as u32), rest.as_ptr(), due as u32).flags(flags).build();
        // SAFETY: the message outlives `self`, which goes with the ring.
        unsafe { ring.push(&send.flags(skip).user_data(kind.user_data(flow as u32)))? };
        if kind == Kind::SilentSend {
            self.silent.push(flow as u32);
            self.is_owing |= framing.has_owed();
        }
        Ok(())
    }
}
