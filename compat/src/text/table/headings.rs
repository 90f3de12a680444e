//! The headings of the first table, which end with an empty line.
//!
//! Trailing blanks are netperf's.

use std::fmt;

use super::{Classic, Test};

pub(super) fn write(result: &Classic, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    f.write_str("Local /Remote\n")?;
    if result.has_cpu() {
        with_cpu(result, f)
    } else if result.headed_by_transactions() {
        f.write_str(
            "Socket Size   Request  Resp.   Elapsed  Trans.\n\
             Send   Recv   Size     Size    Time     Rate         \n\
             bytes  Bytes  bytes    bytes   secs.    per sec   \n\n",
        )
    } else {
        write!(
            f,
            "Socket Size   Request  Resp.   Elapsed  \n\
             Send   Recv   Size     Size    Time     Throughput \n\
             bytes  Bytes  bytes    bytes   secs.    {}/sec   \n\n",
            result.unit.name()
        )
    }
}

fn with_cpu(result: &Classic, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let (quantity, rate, per) =
        if result.headed_by_transactions() { ("Trans.", "Rate", "Tr") } else { ("Tput", result.unit.name(), "KB") };
    // TCP_CRR leaves the places of the method letters blank.
    let (local, remote) = match result.test {
        Test::TcpCrr => (' ', ' '),
        _ => (result.local.method_letter(), result.remote.method_letter()),
    };
    write!(
        f,
        "Socket Size   Request Resp.  Elapsed {quantity:<8} CPU    CPU    S.dem   S.dem\n\
         Send   Recv   Size    Size   Time    {rate:<8.8} local  remote local   remote\n\
         bytes  bytes  bytes   bytes  secs.   per sec  % {local}    % {remote}    us/{per}   us/{per}\n\n"
    )
}
