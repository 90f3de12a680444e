//! The rows of the first table, and the single number of `-v 0`.

use std::fmt;

use super::{Classic, CpuFigures, End, Test};
use crate::text::printf::Float;

/// What both CPU columns show for an end that was not measured.
const UNMEASURED: f64 = -1.0;

/// `-v 0`: the throughput; or, if CPU was measured, a service demand, the local one first.
pub(super) fn brief(result: &Classic, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let measured = [result.local, result.remote].into_iter().find_map(|end| Some((end.cpu?, end.method_letter())));
    match measured {
        Some((cpu, letter)) => {
            write!(f, "{:6.3}", Float(cpu.service_demand.into()))?;
            if result.test != Test::TcpCrr {
                write!(f, " {letter}")?;
            }
        }
        None => write!(f, "{:7.2}", Float(result.throughput))?,
    }
    end_with_brand(result, f)
}

/// The two rows: the client's end and the figures, then the server's end.
pub(super) fn write(result: &Classic, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    if result.has_cpu() {
        with_cpu(result, f)?;
    } else {
        without_cpu(result, f)?;
    }
    let End { send_buffer, recv_buffer, .. } = result.remote;
    writeln!(f, "{send_buffer:<6} {recv_buffer:<6}")
}

fn without_cpu(result: &Classic, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    writeln!(
        f,
        "{:<6} {:<6} {:<6}   {:<6}  {:<6.2}   {:7.2}   {}",
        result.local.send_buffer,
        result.local.recv_buffer,
        result.request_size,
        result.response_size,
        Float(result.elapsed.into()),
        Float(result.throughput),
        result.shown_brand(),
    )
}

fn with_cpu(result: &Classic, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    write!(
        f,
        "{:<6} {:<6} {:<6}  {:<6} {:<6.2}  {:<6.2}  ",
        result.local.send_buffer,
        result.local.recv_buffer,
        result.request_size,
        result.response_size,
        Float(result.elapsed.into()),
        Float(result.throughput),
    )?;
    if result.test != Test::TcpRr {
        f.write_str(" ")?;
    }
    let (local, remote) = (&result.local, &result.remote);
    write!(f, "{:<6.2} {:<6.2} ", busy(local), busy(remote))?;
    write!(f, "{:<6.3}  {:<6.3}", demand(local), demand(remote))?;
    end_with_brand(result, f)
}

fn busy(end: &End) -> Float {
    figure(end, |cpu| cpu.busy)
}

fn demand(end: &End) -> Float {
    figure(end, |cpu| cpu.service_demand)
}

fn figure(end: &End, column: impl Fn(CpuFigures) -> f32) -> Float {
    Float(end.cpu.map_or(UNMEASURED, |cpu| column(cpu).into()))
}

/// Ends a line with a blank, also before an empty brand; TCP_CRR ends it at once.
fn end_with_brand(result: &Classic, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    match result.test {
        Test::TcpCrr => writeln!(f),
        _ => writeln!(f, " {}", result.shown_brand()),
    }
}
