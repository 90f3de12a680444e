//! Logs as we write them, as others write them, and as nobody should.

use std::io::Write;
use std::time::{Duration, UNIX_EPOCH};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use flate2::Compression;
use flate2::write::ZlibEncoder;
use hdrhistogram::Histogram;
use hdrhistogram::serialization::{Serializer, V2Serializer};
use proptest::prelude::*;

use super::*;
use crate::engine::{LatencyHistogram, Recorder};

fn histogram(values: &[u64]) -> Histogram<u64> {
    let mut histogram = LatencyHistogram::new();
    values.iter().for_each(|&ns| histogram.record(0, ns));
    histogram.into_inner()
}

/// A log of one interval per histogram, each a second long.
fn log(tag: Option<&str>, histograms: &[Histogram<u64>]) -> Vec<u8> {
    let start = UNIX_EPOCH + Duration::from_millis(1_795_352_842_315);
    let mut writer = Writer::begin(Vec::new(), start).expect("memory");
    for (second, histogram) in histograms.iter().enumerate() {
        let span = Span { start_s: second as f64 + 0.25, length_s: 1.0 };
        writer.interval(tag, span, histogram).expect("memory");
    }
    writer.into_inner()
}

fn read(log: &[u8]) -> Result<Vec<Entry<'_>>, ReadError> {
    Reader::new(log).collect()
}

/// The text of a histogram line whose unpacked encoding is `unpacked`.
fn packed(unpacked: &[u8]) -> String {
    let mut zlib = ZlibEncoder::new(Vec::new(), Compression::fast());
    zlib.write_all(unpacked).expect("memory");
    let zlib = zlib.finish().expect("memory");
    let envelope = [0x1c84_9314_u32.to_be_bytes(), (zlib.len() as u32).to_be_bytes()].concat();
    STANDARD.encode([envelope, zlib].concat())
}

fn unpacked(histogram: &Histogram<u64>) -> Vec<u8> {
    let mut bytes = Vec::new();
    V2Serializer::new().serialize(histogram, &mut bytes).expect("memory");
    bytes
}

#[test]
fn what_is_written_is_read_back() {
    let written = [histogram(&[]), histogram(&[1, 14_528, 14_528, 3_600_000_000_000]), histogram(&[999])];
    let text = log(Some(&tag_of("ebpf@xdp:port=1, x=2")), &written);
    let entries = read(&text).expect("a log");
    assert_eq!(entries.len(), written.len());
    for (second, (entry, histogram)) in entries.iter().zip(&written).enumerate() {
        assert_eq!(entry.histogram, *histogram);
        assert_eq!(entry.tag, Some("ebpf@xdp:port=1;;x=2"));
        let start_s = 1_795_352_842.315 + second as f64 + 0.25;
        assert!((entry.start_s - start_s).abs() < 1e-6 && (entry.end_s - start_s - 1.0).abs() < 1e-6, "{entry:?}");
    }
}

#[test]
fn lines_of_other_tools_are_understood() {
    let payload = packed(&unpacked(&histogram(&[42])));
    let log = |head: &str, line: &str| format!("{head}# made elsewhere\n\n{line},{payload}\r\n");
    let legend = "\"StartTimestamp\",\"Interval_Length\",\"Interval_Max\",\"Interval_Compressed_Histogram\"\n";
    for (head, line, start_s, tag) in [
        // Relative to a base; relative because more than a year before the start; absolute; nothing known.
        ("#[BaseTime: 1000.500 (seconds since epoch)]\n", "0.25,1,7", 1_000.75, None),
        ("#[StartTime: 1795352842.500000 (seconds since epoch), Sun]\n", "0.25,1,7", 1_795_352_842.75, None),
        ("#[StartTime: 1795352842.500]\n", "1795352843.000,1.000,7.000", 1_795_352_843.0, None),
        (legend, "Tag=GET,5.0,1.000000,2", 5.0, Some("GET")),
    ] {
        let log = log(head, line);
        let entries = read(log.as_bytes()).unwrap_or_else(|e| panic!("{head}: {e}"));
        let [Entry { tag: found, start_s: started, end_s, histogram }] = &entries[..] else { panic!("{head}") };
        assert_eq!((*found, *started, *end_s, histogram.count_at(42)), (tag, start_s, start_s + 1.0, 1), "{head}");
    }
}

#[test]
fn an_error_names_its_line_and_what_was_expected_there() {
    let whole = String::from_utf8(log(None, &[histogram(&[1, 2, 3]), histogram(&[4])])).expect("text");
    let (head, last) = whole.trim_end().rsplit_once('\n').expect("lines");
    let line = head.lines().count() + 1;
    for (bad, expected) in [
        (last, "a whole line"),
        (&format!("{}\n", &last[..last.len() - 30]), "base64, whole"),
        (&format!("{}\n", &last[..last.len() - 32]), "an intact compressed histogram"),
        ("Tag=none\n", "a comma after the tag"),
        ("1.0,2.0\n", "no longest"),
        ("1.0,2.0,3.0\n", "no histogram"),
        ("-1.0,2.0,3.0,HIST\n", "a time in seconds, not '-1.0'"),
        ("1.0,NaN,3.0,HIST\n", "a time in seconds, not 'NaN'"),
        ("#[StartTime: soon]\n", "a time in seconds, not 'soon'"),
        ("0,1,2,AAAAAAAAAAAAAAAA\n", "V2 compressed encoding"),
    ] {
        let text = format!("{head}\n{bad}");
        let error = read(text.as_bytes()).expect_err(bad);
        assert_eq!(error.line, line, "{bad}");
        assert!(error.expected.contains(expected), "{bad}: {error}");
    }
}

#[test]
fn bounds_that_would_take_all_memory_or_make_no_sense_are_refused() {
    let good = unpacked(&histogram(&[5, 6]));
    assert!(decode(&packed(&good)).is_ok());
    let with = |at: usize, bytes: &[u8]| {
        let mut bad = good.clone();
        bad[at..at + bytes.len()].copy_from_slice(bytes);
        decode(&packed(&bad)).expect_err("refused").to_string()
    };
    let impossible = PayloadError::Impossible.to_string();
    assert_eq!(with(4, &u32::MAX.to_be_bytes()), impossible, "the length of the counts");
    assert_eq!(with(12, &6_u32.to_be_bytes()), impossible, "digits");
    assert_eq!(with(16, &0_u64.to_be_bytes()), impossible, "the lowest value");
    assert_eq!(with(24, &u64::MAX.to_be_bytes()), impossible, "the highest value");
    assert_eq!(with(32, &2_f64.to_be_bytes()), impossible, "a ratio");
    assert_eq!(decode(&packed(&vec![0; 40 << 20])).expect_err("a bomb").to_string(), PayloadError::TooLong.to_string());
    let mut smallest_number = good.clone();
    smallest_number.extend([0xff; 9]);
    let counts = (smallest_number.len() - 40) as u32;
    smallest_number[4..8].copy_from_slice(&counts.to_be_bytes());
    assert_eq!(decode(&packed(&smallest_number)).expect_err("no count").to_string(), impossible);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_histogram_survives(values in proptest::collection::vec(any::<u64>(), 0..200)) {
        let written = histogram(&values);
        let text = log(None, std::slice::from_ref(&written));
        let entries = read(&text).expect("a log");
        prop_assert_eq!(&entries[0].histogram, &written);
    }

    #[test]
    fn any_bytes_are_answered(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        let _ = read(&bytes);
    }

    #[test]
    fn a_damaged_log_is_answered(at in any::<prop::sample::Index>(), byte in any::<u8>(), keep in any::<prop::sample::Index>()) {
        let mut text = log(Some("a"), &[histogram(&[1, 50_000, 70_000_000])]);
        let place = at.index(text.len());
        text[place] = byte;
        text.truncate(keep.index(text.len()) + 1);
        let _ = read(&text);
    }

    #[test]
    fn any_counts_are_answered(
        header in any::<[u8; 8]>(),
        digits in 0..7_u32,
        counts in proptest::collection::vec(prop_oneof![any::<u8>(), Just(0xff), Just(1)], 0..40),
    ) {
        // Bounds that do not need much memory, and counts that may be anything.
        let bounds = [1_u64.to_be_bytes(), 1_000_000_u64.to_be_bytes(), 1_f64.to_be_bytes()].concat();
        let length = (counts.len() as u32).to_be_bytes();
        let parts = [&0x1c84_9313_u32.to_be_bytes()[..], &length, &[0; 4], &digits.to_be_bytes(), &bounds, &counts];
        let _ = decode(&packed(&parts.concat()));
        let _ = decode(&packed(&[&header[..], &counts].concat()));
    }
}
