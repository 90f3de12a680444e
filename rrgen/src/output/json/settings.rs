//! What was asked for: every setting that changes what is measured.
//!
//! Not the command line itself, which may hold a passphrase (`-Z`) that does not belong into a file of results.

use compat::text::Test;
use compat::wire::TestLength;
use serde::Serialize;

use crate::plan::Plan;

#[derive(Debug, Serialize)]
pub(super) struct Settings {
    test: &'static str,
    host: String,
    port: u16,
    length: Length,
    request_bytes: u32,
    response_bytes: u32,
    /// Requests in flight beyond the first.
    burst: u32,
    pace: Option<Pace>,
    client_cpu: Option<u32>,
    server_cpu: Option<u32>,
    /// In its canonical syntax, or `none`.
    hook: String,
}

#[derive(Debug, Serialize)]
#[serde(tag = "name", rename_all = "lowercase")]
enum Length {
    Seconds { seconds: u32 },
    Transactions { transactions: u32 },
    Unlimited,
}

#[derive(Debug, Serialize)]
struct Pace {
    transactions: u32,
    interval_ns: u64,
}

impl Settings {
    pub(super) fn of(plan: &Plan) -> Self {
        let test = &plan.test;
        Self {
            test: match test.kind {
                Test::TcpRr => "TCP_RR",
                Test::TcpCrr => "TCP_CRR",
                Test::UdpRr => "UDP_RR",
            },
            host: plan.target.host.name.clone(),
            port: plan.target.port,
            length: match test.length {
                TestLength::Seconds(seconds) => Length::Seconds { seconds },
                TestLength::Transactions(transactions) => Length::Transactions { transactions },
                TestLength::UntilClosed => Length::Unlimited,
            },
            request_bytes: test.request_size,
            response_bytes: test.response_size,
            burst: test.burst,
            pace: test.pace.map(|pace| Pace { transactions: pace.transactions, interval_ns: pace.interval_ns }),
            client_cpu: test.local_cpu,
            server_cpu: test.remote_cpu,
            hook: plan.hook.as_ref().map_or_else(|| "none".into(), |hook| hook.spec.to_string()),
        }
    }
}
