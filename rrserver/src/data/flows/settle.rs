//! Closing many flows so that nothing is reset under the peer: what it still has on its way is read first.

use std::time::{Duration, Instant};

use super::{Exchange, Happening};

/// Closes our side of all `flows`, and waits until the `left` of them that have not ended yet do, or `patience` is over.
pub fn settle(exchange: &mut impl Exchange, flows: usize, mut left: usize, patience: Duration) {
    (0..flows).for_each(|flow| exchange.close(flow));
    let deadline = Instant::now() + patience;
    while left > 0 {
        let patience = deadline.saturating_duration_since(Instant::now());
        match exchange.next(Some(patience)) {
            _ if patience.is_zero() => break,
            Ok(Happening::Closed(_) | Happening::Broken(..)) => left -= 1,
            Ok(Happening::Message(_) | Happening::Nothing | Happening::Woken) => {}
            Err(_) => break,
        }
    }
}
