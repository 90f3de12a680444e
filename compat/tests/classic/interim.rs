//! The interim lines of the omni modes, and the arithmetic behind interim lines.

use std::fmt::Write;

use compat::text::interim::{InterimFormat, InterimLine, Interval};
use compat::units::Unit;

use crate::measured::{self, wall_clock};
use crate::sample::Sample;

fn line(rate: &str, seconds: &str, ending: &str, format: InterimFormat) -> InterimLine {
    InterimLine {
        rate: rate.trim().parse().unwrap(),
        unit: Unit::Transactions,
        seconds: seconds.parse().unwrap(),
        ending: wall_clock(ending),
        format,
    }
}

#[test]
fn csv_lines_follow_the_banner() {
    let stdout = Sample::load("74-D-o").stdout;
    let expected: Vec<&str> = stdout.lines().filter(|line| line.contains("Trans/s")).collect();
    assert_eq!(expected.len(), 4);
    for expected in expected {
        let [rate, _unit, seconds, ending] = expected.split(',').collect::<Vec<_>>()[..] else {
            panic!("four fields: {expected}")
        };
        let line = line(rate, seconds, ending, InterimFormat::Csv);
        assert_eq!(line.to_string(), format!("{expected}\n"));
    }
}

#[test]
fn key_value_lines_count_over_all_iterations() {
    for (name, count) in [("75-D-k", 4), ("c5-i-D", 6)] {
        let stdout = Sample::load(name).stdout;
        let expected: String =
            stdout.lines().filter(|line| line.starts_with("NETPERF_")).fold(String::new(), |mut text, line| {
                writeln!(text, "{line}").unwrap();
                text
            });
        let value = |key: &str, index: u32| {
            let key = format!("NETPERF_{key}[{index}]=");
            stdout.lines().find_map(|line| line.strip_prefix(&key)).unwrap_or_else(|| panic!("{name}: {key}"))
        };
        let rendered: String = (0..count)
            .map(|index| {
                let [rate, seconds, ending] = ["INTERIM_RESULT", "INTERVAL", "ENDING"].map(|key| value(key, index));
                line(rate, seconds, ending, InterimFormat::KeyValue(index)).to_string()
            })
            .collect();
        assert_eq!(rendered, expected, "{name}");
    }
}

#[test]
fn the_columns_mode_has_classic_lines() {
    let sample = Sample::load("76-D-O");
    let lines = measured::interim(&sample.command(), &sample.stdout);
    assert_eq!(lines.len(), 3);
    for line in lines {
        assert!(sample.stdout.contains(&line.to_string()), "{line}");
    }
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
