//! A server that answers before it is asked: its next answer is there at once, and it would look fast.

use std::io::{Read, Write};

use compat::wire::OmniResults;

use crate::support::{Client, Finished, Mock, Server, data_listener, read_message, rrgen, run};

/// Answers every request of a byte with two, then sends results.
fn answering_twice() -> Mock {
    Mock::start(|mut control| {
        read_message(&mut control)?;
        let (listener, response) = data_listener();
        control.write_all(response.as_bytes())?;
        let (mut data, _client) = listener.accept()?;
        while data.read(&mut [0])? > 0 {
            data.write_all(b"xx")?;
        }
        drop(data);
        control.write_all(OmniResults::default().encode().as_bytes())
    })
}

fn assert_refused(finished: &Finished) {
    assert!(finished.code() != 0 && !finished.stdout.contains("Local /Remote"), "{finished}");
    assert!(finished.stderr.contains("more came than was asked for"), "{finished}");
}

#[test]
fn it_is_no_fast_one_however_its_test_goes() {
    for options in [
        &["-l", "1"][..],
        &["-l", "-50"],
        &["-l", "-50", "--warmup", "9"],
        &["-l", "-50", "--", "-b", "8"],
        &["-l", "60", "--rate", "500"],
    ] {
        let server = answering_twice();
        let finished = run(rrgen().args(["-H", "127.0.0.1", "-p", &server.port()]).args(options));
        assert_refused(&finished);
        assert!(finished.stderr.contains("the server answers unasked"), "{options:?}: {finished}");
    }
}

#[test]
fn it_is_refused_in_netperfs_name_too() {
    let server = answering_twice();
    let mut command = Client::RrgenAsNetperf.command().expect("always there");
    let finished = run(command.args(["-H", "127.0.0.1", "-p", &server.port(), "-t", "TCP_RR", "-l", "-50"]));
    assert_refused(&finished);
    assert!(!finished.stderr.contains("rrgen"), "{finished}");
}

/// A burst in flight when its time is over was asked for.
#[test]
fn what_was_asked_for_and_not_waited_for_is_its_right() {
    let server = Server::rrserver(&[]);
    for options in
        [&["-l", "1", "--", "-b", "64", "-r", "100,3000"][..], &["-l", "-500", "--warmup", "9", "--", "-b", "8"]]
    {
        let finished = run(rrgen().args(["-H", "127.0.0.1", "-p", &server.port()]).args(options));
        assert_eq!(finished.code(), 0, "{options:?}: {finished}");
    }
}
