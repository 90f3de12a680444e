//! The results message: how long it took, what the connection was like.

use std::time::{Duration, Instant};

use compat::wire::{OmniRequest, OmniResults};
use socket2::{Domain, Socket, Type};

use crate::harness::{A_MINUTE, Client, Data, Process, counted, timed};

/// Present in every Linux, whatever its default.
const RENO: &str = "reno";

/// What the length of a test must be told apart from: the time of setting it up.
const WHILE: Duration = Duration::from_millis(100);

/// An f32 of seconds holds some seven digits.
const ROUNDING: f32 = 1e-4;

fn results(request: &OmniRequest) -> OmniResults {
    let server = Process::start(&[]);
    Client::connect(server.address()).run(request, 5)
}

fn default_congestion_control() -> String {
    let socket = Socket::new(Domain::IPV4, Type::STREAM, None).expect("socket");
    let name = socket.tcp_congestion().expect("TCP_CONGESTION");
    String::from_utf8(name).expect("a name").trim_end_matches('\0').to_owned()
}

#[test]
fn elapsed_is_the_time_of_the_transactions() {
    let server = Process::start(&[]);
    let mut client = Client::connect(server.address());
    let asked = Instant::now();
    let mut data = client.start(&timed(A_MINUTE));
    data.transact(1);
    let first = Instant::now();
    while first.elapsed() < WHILE {
        data.transact(1);
    }
    let at_least = first.elapsed().as_secs_f32();
    data.finish();
    let elapsed = client.results().elapsed;
    let at_most = asked.elapsed().as_secs_f32();
    let plausible = at_least - ROUNDING..=at_most + ROUNDING;
    assert!(plausible.contains(&elapsed), "{elapsed} s is not in {plausible:?}");
}

#[test]
fn loopback_retransmits_nothing() {
    assert_eq!(results(&counted(5)).retransmits, 0);
}

#[test]
fn the_congestion_control_in_use_is_named() {
    let asking_for = |name: &str| OmniRequest { congestion_control: name.to_owned(), ..counted(5) };
    assert_eq!(results(&asking_for(RENO)).congestion_control, RENO);
    assert_eq!(results(&asking_for("")).congestion_control, default_congestion_control());
    assert_eq!(results(&asking_for("no-such-name")).congestion_control, default_congestion_control());
}

#[test]
fn without_the_routing_flag_the_algorithm_has_no_name() {
    assert_eq!(results(&OmniRequest { allow_routing: false, ..counted(5) }).congestion_control, "");
}

#[test]
fn buffer_sizes_asked_for_stay_and_others_only_grow() {
    const SIZE: u32 = 40 << 10;
    let server = Process::start(&[]);
    let mut client = Client::connect(server.address());
    for fixed in [Some(SIZE), None] {
        let request = OmniRequest { send_buffer: fixed, recv_buffer: fixed, ..counted(5) };
        let response = client.ask(&request);
        let mut data = Data::connect(client.data_address(&response), &request);
        data.transact(5);
        data.finish();
        let results = client.results();
        let (before, after) =
            ((response.send_buffer, response.recv_buffer), (results.send_buffer, results.recv_buffer));
        match fixed {
            Some(_) => assert_eq!(after, before),
            None => assert!(after.0 >= before.0 && after.1 >= before.1, "{after:?} after {before:?}"),
        }
    }
}
