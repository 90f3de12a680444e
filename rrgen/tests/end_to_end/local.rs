//! `--local`: the server inside, for every form of a run.

use crate::support::{Client, FORMS, Sample, rrgen, run};

#[test]
fn every_form_runs_against_the_server_inside() {
    for form in FORMS.iter().filter(|form| form.is_possible()) {
        let arguments = Sample::load(form.sample).arguments_without_server(&["--local", "-l", form.length]);
        form.assert_printed(Client::Rrgen, &run(rrgen().args(arguments)));
    }
}

#[test]
fn a_server_elsewhere_is_refused() {
    for options in [["-H", "127.0.0.1"], ["-p", "12999"]] {
        let finished = run(rrgen().arg("--local").args(options));
        assert_eq!((finished.code(), finished.stdout.as_str()), (1, ""), "{finished}");
        assert!(finished.stderr.starts_with("rrgen: --local "), "{finished}");
    }
}
