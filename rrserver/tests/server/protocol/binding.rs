//! The remote CPU: one thread is bound, and a number without a CPU does no harm.

use std::ops::RangeInclusive;

use compat::wire::OmniRequest;

use crate::harness::{Client, Process, counted, eventually, until_closed};

/// The first and the last CPU of a list like `0-3,8`.
fn ends_of(list: &str) -> RangeInclusive<u32> {
    let numbers: Vec<u32> = list.split([',', '-']).map(|number| number.parse().expect("a CPU")).collect();
    numbers[0]..=numbers[numbers.len() - 1]
}

#[test]
fn the_data_thread_is_bound_and_nothing_else() {
    let server = Process::start(&[]);
    let all = server.cpus();
    let cpus = ends_of(&all);
    for cpu in [*cpus.start(), *cpus.end()] {
        let mut client = Client::connect(server.address());
        let mut data = client.start(&OmniRequest { remote_cpu: Some(cpu), ..until_closed() });
        // Whoever is served a transaction is served by a thread that has been through binding.
        data.transact(1);
        assert_eq!(server.data_cpus(), [cpu.to_string()]);
        assert_eq!(server.cpus(), all);
        data.finish();
        client.results();
        eventually("the data thread ends", || server.data_cpus().is_empty());
    }
}

#[test]
fn an_unbound_test_may_run_anywhere() {
    let server = Process::start(&[]);
    let mut client = Client::connect(server.address());
    let mut data = client.start(&until_closed());
    data.transact(1);
    assert_eq!(server.data_cpus(), [server.cpus()]);
}

#[test]
fn a_cpu_that_is_none_leaves_the_test_unbound_and_is_logged() {
    for (cpu, complaint) in [(1023, "cannot bind to CPU 1023"), (5000, "CPU 5000 is out of range")] {
        let server = Process::start(&[]);
        let request = OmniRequest { remote_cpu: Some(cpu), ..counted(5) };
        assert_eq!(Client::connect(server.address()).run(&request, 5).transactions, 5);
        let log = server.stop();
        assert!(matches!(&log[..], [line] if line.contains(complaint)), "{log:?}");
    }
}
