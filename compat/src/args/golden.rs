//! Every captured command line (`tests/samples/*.cmd`), against what stock netperf made of it.

use std::fs;
use std::path::Path;

use super::*;
use crate::wire::{Message, OmniRequest};

const SAMPLES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/samples");

/// The words of a captured line, which a shell quoted with backslashes.
fn words(line: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut chars = line.trim_end().chars();
    while let Some(char) = chars.next() {
        let word = words.last_mut().unwrap();
        match char {
            '\\' => word.extend(chars.next()),
            ' ' => words.push(String::new()),
            _ => word.push(char),
        }
    }
    words
}

fn read(name: &str) -> String {
    fs::read_to_string(Path::new(SAMPLES).join(name)).unwrap()
}

fn invocation(name: &str) -> Invocation<()> {
    parse(&words(&read(&format!("{name}.cmd"))), &[]).unwrap()
}

#[test]
fn every_captured_line_is_taken_or_refused_as_by_stock() {
    let mut taken = 0;
    for entry in fs::read_dir(SAMPLES).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        let Some(stem) = name.strip_suffix(".cmd") else { continue };
        let words = words(&read(&name));
        if words[0] != "netperf" {
            continue;
        }
        match parse::<_, ()>(&words, &[]) {
            Ok(_) => taken += 1,
            // Stock hangs on this one.
            Err(error @ ArgsError::NotAllowed { .. }) => assert_eq!(stem, "af-r0", "{error}"),
            Err(error) => {
                let said = [".out", ".err"]
                    .map(|ending| fs::read_to_string(Path::new(SAMPLES).join(format!("{stem}{ending}"))));
                let said: String = said.into_iter().flatten().collect();
                assert!(said.starts_with(&error.to_string()), "{stem}: {error}");
                assert_eq!(read(&format!("{stem}.rc")).trim(), error.status().to_string(), "{stem}");
            }
        }
    }
    assert!(taken > 100, "only {taken} lines found");
}

/// What a line asks of the server, next to the request stock netperf sent for it.
#[test]
fn the_captured_requests_follow_from_their_lines() {
    for session in ["full.1", "plain.1", "ipv6.1", "i3.1", "timed.1", "Z.2", "crr.1", "udprr.1"] {
        let (name, _) = session.split_once('.').unwrap();
        let Invocation { global, test, .. } = invocation(&format!("session-{name}"));
        let bytes = fs::read(Path::new(SAMPLES).join(format!("session-{session}.c2s.bin"))).unwrap();
        let sent = OmniRequest::decode(&Message::from_bytes(bytes.try_into().unwrap())).unwrap();

        let mut buffers = sent.buffers;
        buffers.send.alignment = global.alignment.remote.send;
        buffers.recv.alignment = global.alignment.remote.recv;
        buffers.send.offset = global.offset.remote.send;
        buffers.recv.offset = global.offset.remote.recv;
        let asked = OmniRequest {
            remote_cpu: global.cpus.remote.and_then(|cpu| u32::try_from(cpu).ok()),
            send_buffer: test.remote_buffers.send,
            recv_buffer: test.remote_buffers.recv,
            request_size: test.size.request.cast_signed(),
            response_size: test.size.response.cast_signed(),
            nodelay: test.nodelay,
            measure_cpu: global.cpu_rate.remote.is_some(),
            allow_routing: test.allow_routing,
            keepalive: global.keepalive,
            length: global.duration,
            data_port: test.data_ports.remote,
            interval_burst: global.interval_burst.remote,
            interval_usecs: global.interval_usecs.remote,
            priority: global.priority.remote,
            tos: global.tos.remote.map(u32::from),
            congestion_control: test.congestion.remote.unwrap_or_default(),
            fill_file: global.fill_file.remote.unwrap_or_default(),
            buffers,
            ..sent.clone()
        };
        assert_eq!(asked, sent, "{session}");
    }
}

#[test]
fn lines_ask_for_what_they_ask() {
    assert_eq!(invocation("session-Z").global.passphrase.as_deref(), Some("s3cret"));
    let ipv6 = invocation("session-ipv6");
    assert_eq!((ipv6.global.port, ipv6.test.data_local.name.as_deref()), (12866, Some("::1")));
    let i3 = invocation("session-i3").global.confidence.unwrap();
    assert_eq!((i3.min, i3.max, i3.level), (3, 3, 99));
    assert_eq!(invocation("96-posarg").strays, ["foo", "bar"]);
}

#[test]
fn notices_come_where_stock_printed_them() {
    for (name, stream) in [
        ("92-kdirty", Stream::Stdout),
        ("aj-H-unk-family", Stream::Stdout),
        ("85-bad-test-opt", Stream::Stderr),
        ("95-testopt-i", Stream::Stderr),
    ] {
        let warnings = invocation(name).warnings;
        assert!(warnings.iter().all(|warning| warning.stream() == Some(stream)), "{name}");
        let told: String = warnings.iter().map(|warning| format!("{warning}\n")).collect();
        let ending = if stream == Stream::Stdout { "out" } else { "err" };
        assert!(!told.is_empty() && read(&format!("{name}.{ending}")).starts_with(&told), "{name}");
    }
}
