//! The interim results of the omni modes, and the arithmetic behind interim results.

use compat::args::OutputFormat;
use compat::text::interim::{InterimFormat, InterimLine, Interval};

use crate::command::Command;
use crate::measured::{self, wall_clock};
use crate::sample::Sample;

/// The interim results in a captured stdout, in the form that belongs to the layout of the values.
pub(crate) fn lines(layout: OutputFormat, command: &Command, stdout: &str) -> Vec<InterimLine> {
    match layout {
        OutputFormat::Columns => measured::interim(command, stdout),
        OutputFormat::Csv => csv(command, stdout),
        OutputFormat::KeyVal => key_values(command, stdout),
    }
}

fn csv(command: &Command, stdout: &str) -> Vec<InterimLine> {
    let unit = format!("{}/s", command.unit.name());
    stdout
        .lines()
        .filter_map(|line| match line.split(',').collect::<Vec<_>>()[..] {
            [rate, of, seconds, ending] if of == unit => {
                Some(line_of(command, [rate, seconds, ending], InterimFormat::Csv))
            }
            _ => None,
        })
        .collect()
}

/// Numbered from 0 over all iterations.
fn key_values(command: &Command, stdout: &str) -> Vec<InterimLine> {
    let value = |key: &str, index: u32| {
        let key = format!("NETPERF_{key}[{index}]=");
        stdout.lines().find_map(|line| line.strip_prefix(&key))
    };
    let keys = ["INTERIM_RESULT", "INTERVAL", "ENDING"];
    (0..)
        .map_while(|index| {
            value(keys[0], index)?;
            let texts = keys.map(|key| value(key, index).unwrap());
            Some(line_of(command, texts, InterimFormat::KeyValue(index)))
        })
        .collect()
}

fn line_of(command: &Command, [rate, seconds, ending]: [&str; 3], format: InterimFormat) -> InterimLine {
    InterimLine {
        rate: rate.trim().parse().unwrap(),
        unit: command.unit,
        seconds: seconds.parse().unwrap(),
        ending: wall_clock(ending),
        format,
    }
}

#[test]
fn every_form_is_captured() {
    let captured = |name: &str, layout| {
        let sample = Sample::load(name);
        lines(layout, &sample.command(), &sample.stdout).len()
    };
    assert_eq!(captured("74-D-o", OutputFormat::Csv), 4);
    assert_eq!(captured("75-D-k", OutputFormat::KeyVal), 4);
    assert_eq!(captured("76-D-O", OutputFormat::Columns), 3);
    assert_eq!(captured("c5-i-D", OutputFormat::KeyVal), 6);
}

#[test]
fn rates_come_from_whole_microseconds() {
    // `-D 0`: 100 transactions, then one per line, so that the length can be told from the rate.
    let sample = Sample::load("c2-D0");
    let lines = measured::interim(&sample.command(), &sample.stdout);
    assert_eq!(lines.len(), 151);
    for (index, shown) in lines.iter().enumerate() {
        let units = if index == 0 { 100 } else { 1 };
        let actual_us = (units as f64 * 1e6 / shown.rate).round() as u64;
        let interval = Interval { units, actual_us, end_ns: 0 };
        let line = InterimLine::new(interval, shown.unit, shown.ending, shown.format);
        assert!(sample.stdout.contains(&line.to_string()), "{line}");
    }
}
