//! Which of our own ports the next connection of a TCP_CRR uses.
//!
//! One after the other, from a random one on, as netperf does it: the last connection from a port is long gone when
//! the port comes up again.

use compat::args::PortRange;

/// netperf's range where nobody names one.
const DEFAULT: (u16, u16) = (5000, 65534);

/// A walk through a range of ports, without end.
#[derive(Debug)]
pub(super) struct PortWalk {
    first: u16,
    last: u16,
    next: u16,
    /// The server's, which connecting from might connect to ourselves.
    skip: u16,
}

impl PortWalk {
    /// Walks through `range` but `skip`.
    pub(super) fn new(range: PortRange, skip: u16) -> Self {
        let first = range.min.unwrap_or(DEFAULT.0);
        let last = range.max.unwrap_or(DEFAULT.1).max(first);
        Self { first, last, next: fastrand::u16(first..=last), skip }
    }

    /// How many ports there are.
    pub(super) fn len(&self) -> usize {
        usize::from(self.last - self.first) + 1
    }

    /// The next port.
    pub(super) fn advance(&mut self) -> u16 {
        if self.next == self.skip && self.first < self.last {
            self.step();
        }
        let port = self.next;
        self.step();
        port
    }

    fn step(&mut self) {
        self.next = if self.next == self.last { self.first } else { self.next + 1 };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_port_of_the_range_comes_up_in_turn_but_the_servers() {
        let mut walk = PortWalk::new(PortRange { min: Some(7), max: Some(10) }, 9);
        let mut seen: Vec<_> = (0..3).map(|_| walk.advance()).collect();
        assert_eq!(walk.advance(), seen[0]);
        seen.sort_unstable();
        assert_eq!(seen, [7, 8, 10]);
    }

    #[test]
    fn a_range_of_one_and_one_that_ends_before_it_starts_are_that_port() {
        for max in [7, 3] {
            let mut walk = PortWalk::new(PortRange { min: Some(7), max: Some(max) }, 7);
            assert_eq!((walk.advance(), walk.advance(), walk.len()), (7, 7, 1));
        }
        let mut last = PortWalk::new(PortRange { min: Some(u16::MAX), max: None }, 0);
        assert_eq!((last.advance(), last.advance()), (u16::MAX, u16::MAX));
    }
}
