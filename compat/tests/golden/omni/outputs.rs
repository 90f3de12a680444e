//! Whole outputs: banner, interim results, chosen values.

use std::fs;

use compat::args::{OutputArg, OutputFormat};
use compat::omni::{Choice, Output, Selection};
use compat::text::banner::OmniBanner;

use super::run::{Line, values};
use super::shown::shown;
use crate::command::Command;
use crate::coverage::CHOSEN;
use crate::interim;
use crate::sample::{Sample, path};

/// What a line chooses; a file is among the samples.
fn selection(output: &OutputArg, line: &Line) -> Selection {
    match Choice::read(output, line.measures_cpu()) {
        Choice::Selection(selection) => selection,
        Choice::File(name) => Selection::from_file(name, &fs::read(path(name)).unwrap(), output.format).unwrap(),
        Choice::Names(_) => panic!("names, not values"),
    }
}

/// What follows the banner.
fn rendered(line: &Line, output: &OutputArg, command: &Command, stdout: &str) -> String {
    let selection = selection(output, line);
    let values = values(line, command, &shown(output.format, &selection, stdout));
    let interim = interim::lines(output.format, command, stdout).into_iter().map(|line| line.to_string());
    let headings = command.headings;
    let output = Output { format: output.format, selection: &selection, values: &values, headings };
    interim.chain([output.to_string()]).collect()
}

#[test]
fn every_omni_output_is_reproduced() {
    for name in CHOSEN {
        let sample = Sample::load(name);
        let (line, command) = (Line::read(&sample.line), sample.command());
        let banner = if command.headings { command.banner.to_string() } else { String::new() };
        let output = line.test.output.clone().unwrap();
        let rendered = banner + &rendered(&line, &output, &command, &sample.stdout);
        assert_eq!(rendered, sample.stdout, "{name}");
    }
}

#[test]
fn the_omni_test_shows_columns_under_a_banner_of_its_own() {
    let sample = Sample::load("ar-omni");
    // It is a TCP_RR test in all but the banner's title and its burst.
    let command = Command::read(&sample.line.replace("-t omni", "-t TCP_RR")).unwrap();
    let output = OutputArg { format: OutputFormat::Columns, selection: None };
    let rendered = rendered(&Line::read(&sample.line), &output, &command, &sample.stdout);
    assert_eq!(format!("{}{rendered}", OmniBanner(&command.banner)), sample.stdout);
}
