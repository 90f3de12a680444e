//! Whole outputs: notices, banner, interim lines, warning, headings, rows, details.

use crate::coverage::RESULTS;
use crate::measured;
use crate::sample::Sample;

fn rendered(sample: &Sample) -> String {
    let command = sample.command();
    let notices = command.notices.iter().map(|notice| format!("{notice}\n"));
    let banner = command.headings.then(|| command.banner.to_string());
    let interim = measured::interim(&command, &sample.stdout).into_iter().map(|line| line.to_string());
    let result = measured::classic(&command, &sample.stdout).to_string();
    notices.chain(banner).chain(interim).chain([result]).collect()
}

#[test]
fn every_classic_result_is_reproduced() {
    for name in RESULTS {
        let sample = Sample::load(name);
        assert_eq!(rendered(&sample), sample.stdout, "{name}");
    }
}
