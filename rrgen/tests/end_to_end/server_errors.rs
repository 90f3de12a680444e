//! A server that answers, but not with results.

use std::io::{self, Write};

use compat::wire::{Message, error_message};

use crate::support::{Mock, Sample, assert_failed_like, data_listener, read_message, rrgen, run, serve_data};

fn assert_like(name: &str, server: &Mock) {
    let sample = Sample::load(name);
    let finished = run(rrgen().args(sample.arguments(&["-p", &server.port()])));
    assert_failed_like(&sample, &finished, "log");
}

/// A server that answers the request with the first bytes of `message` and closes.
fn answering(message: Message, length: usize) -> Mock {
    Mock::start(move |mut control| {
        read_message(&mut control)?;
        control.write_all(&message.as_bytes()[..length])
    })
}

#[test]
fn the_request_is_answered_with_an_error() {
    for (name, errno) in [("b1-remote-err-998", 998), ("b2-remote-err-98", 98)] {
        let message = error_message(errno);
        assert_like(name, &answering(message.clone(), message.as_bytes().len()));
    }
}

#[test]
fn the_request_is_answered_in_part_or_not_at_all() {
    for (name, length) in [("b4-short-response", 100), ("b5-server-closes", 0)] {
        assert_like(name, &answering(error_message(0), length));
    }
}

/// Carries out the test, and then sends the first bytes of `message`.
fn serving(message: Message, length: usize) -> Mock {
    Mock::start(move |mut control| -> io::Result<()> {
        let (listener, answer) = data_listener();
        read_message(&mut control)?;
        control.write_all(answer.as_bytes())?;
        serve_data(&listener)?;
        control.write_all(&message.as_bytes()[..length])
    })
}

#[test]
fn the_results_are_an_error() {
    let message = error_message(22);
    assert_like("b3-results-err-22", &serving(message.clone(), message.as_bytes().len()));
}

/// netperf reads a response and the results in the same way, and says the same of both.
#[test]
fn the_results_come_in_part_or_not_at_all() {
    for (name, length) in [("b4-short-response", 100), ("b5-server-closes", 0)] {
        assert_like(name, &serving(error_message(0), length));
    }
}
