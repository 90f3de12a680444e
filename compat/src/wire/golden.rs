//! Every captured netperf 2.7.0 message against the decoders (`tests/samples/session-*.bin`).

use std::fs;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::path::{Path, PathBuf};

use super::*;

const SAMPLES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/samples");

fn load(path: &Path) -> Message {
    let bytes = fs::read(path).unwrap();
    Message::from_bytes(bytes.try_into().unwrap())
}

/// Message `name`, e.g. `plain.1.c2s`.
fn sample(name: &str) -> Message {
    load(&Path::new(SAMPLES).join(format!("session-{name}.bin")))
}

fn request(name: &str) -> OmniRequest {
    OmniRequest::decode(&sample(name)).unwrap()
}

fn response(name: &str) -> OmniResponse {
    OmniResponse::decode(&sample(name)).unwrap()
}

fn results(name: &str, asked_cpu: bool) -> OmniResults {
    OmniResults::decode(&sample(name), asked_cpu).unwrap()
}

/// All captured messages whose file name ends so, with the name.
fn samples(ending: &str) -> Vec<(PathBuf, Message)> {
    let entries = fs::read_dir(SAMPLES).unwrap().map(|entry| entry.unwrap().path());
    let found: Vec<_> = entries
        .filter(|path| path.to_string_lossy().ends_with(ending))
        .map(|path| (path.clone(), load(&path)))
        .collect();
    assert!(!found.is_empty(), "no sample ends in {ending}");
    found
}

/// The type word of a stock server's results: 98, byte-swapped once too often.
const SWAPPED: u32 = 98_u32.swap_bytes();

#[test]
fn every_request_re_encodes_to_the_same_bytes() {
    for (path, message) in samples(".c2s.bin") {
        let encoded = match message.kind() {
            Kind::Passphrase => {
                let text = str::from_utf8(passphrase_of(&message)).unwrap();
                passphrase_message(text, message.remote_cpu()).unwrap()
            }
            _ => OmniRequest::decode(&message).unwrap().encode(),
        };
        assert_eq!(encoded.as_bytes(), message.as_bytes(), "{path:?}");
    }
}

#[test]
fn every_response_re_encodes_but_for_left_over_words() {
    const FLAGS: usize = 6;
    let responses = samples(".s2c.bin").into_iter().filter(|(_, message)| message.kind() == Kind::OmniResponse);
    for (path, mut message) in responses {
        let encoded = OmniResponse::decode(&message).unwrap().encode();
        // From the second test of a connection on, the other flag bits, and the unused strings from field
        // 18 on, hold what the results before left there.
        message.set_field(FLAGS, message.field(FLAGS) & (flags::NODELAY | flags::MEASURE_CPU));
        message.set_bytes(80, &[0; MESSAGE_LEN - 80]);
        assert_eq!(encoded.as_bytes(), message.as_bytes(), "{path:?}");
    }
}

#[test]
fn all_results_re_encode_but_for_stale_words() {
    let results = samples(".s2c.bin").into_iter().filter(|(_, message)| message.kind() == Kind::Other(SWAPPED));
    for (path, message) in results {
        let asked_cpu = message.field(18) == METHOD_PROC_STAT;
        let encoded = OmniResults::decode(&message, asked_cpu).unwrap().encode();
        // 8 failed sends and 17 service demand are never written; 11 to 16 only if the CPU is measured.
        let stale: &[usize] = if asked_cpu { &[8, 17] } else { &[8, 11, 12, 13, 14, 15, 16, 17] };
        let mut expected = Message::new(Kind::OmniResults);
        expected.set_bytes(4, &message.as_bytes()[4..]);
        for &field in stale {
            expected.set_field(field, 0);
        }
        assert_eq!(encoded.as_bytes(), expected.as_bytes(), "{path:?}");
    }
}

#[test]
fn the_default_request_is_what_stock_sends_unasked() {
    let plain = request("plain.1.c2s");
    let expected = OmniRequest { length: TestLength::Transactions(20), client_port: 33913, ..OmniRequest::default() };
    assert_eq!(plain, expected);
}

#[test]
fn every_option_of_the_full_session_is_found() {
    let localhost: Option<IpAddr> = Some(Ipv4Addr::LOCALHOST.into());
    let mut buffers = BufferShape::default();
    buffers.send.alignment = 64;
    buffers.recv.alignment = 128;
    let expected = OmniRequest {
        remote_cpu: Some(1),
        send_buffer: Some(64 * 1024),
        recv_buffer: Some(20 * 1024),
        request_size: 64,
        response_size: 128,
        nodelay: true,
        measure_cpu: true,
        keepalive: true,
        length: TestLength::Transactions(20),
        client_port: 34775,
        client_address: localhost,
        server_address: localhost,
        priority: Some(4),
        tos: Some(0x20),
        congestion_control: "cubic".to_owned(),
        buffers,
        ..OmniRequest::default()
    };
    assert_eq!(request("full.1.c2s"), expected);

    let expected = OmniResponse {
        recv_buffer: 40960,
        send_buffer: 131072,
        recv_size: 64,
        send_size: 128,
        nodelay: true,
        cpu_measured: true,
        cpu_rate: 100.0,
        data_port: 44513,
        priority: 4,
        tos: 0x20,
        ..OmniResponse::default()
    };
    assert_eq!(response("full.2.s2c"), expected);

    let results = results("full.3.s2c", true);
    assert_eq!((results.bytes_received, results.bytes_sent), (20 * 64, 20 * 128));
    assert_eq!(results.congestion_control, "cubic");
    let cpu = results.cpu.unwrap();
    assert_eq!((cpu.method, cpu.cpus, cpu.peak_cpu), (METHOD_PROC_STAT, 2, 0));
}

#[test]
fn results_count_without_stale_cpu_words() {
    let expected = OmniResults {
        bytes_received: 20,
        recv_calls: 20,
        recv_buffer: 131072,
        bytes_sent: 20,
        send_calls: 20,
        send_buffer: 3939840,
        transactions: 20,
        elapsed: f32::from_bits(0x3b6b_cc6c),
        congestion_control: "bbr".to_owned(),
        ..OmniResults::default()
    };
    // Field 11 of this message is the byte-reversed data port, not a CPU figure.
    assert_eq!(results("plain.3.s2c", false), expected);
    assert_eq!(response("plain.2.s2c").data_port, 38015);
}

#[test]
fn ipv6_addresses_come_out_in_order() {
    let request = request("ipv6.1.c2s");
    assert_eq!(request.family, Family::Inet6);
    assert_eq!(request.client_address, Some(Ipv6Addr::LOCALHOST.into()));
    assert_eq!(request.server_address, Some(Ipv6Addr::LOCALHOST.into()));
}

#[test]
fn later_iterations_repeat_port_and_rate() {
    let first = request("i3.1.c2s");
    assert_eq!((first.data_port, first.cpu_rate), (0, 0.0));
    let answer = response("i3.2.s2c");
    for later in ["i3.4.c2s", "i3.7.c2s"] {
        let later = request(later);
        assert_eq!((later.data_port, later.cpu_rate), (answer.data_port, answer.cpu_rate));
    }
    assert!(response("i3.5.s2c").cpu_measured);
    assert_eq!(results("i3.6.s2c", true).cpu.unwrap().cpus, 2);
}

#[test]
fn a_timed_request_carries_seconds_and_the_server_interval() {
    let request = request("timed.1.c2s");
    assert_eq!(request.length, TestLength::Seconds(1));
    assert_eq!((request.interval_burst, request.interval_usecs), (3, 5000));
    assert_eq!(results("timed.3.s2c", false).transactions, 5360);
}

#[test]
fn the_passphrase_comes_before_the_request() {
    assert_eq!(passphrase_of(&sample("Z.1.c2s")), b"s3cret");
    assert_eq!(sample("Z.2.c2s").kind(), Kind::Omni);
}

#[test]
fn other_tests_differ_in_type_protocol_and_retransmits() {
    let datagrams = request("udprr.1.c2s");
    assert_eq!((datagrams.socket_type, datagrams.protocol), (SocketType::Datagram, 17));
    assert!(request("crr.1.c2s").connection_test);
    for name in ["udprr.3.s2c", "crr.3.s2c"] {
        let results = results(name, false);
        assert_eq!((results.retransmits, results.congestion_control.as_str()), (-1, ""));
    }
}
