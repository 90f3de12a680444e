//! The corners of the layouts, as netperf 2.7.0 was seen to turn them, and what is ours in them.

use compat::args::OutputFormat::{self, Columns, Csv, KeyVal};
use compat::omni::{Latency, Output, Selection, Values};

use super::run::{Line, values};
use super::shown::Shown;
use crate::sample::Sample;

/// A run of which nothing was measured.
fn unmeasured() -> Values {
    let sample = Sample::load("57-o-unknown2");
    values(&Line::read(&sample.line), &sample.command(), &Shown::new())
}

fn printed(format: OutputFormat, list: &str, values: &Values, headings: bool) -> String {
    let selection = Selection::from_list(list, format);
    Output { format, selection: &selection, values, headings }.to_string()
}

#[test]
fn elements_without_values_leave_netperfs_holes() {
    let values = unmeasured();
    for (format, list, expected) in [
        (Csv, "RESULT_BRAND,RESULT_BRAND,PROTOCOL", "Result Tag,Result Tag,Protocol\n, , TCP\n"),
        (Csv, "PROTOCOL,BOGUS,BOGUS,PROTOCOL,BOGUS", "Protocol,Protocol\nTCP,, , TCP,,\n"),
        (Csv, "OUTPUT_NONE,PROTOCOL", " ,Protocol\n ,TCP\n"),
        (Csv, "PROTOCOL,OUTPUT_NONE", "Protocol, \nTCP, \n"),
        (KeyVal, "unknown,PROTOCOL,UNKNOWN", "PROTOCOL=TCP\n"),
        (KeyVal, "BOGUS,", ""),
        (Columns, "BOGUS,", " \n \n \n \n \n"),
        (
            Columns,
            "PROTOCOL,RESULT_BRAND,BOGUS,DIRECTION",
            "Protocol Result  Direction  \n\
             \x20        Tag                \n\
             \x20                           \n\
             \x20                           \n\
             TCP              Send|Recv  \n",
        ),
    ] {
        assert_eq!(printed(format, list, &values, true), expected, "{list}");
    }
    assert_eq!(printed(Csv, "BOGUS,PROTOCOL", &values, false), ", TCP\n");
}

#[test]
fn empty_blocks_print_nothing_or_an_empty_line() {
    let values = unmeasured();
    let table = "Protocol \n         \n         \n         \nTCP      \n";
    for (format, list, expected) in [
        (Csv, ",PROTOCOL", "Protocol\nTCP\n".to_owned()),
        (Csv, ",", String::new()),
        (Csv, ";", String::new()),
        (Csv, "OUTPUT_END,PROTOCOL", String::new()),
        (Columns, ",", String::new()),
        (Columns, ";;PROTOCOL", format!("\n{table}")),
        (Columns, "PROTOCOL;OUTPUT_END,PROTOCOL;PROTOCOL", format!("{table}\n{table}")),
        (Columns, "PROTOCOL;;;;PROTOCOL", table.to_owned()),
    ] {
        assert_eq!(printed(format, list, &values, true), expected, "{list}");
    }
}

#[test]
fn an_unknown_first_name_costs_a_heading_and_no_more() {
    // Stock netperf writes before its buffer, and dies of it.
    let values = unmeasured();
    assert_eq!(printed(Csv, "BOGUS,PROTOCOL", &values, true), "Protocol\n, TCP\n");
    assert_eq!(printed(Csv, "BOGUS,", &values, true), "\n,\n");
}

#[test]
fn an_unmeasured_cpu_is_not_made_of_leftovers() {
    // Stock netperf shows what another message left in the server's fields, up to `-nan`.
    let list = "REMOTE_CPU_PERCENT_SWINTR,REMOTE_CPU_METHOD,REMOTE_CPU_COUNT,REMOTE_CPU_PEAK_UTIL,REMOTE_CPU_PEAK_ID";
    assert_eq!(printed(Csv, list, &unmeasured(), false), "0.00,U,0,0.00,0\n");
    let list = "LOCAL_CPU_PERCENT_SWINTR,LOCAL_CPU_METHOD,LOCAL_CPU_COUNT,LOCAL_CPU_PEAK_UTIL,LOCAL_CPU_PEAK_ID";
    assert_eq!(printed(Csv, list, &unmeasured(), false), "0.00,U,0,-1.00,-1\n");
}

#[test]
fn our_ports_are_numbers() {
    let mut values = unmeasured();
    values.source.port = 7;
    assert_eq!(printed(Csv, "SOURCE_PORT,DEST_PORT", &values, false), "7,0\n");
}

#[test]
fn an_empty_brand_is_a_value() {
    let values = Values { brand: Some(String::new()), ..unmeasured() };
    assert_eq!(printed(Csv, "RESULT_BRAND,PROTOCOL", &values, false), "\"\",TCP\n");
}

#[test]
fn long_texts_are_cut_where_netperf_cuts_them() {
    let long = "ä".repeat(1_000);
    let values = Values { command_line: long.clone(), uuid: long.clone(), ..unmeasured() };
    let command_line = printed(KeyVal, "COMMAND_LINE", &values, true);
    // The opening quote, and what is whole of 1022 bytes; the closing quote is lost.
    assert_eq!(command_line, format!("COMMAND_LINE=\"{}\n", "ä".repeat(511)));
    assert_eq!(printed(Csv, "COMMAND_LINE", &values, false), format!("\"{long}\"\n"));
    assert_eq!(printed(KeyVal, "UUID", &values, true), format!("UUID={}\n", "ä".repeat(18)));
}

#[test]
fn columns_are_counted_in_bytes() {
    let values = Values { brand: Some("ä".repeat(10)), ..unmeasured() };
    let line = printed(Columns, "RESULT_BRAND,PROTOCOL", &values, false);
    assert_eq!(line, format!("\"{}\"  TCP      \n", "ä".repeat(10)));
}

#[test]
fn our_selectors_tell_what_netperfs_leave_out() {
    let latency = Latency::new([(6_215, 999_000), (45_000, 900), (3_012_345, 100)]);
    let values = Values { latency: Some(latency), ..unmeasured() };
    assert_eq!(
        printed(KeyVal, "P99_LATENCY,P999_LATENCY,P9999_LATENCY,P99999_LATENCY,LATENCY_HISTOGRAM", &values, true),
        "P99_LATENCY=6\n\
         P999_LATENCY=6\n\
         P9999_LATENCY=46\n\
         P99999_LATENCY=3090\n\
         LATENCY_HISTOGRAM=6.215:999000,45.000:900,3012.345:100\n"
    );
    // A histogram is full of commas: for the other layouts nobody knows it.
    assert_eq!(printed(Csv, "P999_LATENCY,LATENCY_HISTOGRAM", &values, false), "6,,\n");
}

#[test]
fn latencies_that_were_not_kept_are_minus_one() {
    let printed = printed(KeyVal, "MIN_LATENCY,MEAN_LATENCY,P999_LATENCY,LATENCY_HISTOGRAM", &unmeasured(), true);
    assert_eq!(printed, "MIN_LATENCY=-1\nMEAN_LATENCY=-1.00\nP999_LATENCY=-1\nLATENCY_HISTOGRAM=\n");
}
