//! Whole outputs: notices, banner, interim lines, warning, headings, rows, details.

use crate::coverage::RESULTS;
use crate::measured;
use crate::sample::Sample;

fn rendered(sample: &Sample) -> String {
    let command = sample.command();
    let notices = command.notices.iter().map(ToString::to_string);
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

#[test]
fn the_omni_modes_have_the_same_banner() {
    let mut compared = 0;
    for (name, line) in Sample::all() {
        let sample = Sample::load(&name);
        let Some(command) = crate::command::Command::read(&line) else { continue };
        let banner = sample.stdout.lines().find(|line| line.starts_with("MIGRATED"));
        if let (false, Some(banner)) = (command.classic, banner) {
            assert_eq!(command.banner.to_string(), format!("{banner}\n"), "{name}");
            compared += 1;
        }
    }
    assert!(compared > 30, "only {compared} banners");
}
