//! The server's measuring loop over many flows: answer whoever asks, until nobody is left.

use std::time::Duration;

use hooks::Verdict;

use super::{Exchange, Happening, settle};
use crate::data::{End, Served};

/// How long a client may take to close its flows when the test has been ended from here.
const PARTING_PATIENCE: Duration = Duration::from_secs(2);

/// Answers requests until all of `flows` flows have ended, the control plane rings, or `hook` drops a request. A flow
/// that breaks is the end of that flow; the first error is told.
///
/// How many transactions each flow gets of a counted test is the client's to decide, which closes when they are done.
pub fn serve_flows(
    exchange: &mut impl Exchange,
    flows: usize,
    mut hook: impl FnMut(usize, &[u8]) -> Verdict,
) -> Served {
    let (mut left, mut transactions, mut broken) = (flows, 0, None);
    while left > 0 {
        let lost = match exchange.next(None) {
            Ok(Happening::Message(flow)) => {
                if hook(flow, exchange.message(flow)) == Verdict::Drop {
                    return Served { transactions, end: End::Dropped };
                }
                match exchange.send(flow) {
                    Ok(()) => {
                        transactions += 1;
                        continue;
                    }
                    Err(e) => (flow, Some(e)),
                }
            }
            Ok(Happening::Closed(flow)) => (flow, None),
            Ok(Happening::Broken(flow, e)) => (flow, Some(e)),
            Ok(Happening::Nothing) => continue,
            Ok(Happening::Woken) => {
                // A reset would take from the client what it has measured until now.
                settle(exchange, flows, left, PARTING_PATIENCE);
                break;
            }
            Err(e) => return Served { transactions, end: End::Broken(e) },
        };
        let (flow, error) = lost;
        exchange.close(flow);
        left -= 1;
        broken = broken.or(error);
    }
    Served { transactions, end: broken.map_or(End::Closed, End::Broken) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::VecDeque;
    use std::io;
    use std::time::Duration;

    /// Plays back what happens, and writes down what is done.
    struct Script {
        happenings: VecDeque<Happening>,
        done: String,
        /// Sends on this flow fail.
        deaf: usize,
        /// It has told of the bell; from then on nobody waits without limit.
        woken: bool,
    }

    impl Script {
        fn of(happenings: Vec<Happening>) -> Self {
            Self { happenings: happenings.into(), done: String::new(), deaf: usize::MAX, woken: false }
        }
    }

    impl Exchange for Script {
        fn send(&mut self, flow: usize) -> io::Result<()> {
            if flow == self.deaf {
                return Err(io::ErrorKind::BrokenPipe.into());
            }
            self.done.push_str(&format!("s{flow} "));
            Ok(())
        }

        fn next(&mut self, patience: Option<Duration>) -> io::Result<Happening> {
            assert_eq!(patience.is_some(), self.woken);
            let happening = self.happenings.pop_front().ok_or(io::ErrorKind::UnexpectedEof)?;
            self.woken |= matches!(happening, Woken);
            Ok(happening)
        }

        fn message(&self, _flow: usize) -> &[u8] {
            b"request"
        }

        fn close(&mut self, flow: usize) {
            self.done.push_str(&format!("c{flow} "));
        }
    }

    fn pass(_flow: usize, message: &[u8]) -> Verdict {
        assert_eq!(message, b"request");
        Verdict::Pass
    }

    use Happening::{Broken, Closed, Message, Nothing, Woken};

    #[test]
    fn everybody_is_answered_until_the_last_has_closed() {
        let mut script =
            Script::of(vec![Message(1), Message(0), Nothing, Closed(1), Message(0), Closed(0), Message(0)]);
        let served = serve_flows(&mut script, 2, pass);
        assert!(matches!(served.end, End::Closed));
        assert_eq!((served.transactions, script.done.as_str()), (3, "s1 s0 c1 s0 c0 "));
    }

    #[test]
    fn a_broken_flow_is_no_end_of_the_others_and_is_told() {
        let reset = Broken(1, io::ErrorKind::ConnectionReset.into());
        let mut script = Script { deaf: 2, ..Script::of(vec![reset, Message(2), Message(0), Closed(0)]) };
        let served = serve_flows(&mut script, 3, pass);
        assert!(matches!(&served.end, End::Broken(e) if e.kind() == io::ErrorKind::ConnectionReset), "{served:?}");
        assert_eq!((served.transactions, script.done.as_str()), (1, "c1 c2 s0 c0 "));
    }

    #[test]
    fn a_drop_ends_it_at_once() {
        let mut script = Script::of(vec![Message(0), Message(1)]);
        let served = serve_flows(&mut script, 2, |flow, _| if flow == 1 { Verdict::Drop } else { Verdict::Pass });
        assert!(matches!(served.end, End::Dropped));
        assert_eq!((served.transactions, script.done.as_str()), (1, "s0 "));
    }

    #[test]
    fn when_it_is_rung_what_still_comes_is_read_until_the_last_has_closed_and_not_answered() {
        let reset = Broken(0, io::ErrorKind::ConnectionReset.into());
        let mut script = Script::of(vec![Closed(2), Woken, Message(1), Nothing, reset, Message(1), Closed(1), Nothing]);
        let served = serve_flows(&mut script, 3, pass);
        assert!(matches!((served.transactions, served.end), (0, End::Closed)));
        assert_eq!((script.done.as_str(), script.happenings.len()), ("c2 c0 c1 c2 ", 1));
    }
}
