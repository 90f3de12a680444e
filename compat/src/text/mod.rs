//! netperf's text output: the classic form, byte for byte.
//!
//! Scripts of twenty years read these lines by column, so every blank counts, also where netperf is
//! wrong (the captured runs in `tests/samples/` decide). Everything here turns values into text; what to
//! print, where and when is the caller's business.

pub(crate) mod address_family;
pub mod banner;
pub mod cpu_method;
pub mod failure;
pub mod interim;
pub mod netserver;
pub mod printf;
pub mod table;
pub mod tcp_info;
pub mod warning;

/// The request/response tests, whose texts differ in small ways.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Test {
    /// Transactions over one TCP connection.
    #[default]
    TcpRr,
    /// A new TCP connection for every transaction.
    TcpCrr,
    /// Transactions in UDP datagrams.
    UdpRr,
}

/// What a request/response test does, in netperf's words.
pub(crate) fn direction(connection_test: bool) -> &'static str {
    if connection_test { "Connect|Send|Recv" } else { "Send|Recv" }
}
