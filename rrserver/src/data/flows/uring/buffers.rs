//! Buffers that the kernel takes from a ring in shared memory when a multishot receive has something to say
//! (`io_uring_register_buf_ring(3)`).
//!
//! Where nobody looks at what is received, all buffers are the same memory: whole messages need counting alone, and a
//! single buffer stays in the cache.

use std::io;
use std::sync::atomic::{AtomicU16, Ordering};

use io_uring::Submitter;
use io_uring::types::BufRingEntry;

/// What the group of buffers is called in receives.
pub(super) const GROUP: u16 = 0;

/// Length of buffers that are all the same memory, bytes.
const SHARED_SIZE: usize = 64 << 10;

/// Length of buffers of their own, bytes: small ones for small messages, so that many flows take little memory.
const OWN_SIZES: (usize, usize) = (256, 16 << 10);

/// What buffers of their own may take in all, bytes: for few flows, and for each of many.
const MEMORY: usize = 1 << 20;
const MEMORY_PER_FLOW: usize = 2 << 10;

/// Fewest and most buffers; the kernel takes no more.
const COUNTS: (usize, usize) = (16, 1 << 15);

const PAGE: usize = 4096;

/// Part of the ring, which the kernel wants aligned like this.
#[derive(Debug, Clone)]
#[repr(C, align(4096))]
struct Page([u8; PAGE]);

/// How many buffers there are, and what they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BufferPlan {
    /// A power of two up to 2^15.
    pub count: u16,
    /// Length of each, bytes.
    pub size: u32,
    /// Every buffer has memory of its own: somebody looks at what is received.
    pub apart: bool,
}

impl BufferPlan {
    /// Enough for `flows` flows with messages of `recv_size` bytes: two for each where memory allows, so that some are
    /// there while others are being read.
    #[must_use]
    pub fn of(flows: usize, recv_size: usize, apart: bool) -> Self {
        let count = (2 * flows).next_power_of_two().clamp(COUNTS.0, COUNTS.1);
        if !apart {
            return Self { count: count as u16, size: SHARED_SIZE as u32, apart };
        }
        let size = recv_size.next_power_of_two().clamp(OWN_SIZES.0, OWN_SIZES.1);
        let affordable = MEMORY.max(flows * MEMORY_PER_FLOW) / size;
        let count = count.min(1 << affordable.ilog2());
        Self { count: count as u16, size: size as u32, apart }
    }

    fn memory(&self) -> usize {
        self.size as usize * if self.apart { usize::from(self.count) } else { 1 }
    }
}

/// To outlive all receives of the ring it is registered with.
#[derive(Debug)]
pub(super) struct Buffers {
    plan: BufferPlan,
    pages: Box<[Page]>,
    memory: Vec<u8>,
    /// How many have been given to the kernel, which counts them in 16 bits, too.
    tail: u16,
}

impl Buffers {
    /// Registers the buffers, and gives all of them to the kernel.
    pub(super) fn register(submitter: &Submitter<'_>, plan: BufferPlan) -> io::Result<Self> {
        let pages = (usize::from(plan.count) * size_of::<BufRingEntry>()).div_ceil(PAGE);
        let (pages, memory) = (vec![Page([0; PAGE]); pages].into(), vec![0; plan.memory()]);
        let mut this = Self { plan, pages, memory, tail: 0 };
        // SAFETY: the pages hold so many entries, and stay where they are until `self` goes, which is after its ring.
        unsafe { submitter.register_buf_ring_with_flags(this.ring() as u64, plan.count, GROUP, 0)? };
        for buffer in 0..plan.count {
            this.offer(buffer);
        }
        this.publish();
        Ok(this)
    }

    /// Gives one back that has been read.
    #[inline]
    pub(super) fn give_back(&mut self, buffer: u16) {
        self.offer(buffer);
        self.publish();
    }

    /// The first `length` bytes of a buffer that the kernel has filled; whose they are is not known where all are the
    /// same memory.
    pub(super) fn bytes(&self, buffer: u16, length: usize) -> &[u8] {
        let start = self.start(buffer);
        &self.memory[start..start + length]
    }

    /// Where a buffer begins. The kernel's numbers are those it was given.
    #[inline]
    fn start(&self, buffer: u16) -> usize {
        if self.plan.apart { usize::from(buffer % self.plan.count) * self.plan.size as usize } else { 0 }
    }

    /// Puts a buffer at the ring's end, where the kernel sees it when it is told.
    #[inline]
    fn offer(&mut self, buffer: u16) {
        let address = self.memory.as_mut_ptr().wrapping_add(self.start(buffer)) as u64;
        let slot = self.tail % self.plan.count;
        // SAFETY: the pages have room for `count` entries, aligned, and zeroes are one; the kernel does not touch those
        // beyond the tail it knows.
        let entry = unsafe { &mut *self.ring().add(slot.into()) };
        entry.set_addr(address);
        entry.set_len(self.plan.size);
        entry.set_bid(buffer);
        self.tail = self.tail.wrapping_add(1);
    }

    #[inline]
    fn publish(&mut self) {
        // SAFETY: the ring begins with an initialised entry, whose spare field is the tail; the kernel only reads it.
        let tail = unsafe { AtomicU16::from_ptr(BufRingEntry::tail(self.ring()).cast_mut()) };
        tail.store(self.tail, Ordering::Release);
    }

    fn ring(&mut self) -> *mut BufRingEntry {
        self.pages.as_mut_ptr().cast()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::MAX_MESSAGE;
    use proptest::prelude::*;

    #[test]
    fn what_nobody_looks_at_takes_one_buffer_of_memory() {
        let plan = BufferPlan::of(10_000, MAX_MESSAGE, false);
        assert_eq!((plan.count, plan.size, plan.memory()), (1 << 15, 64 << 10, 64 << 10));
        assert_eq!(BufferPlan::of(2, 1, true), BufferPlan { count: 16, size: 256, apart: true });
    }

    proptest! {
        #[test]
        fn buffers_are_a_power_of_two_and_within_their_memory(
            flows in 1..=crate::load::FLOWS_MAX, recv_size in 1..=MAX_MESSAGE, apart: bool,
        ) {
            let plan = BufferPlan::of(flows as usize, recv_size, apart);
            prop_assert!(plan.count.is_power_of_two() && usize::from(plan.count) <= COUNTS.1);
            prop_assert!(plan.memory() <= MEMORY.max(flows as usize * MEMORY_PER_FLOW), "{plan:?}");
        }
    }
}
