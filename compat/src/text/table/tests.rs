//! Combinations of options that no captured run has; the texts are stock netperf 2.7.0's all the same, seen in
//! runs against its netserver.

use super::{Classic, CpuFigures, End};
use crate::text::Test;
use crate::units::Unit;
use crate::wire::METHOD_PROC_STAT;

fn end(buffers: (i32, i32), cpu: Option<(f32, f32)>) -> End {
    let figures = |(busy, service_demand)| CpuFigures { busy, service_demand, method: METHOD_PROC_STAT };
    End { send_buffer: buffers.0, recv_buffer: buffers.1, alignment: 8, offset: 0, cpu: cpu.map(figures) }
}

fn result(test: Test, verbosity: i32, unit: Unit) -> Classic {
    Classic {
        test,
        verbosity,
        headings: true,
        brand: None,
        warning: None,
        local: end((16384, 131072), None),
        remote: end((16384, 131072), None),
        request_size: 1,
        response_size: 1,
        elapsed: 0.01,
        unit,
        throughput: 0.12,
        transaction_rate: 0.0,
        first_burst: 0,
        open_loop_round_trip_us: None,
    }
}

#[test]
fn crr_keeps_the_headings_of_transactions_in_any_unit() {
    let cpu = Some((100.0, 135_434.23));
    let crr = Classic {
        local: end((16384, 131072), cpu),
        remote: end((16384, 131072), cpu),
        ..result(Test::TcpCrr, 1, Unit::Megabits)
    };
    assert_eq!(
        crr.to_string(),
        "Local /Remote\n\
         Socket Size   Request Resp.  Elapsed Trans.   CPU    CPU    S.dem   S.dem\n\
         Send   Recv   Size    Size   Time    Rate     local  remote local   remote\n\
         bytes  bytes  bytes   bytes  secs.   per sec  %      %      us/Tr   us/Tr\n\
         \n\
         16384  131072 1       1      0.01    0.12     100.00 100.00 135434.234  135434.234\n\
         16384  131072\n"
    );
}

#[test]
fn udp_counts_kbytes_with_one_end_measured() {
    let udp = Classic {
        local: end((212992, 212992), Some((50.0, 21_493.76))),
        remote: end((212992, 212992), None),
        elapsed: 0.0,
        throughput: 46.53,
        ..result(Test::UdpRr, 2, Unit::KBytes)
    };
    assert_eq!(
        udp.to_string(),
        "Local /Remote\n\
         Socket Size   Request Resp.  Elapsed Tput     CPU    CPU    S.dem   S.dem\n\
         Send   Recv   Size    Size   Time    KBytes   local  remote local   remote\n\
         bytes  bytes  bytes   bytes  secs.   per sec  % S    % U    us/KB   us/KB\n\
         \n\
         212992 212992 1       1      0.00    46.53    50.00  -1.00  21493.760  -1.000 \n\
         212992 212992\n"
    );
}

#[test]
fn the_second_table_complains_of_an_unknown_unit_once_per_direction() {
    let unknown = Classic { transaction_rate: 17_711.654, ..result(Test::TcpRr, i32::MAX, Unit::from_option('t')) };
    assert_eq!(
        unknown.to_string(),
        "WARNING calc_throughput_internal_omni: unknown units t\n\
         WARNING calc_throughput_internal_omni: unknown units t\n\
         Alignment      Offset         RoundTrip  Trans    Throughput\n\
         Local  Remote  Local  Remote  Latency    Rate     KBytes  /s\n\
         Send   Recv    Send   Recv    usec/Tran  per sec  Outbound   Inbound\n    \
             8      0       0      0   56.460   17711.654 17.297    17.297\n"
    );
}

#[test]
fn crr_and_udp_have_little_or_nothing_beyond_the_first_table() {
    assert_eq!(
        result(Test::TcpCrr, 3, Unit::Transactions).to_string(),
        "\n\
         Alignment      Offset\n\
         Local  Remote  Local  Remote\n\
         Send   Recv    Send   Recv\n    \
             8      8       0      0\n"
    );
    assert_eq!(result(Test::UdpRr, 3, Unit::Transactions).to_string(), "");
}

#[test]
fn brief_output_takes_the_brand_unless_it_is_crr() {
    let brief = |test, local_cpu| {
        let local = end((0, 0), local_cpu);
        let brand = Some("foo".to_owned());
        Classic { headings: false, brand, local, throughput: 2071.61, ..result(test, 0, Unit::default()) }.to_string()
    };
    assert_eq!(brief(Test::TcpRr, Some((0.0, 0.0))), " 0.000 S foo\n");
    assert_eq!(brief(Test::TcpRr, None), "2071.61 foo\n");
    assert_eq!(brief(Test::TcpCrr, Some((50.0, 337.66))), "337.660\n");
    assert_eq!(brief(Test::TcpCrr, None), "2071.61\n");
}

#[test]
fn nothing_measured_at_all_prints_cs_nan() {
    let nothing = Classic { throughput: f64::NAN, ..result(Test::TcpRr, 0, Unit::Transactions) };
    assert_eq!(nothing.to_string(), "   -nan \n");
}
