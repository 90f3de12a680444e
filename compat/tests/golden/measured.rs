//! The measured numbers in a captured classic stdout.

use std::time::Duration;

use compat::text::Test;
use compat::text::interim::{InterimFormat, InterimLine};
use compat::text::table::{Classic, CpuFigures, End};
use compat::text::warning::ConfidenceWarning;
use compat::wire::METHOD_PROC_STAT;

use crate::command::Command;

/// Fills in the result: what the options decide from the command, the rest from the text.
pub(crate) fn classic(command: &Command, stdout: &str) -> Classic {
    let mut result = Classic {
        test: command.test,
        verbosity: command.verbosity,
        headings: command.headings,
        brand: command.brand.clone(),
        warning: warning(stdout),
        local: End { alignment: command.alignment.0, offset: command.offset.0, ..End::default() },
        remote: End { alignment: command.alignment.1, offset: command.offset.1, ..End::default() },
        request_size: command.request_size,
        response_size: command.response_size,
        elapsed: 0.0,
        unit: command.unit,
        throughput: 0.0,
        transaction_rate: 0.0,
        first_burst: command.banner.first_burst,
        open_loop_round_trip_us: None,
    };
    match command.verbosity {
        0 => brief(command, stdout, &mut result),
        1 | 2 => rows(command, stdout, &mut result),
        _ => {}
    }
    if command.verbosity > 1 && command.test == Test::TcpRr {
        result.transaction_rate = numbers(stdout.lines().last().unwrap())[5];
    }
    result
}

fn brief(command: &Command, stdout: &str, result: &mut Classic) {
    let number = numbers(stdout.lines().last().unwrap())[0];
    let cpu = Some(figures(-1.0, number));
    match (command.local_cpu, command.remote_cpu) {
        (true, _) => result.local.cpu = cpu,
        (false, true) => result.remote.cpu = cpu,
        (false, false) => result.throughput = number,
    }
}

fn rows(command: &Command, stdout: &str, result: &mut Classic) {
    let mut lines = stdout.lines().skip_while(|line| numbers(line).len() < 6);
    let row = numbers(lines.next().unwrap());
    let second_row = numbers(lines.next().unwrap());
    (result.local.send_buffer, result.local.recv_buffer) = (row[0] as i32, row[1] as i32);
    (result.remote.send_buffer, result.remote.recv_buffer) = (second_row[0] as i32, second_row[1] as i32);
    (result.elapsed, result.throughput) = (row[4] as f32, row[5]);
    if command.local_cpu {
        result.local.cpu = Some(figures(row[6], row[8]));
    }
    if command.remote_cpu {
        result.remote.cpu = Some(figures(row[7], row[9]));
    }
}

fn figures(busy: f64, service_demand: f64) -> CpuFigures {
    CpuFigures { busy: busy as f32, service_demand: service_demand as f32, method: METHOD_PROC_STAT }
}

fn warning(stdout: &str) -> Option<ConfidenceWarning> {
    let widths: Vec<f64> = stdout
        .lines()
        .filter_map(|line| line.strip_prefix("!!!")?.strip_suffix('%')?.rsplit(' ').next()?.parse().ok())
        .collect();
    match widths[..] {
        [] => None,
        [throughput, local_cpu, remote_cpu] => Some(ConfidenceWarning { throughput, local_cpu, remote_cpu }),
        _ => panic!("{} widths in {stdout}", widths.len()),
    }
}

/// The classic interim lines.
pub(crate) fn interim(command: &Command, stdout: &str) -> Vec<InterimLine> {
    stdout
        .lines()
        .filter_map(|line| line.strip_prefix("Interim result: "))
        .map(|line| match line.split_whitespace().collect::<Vec<_>>()[..] {
            [rate, _unit, "over", seconds, "seconds", "ending", "at", ending] => InterimLine {
                rate: rate.parse().unwrap(),
                unit: command.unit,
                seconds: seconds.parse().unwrap(),
                ending: wall_clock(ending),
                format: InterimFormat::Classic,
            },
            _ => panic!("not an interim line: {line}"),
        })
        .collect()
}

/// Seconds and milliseconds since the epoch.
pub(crate) fn wall_clock(text: &str) -> Duration {
    let (seconds, millis) = text.split_once('.').unwrap();
    Duration::from_secs(seconds.parse().unwrap()) + Duration::from_millis(millis.parse().unwrap())
}

/// The numbers a line starts with.
fn numbers(line: &str) -> Vec<f64> {
    line.split_whitespace().map_while(|word| word.parse().ok()).collect()
}
