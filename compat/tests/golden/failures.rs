//! Runs that fail: both streams and the exit status.

use std::io;

use compat::text::failure::{ControlEnd, Failure, ResolverError};
use compat::wire::Family;

use crate::coverage::FAILURES;
use crate::sample::Sample;

const ECONNRESET: i32 = 104;
const ECONNREFUSED: i32 = 111;

/// What went wrong, and whether the banner was out by then.
fn failure(name: &str) -> (Failure, bool) {
    match name {
        "80-noserver" => (nothing_listening("127.0.0.1", Family::Inet), false),
        "81-noserver-default-host" => (nothing_listening("localhost", Family::Unspecified), false),
        "83-unknown-host" => {
            let (host, cause) = unresolved();
            (Failure::UnknownHost { host, family: Family::Unspecified, cause }, false)
        }
        "90-I90" => (Failure::ConfidenceLevel, false),
        "93-unknown-data-host" => {
            let (host, cause) = unresolved();
            (Failure::UnknownDataHost { host, port: 0, family: Family::Inet, cause }, false)
        }
        "94-Z-missing" | "94-Z-wrong" | "b5-server-closes" => (Failure::PartialResponse(0), true),
        "a1-banner-all" => (Failure::DataSend(io::Error::from_raw_os_error(ECONNRESET)), true),
        "b1-remote-err-998" => (Failure::Remote(998), true),
        "b2-remote-err-98" => (Failure::Remote(98), true),
        "b3-results-err-22" => (Failure::Remote(22), true),
        "b4-short-response" => (Failure::PartialResponse(100), true),
        "b6-data-refused" => (Failure::DataConnect(io::Error::from_raw_os_error(ECONNREFUSED)), true),
        _ => panic!("what went wrong in {name}?"),
    }
}

fn nothing_listening(host: &str, family: Family) -> Failure {
    Failure::NothingListening {
        local: ControlEnd { host: "0.0.0.0".to_owned(), port: 0, family: Family::Unspecified },
        remote: ControlEnd { host: host.to_owned(), port: 12999, family },
    }
}

fn unresolved() -> (String, ResolverError) {
    let text = "Name or service not known".to_owned();
    ("no.such.host.invalid".to_owned(), ResolverError { code: -2, text })
}

fn assert_reported(name: &str, sample: &Sample, failure: &Failure, banner: &str) {
    let report = failure.report();
    assert_eq!(format!("{banner}{}", report.stdout), sample.stdout, "{name}");
    assert_eq!(report.stderr, sample.stderr, "{name}");
    assert_eq!(report.status, sample.status, "{name}");
}

#[test]
fn every_failure_is_reported_as_captured() {
    for name in FAILURES {
        let sample = Sample::load(name);
        let (failure, after_banner) = failure(name);
        let banner = if after_banner { sample.command().banner.to_string() } else { String::new() };
        assert_reported(name, &sample, &failure, &banner);
    }
}

#[test]
fn an_unknown_test_is_reported_as_captured() {
    let name = "82-unknown-test";
    assert_reported(name, &Sample::load(name), &Failure::UnknownTest("FOO_RR".to_owned()), "");
}
