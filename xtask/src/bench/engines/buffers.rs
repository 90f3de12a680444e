//! Buffers that the kernel takes from a ring in shared memory when a multishot receive has something to say
//! (`io_uring_register_buf_ring(3)`).
//!
//! What is received is of no interest: all buffers are one and the same byte. So it does not matter which of them comes
//! back, and giving one back is moving the ring's tail.

use std::io;
use std::sync::atomic::{AtomicU8, AtomicU16, Ordering};

use io_uring::Submitter;
use io_uring::types::BufRingEntry;

/// What the group of buffers is called in receives.
pub(super) const BUFFERS: u16 = 0;

/// The byte that all messages go to.
static SINK: AtomicU8 = AtomicU8::new(0);

const PAGE: usize = 4096;

/// Part of the ring, which the kernel wants aligned like this.
#[derive(Debug, Clone)]
#[repr(C, align(4096))]
struct Page([u8; PAGE]);

/// To outlive all receives of the ring it is registered with.
#[derive(Debug)]
pub(super) struct Buffers {
    pages: Box<[Page]>,
    /// How many have been given to the kernel, which counts them in 16 bits, too.
    tail: u16,
}

impl Buffers {
    /// Registers `count` buffers, a power of two.
    pub(super) fn register(submitter: &Submitter<'_>, count: u16) -> io::Result<Self> {
        let pages = (usize::from(count) * size_of::<BufRingEntry>()).div_ceil(PAGE);
        let mut this = Self { pages: vec![Page([0; PAGE]); pages].into(), tail: count };
        for number in 0..count {
            // SAFETY: the pages have room for `count` entries, aligned, and zeroes are one.
            let entry = unsafe { &mut *this.ring().add(number.into()) };
            entry.set_addr(SINK.as_ptr() as u64);
            entry.set_len(1);
            entry.set_bid(number);
        }
        // SAFETY: the pages hold so many entries, and stay where they are until `self` goes.
        unsafe { submitter.register_buf_ring_with_flags(this.ring() as u64, count, BUFFERS, 0)? };
        this.publish();
        Ok(this)
    }

    /// Gives one back.
    pub(super) fn give_back(&mut self) {
        self.tail = self.tail.wrapping_add(1);
        self.publish();
    }

    fn publish(&mut self) {
        // SAFETY: the ring begins with an initialised entry, whose spare field is the tail; the kernel only reads it.
        let tail = unsafe { AtomicU16::from_ptr(BufRingEntry::tail(self.ring()).cast_mut()) };
        tail.store(self.tail, Ordering::Release);
    }

    fn ring(&mut self) -> *mut BufRingEntry {
        self.pages.as_mut_ptr().cast()
    }
}
