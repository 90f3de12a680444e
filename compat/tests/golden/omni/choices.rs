//! Lines that are told names or a mistake instead of running.

use compat::omni::{Choice, FileError};

use super::run::Line;
use crate::coverage::ASKED;
use crate::sample::Sample;

const ENOENT: i32 = 2;

#[test]
fn every_question_and_mistake_is_answered_as_captured() {
    for name in ASKED {
        let sample = Sample::load(name);
        let output = Line::read(&sample.line).test.output.unwrap();
        let report = match Choice::read(&output, false) {
            Choice::Names(report) => report,
            Choice::File(path) => FileError::Unreadable { path: path.to_owned(), errno: ENOENT }.report(),
            Choice::Selection(_) => panic!("{name} chooses something"),
        };
        assert_eq!(
            (report.stdout, report.stderr, report.status),
            (sample.stdout, sample.stderr, sample.status),
            "{name}"
        );
    }
}
