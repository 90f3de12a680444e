//! The server's measuring loop: receive a request, send the response, count.

use std::io;

use hooks::Verdict;

use super::Transport;

/// Why the loop ended.
#[derive(Debug)]
pub enum End {
    /// The agreed number of transactions is done.
    Counted,
    /// The client closed its side, or the supervisor did it for the client.
    Closed,
    /// The hook dropped a request; its client waits for a response that will not come.
    Dropped,
    /// The connection broke.
    Broken(io::Error),
}

/// What the loop did.
#[derive(Debug)]
pub struct Served {
    /// Requests answered.
    pub transactions: u64,
    /// Why it stopped.
    pub end: End,
}

/// Answers requests until the peer closes, `limit` transactions are done, or `hook` drops a request.
pub fn serve(transport: &mut impl Transport, limit: Option<u64>, mut hook: impl FnMut(&[u8]) -> Verdict) -> Served {
    let limit = limit.unwrap_or(u64::MAX);
    let mut transactions = 0;
    let end = loop {
        if transactions == limit {
            break End::Counted;
        }
        match transport.recv() {
            Ok(Some(request)) => {
                if hook(request) == Verdict::Drop {
                    break End::Dropped;
                }
            }
            Ok(None) => break End::Closed,
            Err(e) => break End::Broken(e),
        }
        if let Err(e) = transport.send() {
            break End::Broken(e);
        }
        transactions += 1;
    };
    Served { transactions, end }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Offers `requests` and then ends; notes the order of calls.
    struct Script {
        requests: usize,
        fail_send_at: usize,
        log: String,
    }

    impl Script {
        fn new(requests: usize) -> Self {
            Self { requests, fail_send_at: usize::MAX, log: String::new() }
        }
    }

    impl Transport for Script {
        fn send(&mut self) -> io::Result<()> {
            if self.log.matches('s').count() == self.fail_send_at {
                return Err(io::ErrorKind::BrokenPipe.into());
            }
            self.log.push('s');
            Ok(())
        }

        fn recv(&mut self) -> io::Result<Option<&[u8]>> {
            self.log.push('r');
            if self.requests == 0 {
                return Ok(None);
            }
            self.requests -= 1;
            Ok(Some(b"x"))
        }
    }

    fn no_hook(_request: &[u8]) -> Verdict {
        Verdict::Pass
    }

    #[test]
    fn a_dropped_request_ends_the_test_unanswered() {
        let mut script = Script::new(9);
        let mut requests = 0;
        let served = serve(&mut script, None, |_| {
            requests += 1;
            if requests == 3 { Verdict::Drop } else { Verdict::Pass }
        });
        assert!(matches!(served.end, End::Dropped));
        assert_eq!((served.transactions, script.log.as_str()), (2, "rsrsr"));
    }

    #[test]
    fn one_receive_and_one_send_per_transaction_until_the_client_closes() {
        let mut script = Script::new(3);
        let served = serve(&mut script, None, no_hook);
        assert!(matches!(served.end, End::Closed));
        assert_eq!((served.transactions, script.log.as_str()), (3, "rsrsrsr"));
    }

    #[test]
    fn a_counted_test_stops_by_itself_without_another_receive() {
        let mut script = Script::new(9);
        let served = serve(&mut script, Some(2), no_hook);
        assert!(matches!(served.end, End::Counted));
        assert_eq!((served.transactions, script.log.as_str()), (2, "rsrs"));
    }

    #[test]
    fn a_request_whose_response_failed_is_no_transaction() {
        let mut script = Script { fail_send_at: 1, ..Script::new(9) };
        let served = serve(&mut script, None, no_hook);
        assert!(matches!(served.end, End::Broken(_)));
        assert_eq!(served.transactions, 1);
    }
}
