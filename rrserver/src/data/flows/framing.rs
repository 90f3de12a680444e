//! Where one flow stands between two messages. This is all the memory that a flow takes.

/// Bytes and messages under way.
#[derive(Debug, Clone, Copy)]
pub(super) struct Framing {
    /// Bytes that the message being received still lacks; never 0 between two calls.
    missing: u32,
    /// Bytes of the message being sent that the kernel has not taken.
    unsent: u32,
    /// Messages to send after it.
    owed: u32,
    /// Messages that an end which asks has asked for, and not received.
    asked: u32,
    /// Nobody is interested in it any more.
    done: bool,
}

impl Framing {
    /// Before the first message, of `recv_size` bytes.
    pub(super) fn new(recv_size: u32) -> Self {
        Self { missing: recv_size, unsent: 0, owed: 0, asked: 0, done: false }
    }

    /// How many of `available` bytes belong to the current message, where in it they stand, and whether they complete it.
    #[inline]
    pub(super) fn take(&mut self, available: usize, recv_size: u32) -> Taken {
        let at = recv_size - self.missing;
        let taken = available.min(self.missing as usize) as u32;
        self.missing -= taken;
        let complete = self.missing == 0;
        if complete {
            self.missing = recv_size;
            self.asked = self.asked.saturating_sub(1);
        }
        Taken { at: at as usize, bytes: taken as usize, complete }
    }

    /// Whether the peer owes so many bytes more, if each message of ours asks for one of `recv_size`.
    #[inline]
    pub(super) fn owes(&self, bytes: usize, recv_size: u32) -> bool {
        let received = recv_size - self.missing;
        bytes as u64 + u64::from(received) <= u64::from(self.asked) * u64::from(recv_size)
    }

    /// A message of `send_size` bytes is to be sent; `true` if nothing is before it.
    #[inline]
    pub(super) fn enqueue(&mut self, send_size: u32) -> bool {
        self.asked = self.asked.saturating_add(1);
        if self.unsent > 0 {
            // A peer that sends on without receiving gets no more than this many answers.
            self.owed = self.owed.saturating_add(1);
            return false;
        }
        self.unsent = send_size;
        true
    }

    /// Bytes of a message of `send_size` that are to be sent now; 0 when there is nothing to send.
    #[inline]
    pub(super) fn due(&mut self, send_size: u32) -> usize {
        if self.unsent == 0 && self.owed > 0 {
            self.owed -= 1;
            self.unsent = send_size;
        }
        self.unsent as usize
    }

    /// The kernel took so many of them.
    #[inline]
    pub(super) fn sent(&mut self, bytes: usize) {
        self.unsent -= bytes as u32;
    }

    /// A message is being sent.
    #[inline]
    pub(super) fn is_sending(&self) -> bool {
        self.unsent > 0
    }

    /// Further messages are to be sent after it.
    #[inline]
    pub(super) fn has_owed(&self) -> bool {
        self.owed > 0
    }

    pub(super) fn finish(&mut self) {
        self.done = true;
    }

    #[inline]
    pub(super) fn is_done(&self) -> bool {
        self.done
    }
}

/// A piece of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Taken {
    /// Where it stands in the message.
    pub(super) at: usize,
    /// How long it is.
    pub(super) bytes: usize,
    /// It is the last one.
    pub(super) complete: bool,
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn however_bytes_arrive_messages_are_as_many_as_fit(
            size in 1..40_u32, pieces in proptest::collection::vec(1..100_usize, 0..40),
        ) {
            let mut framing = Framing::new(size);
            let (mut messages, mut at) = (0, 0);
            for piece in &pieces {
                let mut left = *piece;
                while left > 0 {
                    let taken = framing.take(left, size);
                    prop_assert_eq!(taken.at, at);
                    prop_assert!(taken.bytes > 0);
                    left -= taken.bytes;
                    at = if taken.complete { 0 } else { at + taken.bytes };
                    messages += usize::from(taken.complete);
                }
            }
            prop_assert_eq!(messages, pieces.iter().sum::<usize>() / size as usize);
        }

        #[test]
        fn a_peer_owes_what_it_was_asked_for_and_not_a_byte_more(
            size in 1..40_u32, asked in 0..9_u32, pieces in proptest::collection::vec(1..100_usize, 0..20),
        ) {
            let mut framing = Framing::new(size);
            let _ = (0..asked).map(|_| framing.enqueue(1)).count();
            let mut left = (asked * size) as usize;
            for piece in pieces {
                prop_assert_eq!(framing.owes(piece, size), piece <= left);
                let mut unread = piece.min(left);
                left -= unread;
                while unread > 0 {
                    unread -= framing.take(unread, size).bytes;
                }
            }
        }

        #[test]
        fn however_little_the_kernel_takes_every_message_goes_out_whole(
            size in 1..40_u32, messages in 1..20_u32, steps in proptest::collection::vec(1..50_usize, 1..10),
        ) {
            let mut framing = Framing::new(1);
            let at_once = (0..messages).filter(|_| framing.enqueue(size)).count();
            prop_assert_eq!(at_once, 1);
            let mut sent = 0;
            for step in steps.iter().cycle() {
                let due = framing.due(size);
                if due == 0 {
                    break;
                }
                framing.sent(due.min(*step));
                sent += due.min(*step);
            }
            prop_assert_eq!(sent, (messages * size) as usize);
        }
    }
}
