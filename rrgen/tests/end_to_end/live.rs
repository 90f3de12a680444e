//! Options in any order, and any selectors: what stock netperf makes of them here and now, rrgen makes of them, too.

use proptest::prelude::*;
use proptest::sample::{select, subsequence};

use crate::golden::comparable;
use crate::support::{Client, Sample, Server, netperf, run};

/// The tests, with the options that make them one of requests and responses.
const TESTS: [(&str, &[&str]); 6] = [
    ("TCP_RR", &[]),
    ("TCP_CRR", &[]),
    ("UDP_RR", &[]),
    ("omni", &["-d rr"]),
    ("OMNI", &["-d rr", "-c"]),
    ("omni", &["-T udp", "-d rr"]),
];

/// Global options, each with its argument behind a blank if it stands apart. Not there are `-b` and `-w`, which a netperf
/// without intervals lacks, and `-N`, which wants somebody who answers without a server.
#[rustfmt::skip]
const GLOBAL: &[&str] = &[
    "-P 0", "-P1", "-v 0", "-v2", "-v 1", "-B tag", "-c", "-C", "-cC", "-f m", "-f K", "-fx", "-j", "-T 0", "-T ,0",
    "-Y ef", "-y 1,", "-a 16", "-A16,32", "-o 1", "-O ,2", "-W 2", "-S", "-L 127.0.0.1", "stray", "-r", "-k 1", "-n 4",
    "-s 0", "-I 95,50", "-i 3", "-Z word", concat!("-F ", env!("CARGO_MANIFEST_DIR"), "/Cargo.toml"),
];

/// Test-specific options.
#[rustfmt::skip]
const TEST: &[&str] = &[
    "-r 10", "-r64,128", "-D", "-b 0", "-s 32K", "-S 32K,", "-R 1", "-m 1", "-M ,2", "-u x", "-P ,0", "-q", "-i 2",
    "-l 9", "-j 1", "-w 1", "-W 3", "-4", "-H 127.0.0.1", "stray",
];

/// Values that are not compared: netperf's omni is wrong about the first over UDP (DEVIATIONS.md), and the others are no
/// number where no clock tick of CPU was used in any iteration.
const LEFT_OUT: [&str; 3] = ["SOCKET_TYPE", "LOCAL_CPU_CONFID", "REMOTE_CPU_CONFID"];

/// A layout and what is to be shown in it, if any.
fn output() -> impl Strategy<Value = Vec<String>> {
    let all = Sample::load("53-o-q").stdout;
    let names: Vec<String> = all.trim().split(',').filter(|name| !LEFT_OUT.contains(name)).map(str::to_owned).collect();
    let known = subsequence(names, 1..8).prop_shuffle();
    let list = (known, prop::bool::ANY, select(vec![",", ";", ", "])).prop_map(|(mut names, unknown, separator)| {
        if unknown {
            names.push("NO_SUCH_NAME".into());
        }
        // One name more than the first, so that it is a list and no file.
        names.push("protocol".into());
        names.join(separator)
    });
    let layout = (select(vec!["-o", "-k", "-O"]), prop::option::of(list));
    prop::option::of(layout).prop_map(|output| {
        let words = output.map(|(layout, list)| std::iter::once(layout.to_owned()).chain(list).collect());
        words.unwrap_or_default()
    })
}

fn words(options: Vec<&'static str>) -> impl Iterator<Item = String> {
    options.into_iter().flat_map(|option| option.split(' ').map(str::to_owned))
}

#[test]
fn any_options_in_any_order_mean_what_they_mean_to_netperf() {
    let Some(stock) = netperf() else { return };
    drop(stock);
    let server = Server::rrserver(&[]);
    let global = subsequence(GLOBAL.to_vec(), 0..6).prop_shuffle();
    let test = subsequence(TEST.to_vec(), 0..5).prop_shuffle();
    let config = ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() };
    proptest!(config, |(kind in select(&TESTS), global in global, test in test, output in output())| {
        let (name, own) = kind;
        let target = ["-H", "127.0.0.1", "-p", &server.port(), "-t", name, "-l", "-20"].map(str::to_owned);
        let tail = words(own.to_vec()).chain(words(test)).chain(output);
        let line: Vec<String> =
            target.into_iter().chain(words(global)).chain(["--".to_owned()]).chain(tail).collect();
        let [expected, printed] = [Client::Netperf, Client::RrgenAsNetperf].map(|client| {
            let finished = run(client.command().expect("was there a moment ago").args(&line));
            (finished.code(), comparable(&finished.stdout), finished.stderr)
        });
        prop_assert_eq!(printed, expected, "{}", line.join(" "));
    });
}
