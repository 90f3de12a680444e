//! The second table (`-v 2` and above), which prints its headings even with `-P 0`.

use std::fmt;

use super::{Classic, Test};
use crate::elapsed::round_trip_usec;
use crate::text::printf::Float;
use crate::units::Unit;

pub(super) fn write(result: &Classic, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    match result.test {
        Test::TcpRr => tcp_rr(result, f),
        Test::TcpCrr => tcp_crr(result, f),
        Test::UdpRr => Ok(()),
    }
}

fn tcp_rr(result: &Classic, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let unit = result.unit.one_way();
    if let Unit::Unrecognized(letter) = unit {
        for _direction in ["outbound", "inbound"] {
            writeln!(f, "WARNING calc_throughput_internal_omni: unknown units {letter}")?;
        }
    }
    let one_way = |size: i32| Float(unit.rate(result.transaction_rate * f64::from(size), 1.0));
    writeln!(
        f,
        "Alignment      Offset         RoundTrip  Trans    Throughput\n\
         Local  Remote  Local  Remote  Latency    Rate     {:<8.8}/s\n\
         Send   Recv    Send   Recv    usec/Tran  per sec  Outbound   Inbound\n\
         {:5}  {:5}   {:5}  {:5}   {:<6.3}   {:<6.3} {:<6.3}    {:<6.3}",
        unit.name(),
        result.local.alignment,
        // netperf has the remote offset under both headings (`ba-align-v2`).
        result.remote.offset,
        result.local.offset,
        result.remote.offset,
        Float(round_trip_us(result)),
        Float(result.transaction_rate),
        one_way(result.request_size),
        one_way(result.response_size),
    )
}

fn round_trip_us(result: &Classic) -> f64 {
    let by_rate = || round_trip_usec(result.transaction_rate, result.first_burst);
    result.open_loop_round_trip_us.unwrap_or_else(by_rate)
}

fn tcp_crr(result: &Classic, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    writeln!(
        f,
        "\n\
         Alignment      Offset\n\
         Local  Remote  Local  Remote\n\
         Send   Recv    Send   Recv\n\
         {:5}  {:5}   {:5}  {:5}",
        result.local.alignment, result.remote.alignment, result.local.offset, result.remote.offset,
    )
}
