//! A server that sends anything: rrgen fails, in time, without a panic.

use std::io::{self, Read, Write};
use std::net::{TcpListener, TcpStream};

use compat::wire::MESSAGE_LEN;
use fastrand::Rng;

use crate::support::{Finished, Mock, data_listener, read_message, rrgen, run};

const SESSIONS: u64 = 48;

/// Where a message has its errno: what follows is looked at only if this is 0.
const ERRNO: std::ops::Range<usize> = 4..8;

/// Enough for the client to see more than one response.
const DATA_BYTES: usize = 64;

fn bytes(random: &mut Rng, count: usize) -> Vec<u8> {
    (0..count).map(|_| random.u8(..)).collect()
}

/// A message of random bytes: too short, too long or whole, and often one that reports no error.
fn message(random: &mut Rng) -> Vec<u8> {
    let length = if random.bool() { MESSAGE_LEN } else { random.usize(..2 * MESSAGE_LEN) };
    let mut message = bytes(random, length);
    if random.bool() && length >= ERRNO.end {
        message[ERRNO].fill(0);
    }
    message
}

/// Answers whatever comes with random bytes, and closes.
fn babble(listener: &TcpListener, random: &mut Rng) -> io::Result<()> {
    let (mut data, _client) = listener.accept()?;
    data.read_exact(&mut [0])?;
    data.write_all(&bytes(random, DATA_BYTES))
}

/// One control connection: garbage at once, or a good response with garbage for data and results.
fn session(mut control: TcpStream, mut random: Rng) -> io::Result<()> {
    read_message(&mut control)?;
    if random.bool() {
        let (listener, answer) = data_listener();
        control.write_all(answer.as_bytes())?;
        babble(&listener, &mut random)?;
    }
    control.write_all(&message(&mut random))
}

fn assert_failed(seed: u64, finished: &Finished) {
    assert!([1, 255].contains(&finished.code()), "seed {seed}: {finished}");
    assert!(!finished.stderr.is_empty(), "seed {seed} says nothing: {finished}");
}

#[test]
fn no_answer_of_a_server_is_taken_for_results() {
    for seed in 0..SESSIONS {
        let server = Mock::start(move |control| session(control, Rng::with_seed(seed)));
        // Endless: ended by what the server does.
        let finished = run(rrgen().args(["-H", "127.0.0.1", "-p", &server.port(), "-l", "0"]));
        assert_failed(seed, &finished);
    }
}
