//! flent, the strictest reader of netperf's output there is, drives rrgen unmodified: its probe of what netperf can do,
//! and a run of TCP_RR and UDP_RR with data points and metadata.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use crate::support::{Server, flent, rrgen, rrserver, run};

/// flent has no request/response test by itself; all of its tests are files like this.
const TEST: &str = r#"
include("netperf_definitions.inc")
DESCRIPTION = "Request and response"
DATA_SETS = o([
    ("TCP_RR", {"runner": "netperf_demo", "test": "TCP_RR", "length": LENGTH, "host": HOST, "units": "Trans/s"}),
    ("UDP_RR", {"runner": "netperf_demo", "test": "UDP_RR", "length": LENGTH, "host": HOST, "units": "ms"}),
])
PLOTS = o([("all", {"type": "timeseries", "series": [{"data": "TCP_RR"}]})])
DEFAULTS = {"PLOT": "all"}
"#;

/// Makes `folder` the place of a netperf that is rrgen, before all others.
fn with_our_netperf(command: &mut Command, folder: &Path) {
    // Builds it, which --install-links wants to find.
    rrserver("127.0.0.1");
    let installed = run(rrgen().arg("--install-links").arg(folder));
    assert_eq!(installed.code(), 0, "{installed}");
    let path = env::var("PATH").unwrap_or_default();
    command.env("PATH", format!("{}:{path}", folder.display())).env("HOME", folder);
}

#[test]
fn flent_gets_data_points_metadata_and_no_warning() {
    let Some(mut flent) = flent() else { return };
    let server = Server::rrserver(&[]);
    let folder = tempfile::tempdir().expect("a folder");
    with_our_netperf(&mut flent, folder.path());
    fs::write(folder.path().join("rr.conf"), TEST).expect("a test");
    let [test, points] = ["rr", "points.csv"].map(|name| folder.path().join(name));
    flent.args(["-H", "127.0.0.1", "-l", "2", "-s", "0.2", "-f", "csv", "--netperf-control-port", &server.port()]);
    let finished = run(flent.arg("-D").arg(folder.path()).arg("-o").arg(points.as_path()).arg(test));
    assert_eq!(finished.code(), 0, "{finished}");
    let said = format!("{}{}", finished.stdout, finished.stderr).to_lowercase();
    assert!(!said.contains("warning") && !said.contains("error"), "{finished}");
    let points = fs::read_to_string(points).expect("data points");
    let full = |line: &&str| line.split(',').all(|value| value.parse::<f64>().is_ok_and(|value| value >= 0.0));
    // Two seconds in steps of 0.2 s; the edges may be cut.
    assert!(points.lines().skip(1).filter(full).count() >= 6, "{points}\n{finished}");
    assert_metadata(&saved_in(folder.path()));
}

/// The file that flent has saved its results in.
fn saved_in(folder: &Path) -> PathBuf {
    let files = fs::read_dir(folder).expect("a folder").filter_map(|entry| Some(entry.ok()?.path()));
    files.into_iter().find(|path| path.extension().is_some_and(|end| end == "gz")).expect("saved results")
}

/// What flent has read from `-k` and from DUMP_TCP_INFO, for each series.
fn assert_metadata(saved: &Path) {
    let finished = run(flent().expect("it has just run").args(["-f", "metadata"]).arg(saved));
    let json = finished.stdout.find('[').map_or("", |at| &finished.stdout[at..]);
    let metadata: Value = serde_json::from_str(json).unwrap_or_else(|e| panic!("{e}: {finished}"));
    let series = &metadata[0]["SERIES_META"];
    assert_eq!(metadata[0]["FAILED_RUNNERS"], 0, "{finished}");
    for (name, keys) in [
        ("TCP_RR", &["MEAN_VALUE", "ELAPSED_TIME", "BYTES_SENT", "TCP_MSS", "TCPI_RTT"][..]),
        ("UDP_RR", &["MEAN_VALUE", "ELAPSED_TIME"]),
    ] {
        for key in keys {
            assert!(series[name][key].as_f64().is_some_and(|value| value > 0.0), "{name} {key}: {series}");
        }
    }
    assert!(series["TCP_RR"]["CONG_CONTROL"].as_str().is_some_and(|name| !name.is_empty()), "{series}");
}
